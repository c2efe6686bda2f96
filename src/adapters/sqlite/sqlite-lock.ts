import { randomBytes } from 'node:crypto'
import { SessionError } from '../../errors.js'
import { Closing } from '../../ownership/closing.js'
import { Heartbeat } from '../../ownership/heartbeat.js'
import { handedOut, type HeldLease, tellLost } from '../../ownership/held-lease.js'
import { describeHolder, type Holder, parseHolder } from '../../ownership/holder-identity.js'
import { judgeHolder, type Judgement } from '../../ownership/holder-judgement.js'
import { assertCurrentWriter, ownerName } from '../../ownership/process-lock.js'
import type { SessionLease, SessionLock } from '../../ownership/session-lock.js'
import { beat, claim, findSession, isSameHolder, release, type SessionRow, stopBeating } from './session-rows.js'
import type { SqliteConnection, SqliteWork } from './sqlite-connection.js'

/** How a {@link SqliteLock} works. */
export interface SqliteLockOptions {
  /** The database of the locks and of what they guard. */
  connection: SqliteConnection
  /** After how long without a sign of life a holder counts as dead that cannot be seen from here. */
  staleAfterMs: number
  /** Describes this process to others. */
  describe?: (owner: string, nonce: string) => Promise<Holder>
}

/** Who writes. */
export interface Writer {
  sessionId: string
  /** The token that came with the write, if any. */
  fencingToken: number | undefined
  /** What it does, in the infinitive. */
  verb: string
}

/** How often to try when others take the lock and give it back in between. */
const CLAIMS = 10
/** How many beats fit into the time after which a holder counts as dead. */
const BEATS = 6

/**
 * A lock for the processes that share a database. A holder that can be seen from here is replaced only when it is dead; one
 * that cannot, in another container, when its heartbeat went stale.
 */
export class SqliteLock implements SessionLock {
  readonly #options: SqliteLockOptions
  readonly #nonce = randomBytes(16).toString('hex')
  readonly #owner = ownerName(this.#nonce)
  readonly #heartbeat: Heartbeat
  readonly #closing = new Closing()
  readonly #held = new Map<string, HeldLease>()
  readonly #releasing = new Set<HeldLease>()
  #self: Promise<Holder> | undefined

  /** Touches no table yet. */
  constructor(options: SqliteLockOptions) {
    const { connection, staleAfterMs } = options
    this.#options = options
    this.#heartbeat = new Heartbeat({
      intervalMs: staleAfterMs / BEATS,
      staleAfterMs,
      beat: () => connection.write({ verb: 'show that this process lives in' }, statements => beat(statements, this.#nonce, Date.now())),
      onLate: () => this.#lookAtHeld(),
    })
  }

