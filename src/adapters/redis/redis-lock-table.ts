import { randomBytes } from 'node:crypto'
import { SessionError } from '../../errors.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseLock } from '../../lease/lease-lock.js'
import type { LeaseKey, LivingHolder, LockEntry, LockTable, ReleaseOptions } from '../../lease/lock-table.js'
import { assertCurrentWriter } from '../../lease/session-lock.js'
import { processText, RedisClusterTable } from './redis-cluster-table.js'
import type { RedisConnection } from './redis-connection.js'
import { type RedisAction, redisRefusal } from './redis-failure.js'
import { BEAT, CLAIM, LIVING, LOOK, type RedisScript, RELEASE } from './scripts.js'
import { toStored } from './stored-text.js'

/** How a process shows that it lives, and when it counts as gone. */
export interface LeaseTimes {
  /** How long the server keeps a lease that is not renewed. */
  readonly leaseMs: number
  /** How often it is renewed. */
  readonly beatIntervalMs: number
  /** After how long without an answer this process gives it up: before the server does. */
  readonly lapsesAfterMs: number
}

/** How many beats there are in a lease. */
const BEATS = 6
/** Which part of a lease is left when a process gives it up, for closing its sockets. */
const LEFT = 0.15

/** Which word of a process's text its holder begins with. */
const HOLDER_WORD = 4

/** The times for a length of a lease. */
export function leaseTimes(leaseMs: number): LeaseTimes {
  return { leaseMs, beatIntervalMs: leaseMs / BEATS, lapsesAfterMs: leaseMs * (1 - LEFT) }
}

/** A lock as it stands in Redis. */
export interface RedisLock extends LockEntry {
  /** Its text, as it is compared. */
  readonly lock: string
  /** The text of the process that has it; empty when nobody does, or its lease has ended. */
  readonly process: string
}

/** A claim of which it is unknown whether it was carried out. */
interface DoubtfulClaim {
  readonly name: string
  readonly sessionId: string
  readonly nonce: string
}

/** Who writes. */
export interface Writer {
  readonly sessionId: string
  /** The token that came with the write, if any. */
  readonly fencingToken: number | undefined
  /** What it does. */
  readonly action: RedisAction
}

/** Locks in Redis: each names a process, and a process has one lease for all of its locks, by the clock of the server. */
export class RedisLockTable implements LockTable<RedisLock> {
  readonly cluster: RedisClusterTable
  readonly #connection: RedisConnection
  readonly #times: LeaseTimes
  readonly #doubtful = new Set<DoubtfulClaim>()

  /** Asks the server nothing yet. */
  constructor(connection: RedisConnection, times: LeaseTimes) {
    this.#connection = connection
    this.#times = times
    this.cluster = new RedisClusterTable(connection, times.leaseMs)
  }

  async look(sessionId: string): Promise<RedisLock> {
    const action = { verb: `read the lock of session "${sessionId}" in`, sessionId }
    const [word, lock = '', process = ''] = await this.#run(action, LOOK, [toStored(sessionId)])
    return this.#readLock(action, word, lock, process)
  }

