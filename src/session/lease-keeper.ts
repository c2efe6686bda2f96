import { asStoreError, storeTimeout } from '../store/store-failure.js'
import type { SessionError } from '../errors.js'
import type { SessionLease, SessionLock } from '../ownership/session-lock.js'
import { withDeadline } from '../time/deadline.js'
import { PhaseTimer } from './phase-timer.js'
import { WorkQueue } from './work-queue.js'

/** How long to wait before a lease that could not be given back is tried again. */
const RETRY_MS = 5000

/** What a lease keeper needs to know. */
export interface LeaseKeeperOptions {
  sessionId: string
  lock: SessionLock
  timeoutMs: number
  /** Told when a lease that is held was lost. */
  onLost: () => void
  /** Told when a lease could not be given back; it is tried again. */
  onError: (error: SessionError) => void
}

/** Holds the lease of one session from its start to its end, across reconnects. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  #lease: SessionLease | null = null
  #stale = false
  /** Whether a write under this lease passed its deadline: it may land at any time, on top of what is written meanwhile. */
  #uncertain = false
  /** Leases that came too late to be used, and could not be given back yet. */
  readonly #owed = new Set<SessionLease>()
  /** One call at a time: two that acquire together would find each other in the way. */
  readonly #calls = new WorkQueue()
  readonly #retry = new PhaseTimer()
  #abandoned = false

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

  /** Whether a write under the newest lease may still land. */
  get isUncertain(): boolean {
    return this.#uncertain
  }

  /** A write under this lease passed its deadline, so that its outcome is unknown. */
  noteUncertain(): void {
    this.#uncertain = this.#lease !== null
  }

  /** Fences such a write off with a new lease. Only for a moment without a socket, whose writes would be fenced off, too. */
  fenceUncertain(): void {
    if (this.#uncertain) this.outdate()
  }

  /** The lease held, or a new one; `null` when somebody else holds it. Rejects with a store error when nobody can tell. */
  hold(): Promise<SessionLease | null> {
    return this.#calls.add(() => this.#hold())
  }

  /** Gives the lease back. Never rejects: one that cannot be given back is told as an error, and tried again. */
  release(): Promise<void> {
    return this.#calls.add(() => this.#release())
  }

  /** From now on what cannot be given back at once is left to itself: nobody will be there to try again. */
  abandon(): void {
    this.#abandoned = true
    this.#retry.clear()
  }

  /** Whether nobody else holds the lock. A lock that cannot be asked counts as held. Never rejects. */
  async isFree(): Promise<boolean> {
    if (this.#lease !== null) return true
    const { sessionId, lock, timeoutMs } = this.#options
    try {
      return await withDeadline(lock.owner(sessionId), timeoutMs, () => storeTimeout(sessionId, 'lock', timeoutMs)) === null
    } catch {
      return false
    }
  }

  async #hold(): Promise<SessionLease | null> {
    this.#retry.clear()
    if (this.#lease?.lost.aborted === true) this.#lease = null
    if (this.#lease !== null && !this.#stale) return this.#lease
    if (this.#lease !== null) await this.#giveBack(this.#lease)
    this.#lease = null
    await this.#giveBackOwed()
    const lease = await this.#acquire()
    if (lease === null || lease.lost.aborted) return null
    this.#keep(lease, false)
    return lease
  }

  #keep(lease: SessionLease, isStale: boolean): void {
    this.#lease = lease
    this.#stale = isStale
    this.#uncertain = false
    lease.lost.addEventListener('abort', () => { if (this.#lease === lease) this.#options.onLost() }, { once: true })
  }

  async #release(): Promise<void> {
    const lease = this.#lease
    if (lease === null) return
    this.#retry.clear()
    try {
      await this.#giveBack(lease)
      this.#lease = null
    } catch (cause) {
      // It may have been given back all the same, and somebody else may have it by now: it is not to be used again.
      this.#stale = true
      this.#options.onError(asStoreError(this.#options.sessionId, cause))
      this.#tryLater(() => this.release())
    }
  }

  async #acquire(): Promise<SessionLease | null> {
    const { sessionId, lock, timeoutMs } = this.#options
    let acquiring: Promise<SessionLease | null> | null = null
    try {
      acquiring = lock.acquire(sessionId)
      return await withDeadline(acquiring, timeoutMs, () => storeTimeout(sessionId, 'lock', timeoutMs))
    } catch (cause) {
      const error = asStoreError(sessionId, cause)
      // A lease that comes after its deadline would be held by nobody, for ever.
      if (error.code === 'STORE_TIMEOUT') acquiring?.then(late => this.#calls.add(() => this.#giveBackLate(late))).catch(() => undefined)
      throw error
    }
  }

  async #giveBackLate(lease: SessionLease | null): Promise<void> {
    if (lease === null) return
    if (this.#lease === null) {
      this.#keep(lease, true)
      await this.#release()
      return
    }
    this.#owed.add(lease)
    await this.#repay()
  }

  async #repay(): Promise<void> {
    try {
      await this.#giveBackOwed()
    } catch (cause) {
      this.#options.onError(asStoreError(this.#options.sessionId, cause))
      this.#tryLater(() => this.#calls.add(() => this.#repay()))
    }
  }

  #tryLater(work: () => Promise<void>): void {
    if (!this.#abandoned) this.#retry.after(RETRY_MS, () => { void work() })
  }

  async #giveBackOwed(): Promise<void> {
    for (const lease of this.#owed) {
      await this.#giveBack(lease)
      this.#owed.delete(lease)
    }
  }

  async #giveBack(lease: SessionLease): Promise<void> {
    const { sessionId, timeoutMs } = this.#options
    await withDeadline(lease.release(), timeoutMs, () => storeTimeout(sessionId, 'release', timeoutMs))
  }
}