  async acquire(sessionId: string): Promise<SessionLease | null> {
    this.assertOpen(sessionId)
    for (let claims = 0; claims < CLAIMS; claims++) {
      const seen = await this.#look(sessionId)
      if (await this.#ownerOf(seen) !== null) return null
      const lease = await this.#claim(sessionId, seen)
      if (lease !== null) return lease
    }
    return null
  }

  async owner(sessionId: string): Promise<string | null> {
    this.assertOpen(sessionId)
    return this.#ownerOf(await this.#look(sessionId))
  }

  /**
   * Does some work in one transaction if this writer may write, with the row of the session as it is then. Rejects with
   * `STALE_WRITER` otherwise; see `ProcessLock.check`.
   */
  async write(writer: Writer, work: (session: SessionRow) => SqliteWork<void>): Promise<void> {
    const { sessionId, fencingToken } = writer
    // A write without a token has to know first whether the holder lives; then it may be another one.
    for (let dead: SessionRow | null = null; ;) {
      const seen = await this.#options.connection.write({ verb: `${writer.verb} session "${sessionId}" in`, sessionId }, (statements) => {
        const row = findSession(statements, sessionId)
        this.#compare(sessionId, row.token)
        const isFree = row.nonce === null || (dead !== null && isSameHolder(row, dead))
        if (fencingToken === undefined && !isFree) return row
        assertCurrentWriter({ sessionId, fencingToken, newestToken: row.token, isHeld: false })
        work(row)(statements)
        return null
      })
      if (seen === null) return
      assertCurrentWriter({ sessionId, fencingToken, newestToken: seen.token, isHeld: await this.#ownerOf(seen) !== null })
      dead = seen
    }
  }

  /** Throws when it was closed; a store that has this lock was then, too. */
  assertOpen(sessionId?: string): void {
    this.#closing.assertOpen(sessionId)
  }

  /** Refuses calls from now on, waits for what is under way, and gives back all leases. One that failed can be tried again. */
  close(settled: () => Promise<void> = async () => undefined): Promise<void> {
    return this.#closing.run(async () => {
      await settled()
      await this.#giveAllBack()
    })
  }

  async #giveAllBack(): Promise<void> {
    const released = await Promise.allSettled([...this.#held.values()].map(lease => this.#release(lease)))
    for (const result of released) if (result.status === 'rejected') throw result.reason
  }

  async #claim(sessionId: string, seen: SessionRow): Promise<SessionLease | null> {
    const holder = JSON.stringify(await this.#describe())
    const token = await this.#options.connection.write({ verb: `take the lock of session "${sessionId}" in`, sessionId }, statements =>
      claim(statements, { sessionId, seen, holder, nonce: this.#nonce, now: Date.now() }))
    return token === null ? null : this.#handOut({ sessionId, token, lost: new AbortController() })
  }

  async #handOut(lease: HeldLease): Promise<SessionLease> {
    this.#held.set(lease.sessionId, lease)
    this.#heartbeat.hold()
    if (this.#closing.hasBegun) {
      await this.#release(lease)
      this.assertOpen(lease.sessionId)
    }
    return handedOut(this.#owner, lease, () => this.#release(lease))
  }

  async #release(lease: HeldLease): Promise<void> {
    const { sessionId, token } = lease
    if (this.#held.get(sessionId) !== lease) return
    this.#releasing.add(lease)
    try {
      await this.#options.connection.write({ verb: `give back the lock of session "${sessionId}" in`, sessionId }, (statements) => {
        release(statements, { sessionId, token, nonce: this.#nonce })
        if (this.#releasing.size === this.#held.size) stopBeating(statements, this.#nonce, Date.now())
      })
    } finally {
      this.#releasing.delete(lease)
    }
    if (this.#held.get(sessionId) === lease) await this.#end(lease)
  }

  async #look(sessionId: string): Promise<SessionRow> {
    return this.#options.connection.read({ verb: `look at the lock of session "${sessionId}" in`, sessionId }, (statements) => {
      const row = findSession(statements, sessionId)
      // Here, not later: a lease that is taken meanwhile would be compared with what was before it.
      this.#compare(sessionId, row.token)
      return row
    })
  }

  /** The name of the holder, or `null` when nobody holds the lock: it was given back, or the holder is dead. */
  async #ownerOf({ nonce, holder: text, lastSignAt }: SessionRow): Promise<string | null> {
    if (nonce === null) return null
    const holder = parseHolder(text ?? '')
    const judgement = holder === null ? 'unknown' : await this.#judge(holder)
    if (judgement === 'dead') return null
    // A sign from the future is of a clock that was set back: no better than an old one.
    const isAlive = judgement === 'alive' || Math.abs(Date.now() - lastSignAt) <= this.#options.staleAfterMs
    return isAlive ? holder?.owner ?? 'a process that did not say who it is' : null
  }

  async #judge(holder: Holder): Promise<Judgement> {
    const self = await this.#describe()
    return judgeHolder(holder, self).catch((error: unknown) => { throw noDescriptors('who holds the lock', error) })
  }

  /** Compares the newest token in the database with the lease that is held here. */
  #compare(sessionId: string, newestToken: number): void {
    const lease = this.#held.get(sessionId)
    if (lease === undefined || lease.token === newestToken) return
    void this.#end(lease)
    // Not here: what listens would run inside of this transaction, and its own changes would go with it.
    queueMicrotask(() => { tellLost(lease, newestToken) })
  }

  async #lookAtHeld(): Promise<void> {
    for (const { sessionId } of [...this.#held.values()]) await this.#look(sessionId)
  }

  async #end(lease: HeldLease): Promise<void> {
    this.#held.delete(lease.sessionId)
    await this.#heartbeat.drop()
  }

  async #describe(): Promise<Holder> {
    const describe = this.#options.describe ?? describeHolder
    this.#self ??= describe(this.#owner, this.#nonce).catch((error: unknown) => {
      this.#self = undefined
      throw noDescriptors('who it is', error)
    })
    return this.#self
  }
}

/** All that can go wrong when one looks at processes. */
function noDescriptors(what: string, cause: unknown): SessionError {
  return new SessionError('STORE_UNAVAILABLE', `This process cannot tell ${what}: it has too many files open. Raise its limit (ulimit -n).`, { cause })
}
