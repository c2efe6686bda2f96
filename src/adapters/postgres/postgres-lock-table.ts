import { randomBytes } from 'node:crypto'
import { SessionError } from '../../errors.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseLock } from '../../lease/lease-lock.js'
import type { LeaseKey, LivingHolder, LockEntry, LockTable, ReleaseOptions } from '../../lease/lock-table.js'
import { toColumn } from '../column-text.js'
import { PostgresClusterTable } from './postgres-cluster-table.js'
import { CALL_TIMEOUT_MS, fieldOf, numberOf, textOf } from './postgres-connection.js'
import type { JsonChanges } from './record-rows.js'
import type { PostgresSchema } from './postgres-schema.js'
import { SCHEMA_VERSION } from './schema-sql.js'
import { sessionColumn } from './session-column.js'

/** What the row of a session says of its lock. */
export interface PostgresLockEntry extends LockEntry {
  /** How often the process that holds it has renewed its lease; `null` when none holds it. */
  readonly beats: number | null
}

/** A change of a session. */
export interface SessionWrite {
  sessionId: string
  /** The token that came with it, if any. */
  fencingToken: number | undefined
  /** What it does, in the infinitive. */
  verb: string
  /** Removes everything that is not among the changes. */
  replaceAll: boolean
  changes: JsonChanges
}

/** What came of a write. */
interface WriteAnswer {
  /** The newest token of its session. */
  newestToken: number
  /** Whether nothing was written, because it had no token and somebody seems to hold the lock. */
  isHeld: boolean
  /** Whether nothing was written, because the lease of its token has ended. */
  hasEnded: boolean
}

const LOOK = `SELECT json_build_object('token', token, 'holder', holder, 'beats', beats)::text AS answer
  FROM @.session LEFT JOIN @.process ON process.nonce = session.nonce AND expires_at > clock_timestamp() WHERE session_id = $1`

const LIVING = `SELECT json_agg(json_build_object('nonce', nonce, 'releases', releases))::text AS answer FROM @.process WHERE expires_at > clock_timestamp()`

/** Locks as rows. A lease is that of a process, and runs out by the server's clock. */
export class PostgresLockTable implements LockTable<PostgresLockEntry> {
  readonly cluster: PostgresClusterTable
  readonly #schema: PostgresSchema
  readonly #leaseMs: number
  /** Claims whose answer did not come, and until when the server may have carried them out. */
  readonly #abandoned = new Map<string, number>()
  /** Numbers the writes, in the order in which they are asked for. */
  readonly #writer: string = randomBytes(8).toString('hex')
  #writes = 0

  /** Touches no table yet. */
  constructor(schema: PostgresSchema, leaseMs: number) {
    this.#schema = schema
    this.#leaseMs = leaseMs
    this.cluster = new PostgresClusterTable(schema, leaseMs)
  }

  async look(sessionId: string): Promise<PostgresLockEntry> {
    const row = await this.#schema.read({ verb: `read the lock of session "${sessionId}" in`, sessionId }, LOOK, sessionColumn(sessionId))
    const text = textOf(row, 'holder')
    return {
      token: numberOf(row, 'token'),
      beats: text === null ? null : numberOf(row, 'beats'),
      // The server knows who lives. Whom it tells was heard of lately enough.
      holders: text === null ? [] : [{ text, lastSignAt: Date.now() }],
    }
  }

  async claim(sessionId: string, seen: PostgresLockEntry, holder: Holder): Promise<number | null> {
    const claim = randomBytes(8).toString('hex')
    try {
      return await this.#claim(sessionId, seen, holder, claim)
    } catch (error) {
      // It may have been carried out, or be carried out yet.
      this.#abandoned.set(claim, performance.now() + CALL_TIMEOUT_MS + this.#leaseMs)
      throw error
    }
  }

