import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SessionError } from '../../errors.js'
import { assertCurrentWriter, ownerName } from '../../ownership/process-lock.js'
import type { SessionLease, SessionLock } from '../../ownership/session-lock.js'
import { Heartbeat } from './heartbeat.js'
import { handedOut, type HeldLease, tellLost } from '../../ownership/held-lease.js'
import { describeHolder, type Holder } from '../../ownership/holder-identity.js'
import { type LockMark, type LockPlace, lockPlaceOf } from './lock-place.js'
import { type LockObserver, type LockState, lookAtLock } from './lock-state.js'
import { onDisk } from './storage-failure.js'

/** How a {@link FileLock} works. */
export interface FileLockOptions {
  /** The folder of the locks, on the disk that they guard. */
  folder: string
  /** The name of the folder of a session, by which its lock goes; without this it goes by the id. */
  folderOf?: (sessionId: string) => Promise<string>
  /** Called before a lock is taken: rejects when the session could not be written anyway. */
  assertWritable?: (sessionId: string) => Promise<void>
  /** Called with a token that was taken, before its lease is handed out; when it rejects, the token is given back. */
  onAcquired?: (sessionId: string, token: number) => Promise<void>
  /** Called when a lease ends: it is about to be given back, or was lost. */
  onEnded?: (sessionId: string) => void
  /** Describes this process to others. */
  describe?: (owner: string, nonce: string) => Promise<Holder>
  /** How often a process that holds locks shows that it lives. */
  heartbeatIntervalMs?: number
  /** After how long without a sign of life a holder counts as dead that cannot be seen from here. */
  staleAfterMs?: number
}

/** A lease with the place of its tokens. */
interface FolderLease extends HeldLease {
  readonly place: LockPlace
  /** The token that keeps older versions away; `null` when none is needed. */
  readonly guard: number | null
}

/** How often to try when others take the lock and give it back in between. */
const CLAIMS = 10

/**
 * A lock for the processes that share a disk. A holder that can be seen from here is replaced only when it is dead; one
 * that cannot, in another container or on another machine, when its heartbeat went stale.
 */
export class FileLock implements SessionLock {
  readonly #options: FileLockOptions
  readonly #nonce = randomBytes(16).toString('hex')
  readonly #owner = ownerName(this.#nonce)
  readonly #heartbeat: Heartbeat
  readonly #heartbeats: string
  readonly #staleAfterMs: number
  readonly #held = new Map<string, FolderLease>()
  #observer: Promise<LockObserver> | undefined
  #isClosed = false