  async claim(sessionId: string, seen: RedisLock, holder: Holder): Promise<number | null> {
    const action = { verb: `take the lock of session "${sessionId}" in`, sessionId }
    const { nonce } = holder
    const name = randomBytes(8).toString('hex')
    const parameters = [toStored(sessionId), seen.lock, seen.process, nonce, name, processText(holder), String(this.#times.leaseMs)]
    try {
      const [word, token] = await this.#run(action, CLAIM, parameters)
      return word === 'done' ? Number(token) : null
    } catch (error) {
      this.#doubtful.add({ name, sessionId, nonce })
      throw error
    }
  }

  async release({ sessionId, token, nonce }: LeaseKey, { isLast }: ReleaseOptions): Promise<void> {
    await this.#release(sessionId, nonce, String(token), isLast)
    // Without its process nothing that it may have taken is held.
    if (isLast) this.#forget(nonce)
  }

  async beat({ nonce }: Holder, leases: readonly LeaseKey[]): Promise<boolean> {
    const tokens = leases.map(({ token }) => token)
    // Without any it has a lease only as a member, or has yet to begin one.
    const hasLease = tokens.length > 0 || this.cluster.hasEntered(nonce)
    const [first, newest] = tokens.length === 0 ? [Number.MAX_SAFE_INTEGER, 0] : [Math.min(...tokens), Math.max(...tokens)]
    const { leaseMs, beatIntervalMs } = this.#times
    const call = {
      script: BEAT,
      keys: [this.#connection.keys.processes],
      parameters: [nonce, String(leaseMs), String(first), String(newest)],
      timeoutMs: 2 * beatIntervalMs,
    }
    const [[word]] = await Promise.all([this.#connection.run({ verb: 'renew the lease of this process in' }, call), this.#clearDoubts()])
    return word === 'done' || !hasLease
  }

  async now(): Promise<number> {
    return this.#connection.now()
  }

  async living(): Promise<readonly LivingHolder[]> {
    const call = { script: LIVING, keys: [this.#connection.keys.processes], parameters: [] }
    const [, ...words] = await this.#connection.run({ verb: 'list the processes in' }, call)
    return words.flatMap((nonce, index) => (index % 2 === 0 ? [{ nonce, releases: Number(words[index + 1]) }] : []))
  }

  /**
   * Sends a write with the holder that was found dead, if any, until it is known whether this writer may write. Rejects with `STALE_WRITER`
   * when it may not; see `ProcessLock.check`.
   */
  async write(lock: LeaseLock<RedisLock>, { sessionId, fencingToken, action }: Writer, send: (dead: RedisLock | null) => Promise<string[]>): Promise<void> {
    for (let dead: RedisLock | null = null; ;) {
      const [word, found = '', process = ''] = await send(dead)
      if (word === 'done') return
      const seen = this.#readLock(action, word, found, process)
      if (fencingToken !== undefined && fencingToken >= seen.token) throw forgottenToken(sessionId, fencingToken)
      lock.sawNewest(sessionId, seen.token)
      assertCurrentWriter({ sessionId, fencingToken, newestToken: seen.token, isHeld: (await lock.ownerOf(seen)) !== null })
      dead = seen
    }
  }

  #readLock(action: RedisAction, word: string | undefined, lock: string, process: string): RedisLock {
    if (word === 'damaged') throw redisRefusal(action, 'What it holds there is not what was written: its lock cannot be read. Nothing was changed.')
    const [token = '', nonce, name] = lock.split(' ')
    const isHeld = process !== '' && ![...this.#doubtful].some((claim) => claim.name === name && claim.nonce === nonce)
    // The server leaves out whose lease has ended: what it tells of lives now.
    const holders = isHeld ? [{ text: process.split(' ').slice(HOLDER_WORD).join(' '), lastSignAt: this.#connection.now() }] : []
    return { token: Number(token), holders, lock, process }
  }

  /** A claim that was carried out although its answer was lost is held by nobody, and would be for as long as this process lives. */
  async #clearDoubts(): Promise<void> {
    await Promise.all(
      [...this.#doubtful].map(async (claim) => {
        // When that fails, the next beat tries again.
        await this.#release(claim.sessionId, claim.nonce, claim.name, false).then(
          () => this.#doubtful.delete(claim),
          () => undefined,
        )
      }),
    )
  }

  #forget(nonce: string): void {
    for (const claim of this.#doubtful) if (claim.nonce === nonce) this.#doubtful.delete(claim)
  }

  async #release(sessionId: string, nonce: string, tokenOrName: string, isLast: boolean): Promise<void> {
    const action = { verb: `release the lock of session "${sessionId}" in`, sessionId }
    const [word] = await this.#run(action, RELEASE, [toStored(sessionId), nonce, tokenOrName, isLast ? '1' : ''])
    this.#readLock(action, word, '', '')
  }

  #run(action: RedisAction, script: RedisScript, parameters: readonly string[]): Promise<string[]> {
    return this.#connection.run(action, { script, keys: this.#connection.keys.ofLocks, parameters })
  }
}

/** The server knows only older tokens, or none: it was emptied, or a copy that was behind has taken its place. */
function forgottenToken(sessionId: string, fencingToken: number): SessionError {
  return new SessionError(
    'STALE_WRITER',
    `Redis does not know token ${fencingToken} of session "${sessionId}": it was emptied, or a replica has taken its place that was behind. Nothing was written.`,
    { sessionId },
  )
}