  async #claim(sessionId: string, { token, beats }: PostgresLockEntry, holder: Holder, claim: string): Promise<number | null> {
    const { nonce } = holder
    const answer = await this.#schema.call(
      { verb: `take the lock of session "${sessionId}" in`, sessionId },
      {
        name: 'claim',
        params: (deadline) => [SCHEMA_VERSION, sessionColumn(sessionId), token, beats, claim, nonce, toColumn(JSON.stringify(holder)), this.#leaseMs, deadline],
      },
    )
    const outcome = textOf(answer, 'outcome')
    if (outcome === 'taken') return numberOf(answer, 'token')
    if (outcome === 'outdated') throw outdated(sessionId)
    if (outcome === 'lapsed') throw leaseEnded(sessionId)
    return null
  }

  async release({ sessionId, token, nonce }: LeaseKey, { isLast }: ReleaseOptions): Promise<void> {
    await this.#schema.call(
      { verb: `release the lock of session "${sessionId}" in`, sessionId },
      {
        name: 'release',
        params: (deadline) => [sessionColumn(sessionId), token, nonce, isLast, deadline],
      },
    )
  }

  async beat({ nonce }: Holder, leases: readonly LeaseKey[]): Promise<boolean> {
    const sentAt = performance.now()
    const newest = Math.max(0, ...leases.map(({ token }) => token))
    const abandoned = JSON.stringify([...this.#abandoned.keys()])
    const answer = await this.#schema.call(
      { verb: 'renew the lease of this process in' },
      {
        name: 'renew',
        params: (deadline) => [nonce, newest, this.#leaseMs, deadline, abandoned],
        timeoutMs: renewTimeoutMs(this.#leaseMs),
      },
    )
    for (const [claim, until] of this.#abandoned) if (until < sentAt) this.#abandoned.delete(claim)
    return fieldOf(answer, 'outcome') === 'renewed'
  }

  async now(): Promise<number> {
    return Date.now()
  }

  async living(): Promise<readonly LivingHolder[]> {
    const rows = await this.#schema.read({ verb: 'list the processes in' }, LIVING)
    return Array.isArray(rows) ? rows.map((row: unknown) => ({ nonce: textOf(row, 'nonce') ?? '', releases: numberOf(row, 'releases') })) : []
  }

  /** Changes a session in one step if this writer may. Rejects with `STALE_WRITER` otherwise; see `ProcessLock.check`. */
  async write(lock: LeaseLock<PostgresLockEntry>, write: SessionWrite): Promise<void> {
    const { sessionId, fencingToken } = write
    this.#writes += 1
    const number = this.#writes
    // A write without a token has to know first whether the holder lives; then it may be another one.
    for (let dead: number | null = null; ;) {
      const answer: WriteAnswer = { newestToken: 0, isHeld: false, hasEnded: false }
      await lock.check(sessionId, fencingToken, async () => Object.assign(answer, await this.#write(write, number, dead)))
      if (answer.hasEnded) throw leaseOver(sessionId)
      if (!answer.isHeld) return
      dead = answer.newestToken
    }
  }

  async #write({ sessionId, fencingToken, verb, replaceAll, changes }: SessionWrite, number: number, dead: number | null): Promise<WriteAnswer> {
    const action = { verb: `${verb} session "${sessionId}" in`, sessionId, damageCode: 'RECORD_CORRUPT' as const }
    const token = fencingToken === undefined ? null : wholeToken(fencingToken)
    const answer = await this.#schema.call(action, {
      name: 'write',
      params: (deadline) => [sessionColumn(sessionId), token, dead, this.#writer, number, deadline, replaceAll, changes.removed, changes.set],
    })
    const outcome = textOf(answer, 'outcome')
    if (outcome === 'superseded') throw superseded(sessionId)
    return { newestToken: numberOf(answer, 'token'), isHeld: outcome === 'held', hasEnded: outcome === 'ended' }
  }
}

/** Short, so that another renewal is sent well before the lease runs out. */
function renewTimeoutMs(leaseMs: number): number {
  return leaseMs * 0.3
}

/** A token as a whole number that is as old or as new to every other token. */
function wholeToken(token: number): number {
  return Number.isNaN(token) ? -1 : Math.min(Math.max(Math.floor(token), -1), Number.MAX_SAFE_INTEGER)
}

function outdated(sessionId: string): SessionError {
  return new SessionError(
    'STORE_UNAVAILABLE',
    `Could not take the lock of session "${sessionId}" in PostgreSQL, because a newer version has changed the tables since this process began. Update baileys-sessions here, too. Nothing was changed.`,
    { sessionId },
  )
}

function leaseEnded(sessionId: string): SessionError {
  return new SessionError('LEASE_EXPIRED', `Could not take the lock of session "${sessionId}" in PostgreSQL, because the lease of this process has run out.`, {
    sessionId,
  })
}

function superseded(sessionId: string): SessionError {
  return new SessionError('STORE_UNAVAILABLE', `This write of session "${sessionId}" came to PostgreSQL after a later one. It was not carried out.`, {
    sessionId,
  })
}

function leaseOver(sessionId: string): SessionError {
  return new SessionError(
    'LEASE_EXPIRED',
    `The lease of session "${sessionId}" has ended in PostgreSQL: it was not renewed in time, or the tables were emptied. Nothing was written.`,
    { sessionId },
  )
}
