import { asStoreError, storeTimeout } from '../store/store-failure.js'
import type { SessionError } from '../errors.js'
import type { SessionLease, SessionLock } from '../ownership/session-lock.js'
import { withDeadline } from '../time/deadline.js'

/** What a lease keeper needs to know. */
export interface LeaseKeeperOptions {
  sessionId: string
  lock: SessionLock
  timeoutMs: number
  /** Told when a lease that is held was lost. */
  onLost: () => void
  /** Told when a lease could not be given back; it is kept and used again. */
  onError: (error: SessionError) => void
}

/** Holds the lease of one session from its start to its end, across reconnects. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  #lease: SessionLease | null = null
  #stale = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
  }

  /** The lease, while there is one. */
  get lease(): SessionLease | null {
    return this.#lease
  }

  /** The next {@link LeaseKeeper.hold} takes a new lease, so that writes of unknown outcome made under this one are fenced off. */
  outdate(): void {
    this.#stale = this.#lease !== null
  }

  /** The lease held, or a new one; `null` when somebody else holds it. Rejects with a store error when nobody can tell. */
  hold(): Promise<SessionLease | null> {
    return this.#inTurn(() => this.#hold())
  }

  /** Gives the lease back. Never rejects: one that cannot be given back is kept, and used again. */
  release(): Promise<void> {
    return this.#inTurn(() => this.#release())
  }

  /** Whether nobody holds the lock. A lock that cannot be asked counts as held. Never rejects. */
  async isFree(): Promise<boolean> {
    const { sessionId, lock, timeoutMs } = this.#options
    try {
      return await withDeadline(lock.owner(sessionId), timeoutMs, () => storeTimeout(sessionId, 'lock', timeoutMs)) === null
    } catch {
      return false
    }
  }

  /** One call at a time: two that acquire together would find each other in the way. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #hold(): Promise<SessionLease | null> {
    if (this.#lease?.lost.aborted === true) this.#lease = null
    if (this.#lease !== null && !this.#stale) return this.#lease
    if (this.#lease !== null) await this.#giveBack(this.#lease)
    const lease = await this.#acquire()
    this.#lease = lease
    this.#stale = false
    lease?.lost.addEventListener('abort', () => { if (this.#lease === lease) this.#options.onLost() }, { once: true })
    return lease
  }

  async #release(): Promise<void> {
    const lease = this.#lease
    if (lease === null) return
    try {
      await this.#giveBack(lease)
      this.#lease = null
    } catch (cause) {
      this.#options.onError(asStoreError(this.#options.sessionId, cause))
    }
  }

  async #acquire(): Promise<SessionLease | null> {
    const { sessionId, lock, timeoutMs } = this.#options
    const acquiring = lock.acquire(sessionId)
    try {
      return await withDeadline(acquiring, timeoutMs, () => storeTimeout(sessionId, 'lock', timeoutMs))
    } catch (cause) {
      const error = asStoreError(sessionId, cause)
      // A lease that comes after its deadline would be held by nobody, for ever.
      if (error.code === 'STORE_TIMEOUT') acquiring.then(lease => lease?.release()).catch(() => undefined)
      throw error
    }
  }

  async #giveBack(lease: SessionLease): Promise<void> {
    const { sessionId, timeoutMs } = this.#options
    await withDeadline(lease.release(), timeoutMs, () => storeTimeout(sessionId, 'release', timeoutMs))
  }
}