  /** Touches nothing on the disk yet. */
  constructor(options: FileLockOptions) {
    this.#options = options
    this.#staleAfterMs = options.staleAfterMs ?? 60_000
    this.#heartbeats = join(options.folder, 'heartbeats')
    this.#heartbeat = new Heartbeat({
      folder: this.#heartbeats,
      nonce: this.#nonce,
      intervalMs: options.heartbeatIntervalMs ?? 10_000,
      staleAfterMs: this.#staleAfterMs,
      onLate: () => this.#lookAtHeld(),
    })
  }

  async acquire(sessionId: string): Promise<SessionLease | null> {
    this.#assertOpen(sessionId)
    await this.#options.assertWritable?.(sessionId)
    return onDisk({ verb: 'lock', path: this.#options.folder, sessionId }, () => this.#acquire(sessionId))
  }

  async owner(sessionId: string): Promise<string | null> {
    this.#assertOpen(sessionId)
    return onDisk({ verb: 'read', path: this.#options.folder, sessionId }, async () => (await this.#look(await this.#placeOf(sessionId))).owner)
  }

  /** Rejects with `STALE_WRITER` unless this writer may write; see `ProcessLock.check`. */
  async check(sessionId: string, fencingToken?: number): Promise<void> {
    const action = { verb: 'read', path: this.#options.folder, sessionId }
    await onDisk(action, async () => {
      const place = await this.#placeOf(sessionId)
      const newest = await place.tokens.newest()
      this.#compare(sessionId, newest.token)
      // Only one without a token has to know whether the holder lives.
      const isHeld = fencingToken === undefined && (newest.isHeld || place.olderTokens !== null) && (await this.#look(place)).owner !== null
      assertCurrentWriter({ sessionId, fencingToken, newestToken: newest.token, isHeld })
    })
  }

  /** Whether the lease of a token was handed out here, and has not ended as far as is known. */
  holds(sessionId: string, token: number): boolean {
    return this.#held.get(sessionId)?.token === token
  }

  /** Gives back all leases and stops the heartbeat. */
  async close(): Promise<void> {
    this.#isClosed = true
    const released = await Promise.allSettled([...this.#held.values()].map(lease => this.#release(lease)))
    for (const result of released) if (result.status === 'rejected') throw result.reason
  }

  async #acquire(sessionId: string): Promise<SessionLease | null> {
    const place = await this.#placeOf(sessionId)
    for (let claims = 0; claims < CLAIMS; claims++) {
      const { token, owner } = await this.#look(place)
      if (owner !== null) return null
      const lease = await this.#claim(sessionId, token + 1, place)
      if (lease !== null) return lease
    }
    return null
  }

  async #claim(sessionId: string, token: number, place: LockPlace): Promise<SessionLease | null> {
    // One text for all its leases, so that the file of each can be a link to that of the heartbeat.
    const text = await this.#textOf('folder')
    await this.#heartbeat.hold(text)
    let lease: FolderLease | null = null
    try {
      if (await place.tokens.claim(token, text, this.#heartbeat.path)) lease = await this.#guarded({ sessionId, place, token, lost: new AbortController() })
    } finally {
      if (lease === null) await this.#heartbeat.drop()
    }
    return lease === null ? null : await this.#handOut(lease)
  }

  /** Keeps older versions away from a session whose token was claimed. Gives the token back, and resolves with `null`, when one was faster. */
  async #guarded(claimed: Omit<FolderLease, 'guard'>): Promise<FolderLease | null> {
    const { tokens, olderTokens } = claimed.place
    if (olderTokens === null) return { ...claimed, guard: null }
    let lease: FolderLease | null = null
    try {
      const { token, owner, mark } = await lookAtLock(olderTokens, await this.#observe())
      // Whatever this version holds there keeps older ones away, too.
      if (owner !== null && mark !== 'older') lease = { ...claimed, guard: null }
      else if (owner === null && (await olderTokens.claim(token + 1, await this.#textOf('guard')))) lease = { ...claimed, guard: token + 1 }
    } finally {
      if (lease === null) await tokens.release(claimed.token)
    }
    return lease
  }

  async #textOf(lock: LockMark): Promise<string> {
    return `${JSON.stringify({ ...(await this.#observe()).self, lock }, null, 2)}\n`
  }

  async #handOut(lease: FolderLease): Promise<SessionLease> {
    this.#held.set(lease.sessionId, lease)
    try {
      await this.#options.onAcquired?.(lease.sessionId, lease.token)
    } catch (error) {
      // Nobody would ever give it back.
      await this.#release(lease)
      throw error
    }
    if (this.#isClosed) {
      await this.#release(lease)
      this.#assertOpen(lease.sessionId)
    }
    return handedOut(this.#owner, lease, () => this.#release(lease))
  }

  async #release(lease: FolderLease): Promise<void> {
    if (this.#held.get(lease.sessionId) !== lease) return
    this.#options.onEnded?.(lease.sessionId)
    const action = { verb: 'release the lock in', path: this.#options.folder, sessionId: lease.sessionId }
    await onDisk(action, async () => {
      await lease.place.tokens.release(lease.token)
      if (lease.guard !== null) await lease.place.olderTokens?.release(lease.guard)
    })
    if (this.#held.get(lease.sessionId) === lease) await this.#end(lease)
  }

  /** Compares the newest token on the disk with the lease that is held here. */
  #compare(sessionId: string, newestToken: number): void {
    const lease = this.#held.get(sessionId)
    if (lease === undefined || lease.token === newestToken) return
    void this.#end(lease)
    tellLost(lease, newestToken)
  }

  async #end(lease: FolderLease): Promise<void> {
    this.#held.delete(lease.sessionId)
    this.#options.onEnded?.(lease.sessionId)
    await this.#heartbeat.drop()
  }

  async #lookAtHeld(): Promise<void> {
    for (const { sessionId, place } of [...this.#held.values()]) {
      // One that cannot be looked at is looked at with the next write, and says nothing of the others.
      const newest = await place.tokens.newest().catch(() => null)
      if (newest !== null) this.#compare(sessionId, newest.token)
    }
  }

  async #look({ tokens, olderTokens }: LockPlace): Promise<LockState> {
    const observer = await this.#observe()
    const found = await lookAtLock(tokens, observer)
    const own = found.mark === 'guard' ? { ...found, owner: null } : found
    if (olderTokens === null || own.owner !== null) return own
    const older = await lookAtLock(olderTokens, observer)
    // Beyond both, so that a token of an older version is older here, too.
    return { ...own, token: Math.max(own.token, older.token), owner: older.mark === 'older' ? older.owner : null }
  }

  #observe(): Promise<LockObserver> {
    const describe = this.#options.describe ?? describeHolder
    this.#observer ??= describe(this.#owner, this.#nonce).then(
      self => ({ self, folder: this.#heartbeats, heartbeats: this.#heartbeats, staleAfterMs: this.#staleAfterMs }),
      (error: unknown) => {
        this.#observer = undefined
        throw error
      },
    )
    return this.#observer
  }

  async #placeOf(sessionId: string): Promise<LockPlace> {
    const { folder, folderOf } = this.#options
    return this.#held.get(sessionId)?.place ?? lockPlaceOf(join(folder, 'locks'), sessionId, await folderOf?.(sessionId))
  }

  #assertOpen(sessionId: string): void {
    if (this.#isClosed) throw new SessionError('STORE_UNAVAILABLE', 'The store was closed. Make a new one.', { sessionId })
  }
}
