import { withDeadline } from '../async/deadline.js'
import { WorkQueue } from '../async/order-of-work.js'
import { PhaseTimer } from '../async/phase-timer.js'
import { isSessionError, type SessionError } from '../errors.js'
import { findOwner, type SessionLease, type SessionLock } from '../lease/session-lock.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'

/** How long to wait before a lease that could not be given back is tried again. */
const RETRY_MS = 5000

/** What a lease holder needs to know. */
export interface LeaseHolderOptions {
  sessionId: string
  lock: SessionLock
  timeoutMs: number
  /** Told when the lease that is held was lost: with `LEASE_EXPIRED` when its time ran out, with `null` when somebody else has it. */
  onLost: (expired: SessionError | null) => void
  /** Told when somebody else was seen to have the lock: what was known of the session need not be true any more. */
  onTaken: () => void
  /** Told when a lease could not be given back; it is tried again. */
  onError: (error: SessionError) => void
}

/** Holds the lease of one session from its start to its end, across reconnects. */
export class LeaseHolder {
  readonly #options: LeaseHolderOptions
  #lease: SessionLease | null = null
  #stale = false
  /** Whether a write under the newest lease passed its deadline: it may land at any time, on top of what is written meanwhile. */
  #uncertain = false
  /** Calls without a lease that may still land. */
  #landing = 0
  /** Leases that are to be given back, and could not be yet. */
  readonly #pendingReleases = new Set<SessionLease>()
  /** How many leases that were asked for may still come, though nobody waits for them any more. */
  #coming = 0
  /** One call at a time: two that acquire together would find each other in the way. */
  readonly #calls = new WorkQueue()
  readonly #retry = new PhaseTimer()
  readonly #watch = new PhaseTimer()
  #onFree: (() => void) | null = null
  #endWatch: () => void = () => undefined
  #abandoned = false
  /** Whether the last try to give them back failed. */
  #refused = false

  constructor(options: LeaseHolderOptions) {
    this.#options = options
  }

  /** The lease, while there is one. */
  get lease(): SessionLease | null {
    return this.#lease
  }

  /** Under which name the lock is held from here, be it only because it could not be given back; `null` when it is not. */
  get owner(): string | null {
    const [pending] = this.#pendingReleases
    return (this.#lease ?? pending)?.owner ?? null
  }

  /** Whether there is no lease: none that is held, none that is still to be given back, and none that may still come. */
  get hasNone(): boolean {
    return this.owner === null && this.#coming === 0
  }

  /** Whether a write under the newest lease passed its deadline, and may still land. */
  get isUncertain(): boolean {
    return this.#uncertain
  }

  /** Whether nothing is left: no lease, and no write that may still land. */
  get isDone(): boolean {
    return this.hasNone && !this.#uncertain && this.#landing === 0
  }

  /** The next {@link LeaseHolder.hold} takes a new lease, so that writes of unknown outcome made under this one are fenced off. */
  outdate(): void {
    this.#stale = this.#lease !== null
  }

  /** A write under the newest lease passed its deadline, so that its outcome is unknown. */
  noteUncertain(): void {
    this.#uncertain = true
  }

  /** A call without a lease passed its deadline: no lease fences it off, so it may land until it has settled. */
  awaitLanding(call: Promise<void>): void {
    this.#landing += 1
    void call
      .catch(() => undefined)
      .finally(() => {
        this.#landing -= 1
      })
  }

  /** Fences such a write off with a new lease. Only for a moment without a socket, whose writes would be fenced off, too. */
  fenceUncertain(): void {
    if (this.#uncertain) this.outdate()
  }

  /** The lease held, or a new one; `null` when somebody else holds it. Rejects with a store error when nobody can tell. */
  hold(): Promise<SessionLease | null> {
    return this.#calls.add(async () => {
      try {
        return await this.#hold()
      } catch (cause) {
        throw asStoreError(this.#options.sessionId, cause)
      }
    })
  }

  /** Gives the lease back. Never rejects: one that cannot be given back is told as an error, and tried again. */
  release(): Promise<void> {
    return this.#calls.add(async () => {
      this.#letGo()
      await this.#tryToGiveBack()
    })
  }

  /** From now on what cannot be given back at once is left to itself: nobody will be there to try again. */
  abandon(): void {
    this.#abandoned = true
    this.#retry.clear()
  }

  /**
   * Calls back once, when nobody holds the lock any more. A lock that cannot tell that by itself is asked now and then, a little apart for
   * each session.
   */
  watchUntilFree(pollMs: number, onFree: () => void): void {
    this.#onFree = onFree
    const { sessionId, lock } = this.#options
    // One of our own that is still to be given back is for us to see.
    if (lock.whenFree !== undefined && this.owner === null) {
      this.#endWatch = lock.whenFree(sessionId, () => this.#tellFree(onFree))
      return
    }
    this.#watch.after(pollMs * (0.75 + Math.random() / 2), () => {
      void this.#askWhetherFree(pollMs, onFree)
    })
  }

  /** Asks no more. */
  stopWatching(): void {
    this.#onFree = null
    this.#watch.clear()
    this.#endWatch()
    this.#endWatch = () => undefined
  }

  /** Whether nobody else holds the lock. A lock that cannot be asked counts as held. Never rejects. */
  async isFree(): Promise<boolean> {
    if (this.owner !== null) return true
    const { sessionId, lock, timeoutMs } = this.#options
    try {
      const owner = await withDeadline(findOwner(lock, sessionId), timeoutMs, () => storeTimeout(sessionId, 'lock', timeoutMs))
      if (owner !== null) this.#options.onTaken()
      return owner === null
    } catch {
      return false
    }
  }

  async #askWhetherFree(pollMs: number, onFree: () => void): Promise<void> {
    const isFree = await this.isFree()
    if (this.#onFree !== onFree) return
    if (isFree) this.#tellFree(onFree)
    else this.watchUntilFree(pollMs, onFree)
  }

  #tellFree(onFree: () => void): void {
    if (this.#onFree !== onFree) return
    this.stopWatching()
    onFree()
  }

  async #hold(): Promise<SessionLease | null> {
    if (this.#lease?.lost.aborted === true) this.#lease = null
    if (this.#lease !== null && !this.#stale) return this.#lease
    // The lock would find ourselves in the way.
    this.#letGo()
    await this.#giveBackPending()
    const lease = await this.#acquire()
    if (lease !== null && !lease.lost.aborted) return this.#keep(lease)
    const expired = lease === null ? null : expiryOf(lease)
    if (expired !== null) throw expired
    this.#options.onTaken()
    return null
  }

  #keep(lease: SessionLease): SessionLease {
    this.#lease = lease
    this.#stale = false
    this.#uncertain = false
    lease.lost.addEventListener(
      'abort',
      () => {
        const expired = expiryOf(lease)
        if (expired === null) this.#options.onTaken()
        if (this.#lease !== lease) return
        // There is nothing to give back of one that ran out.
        if (expired !== null) this.#lease = null
        this.#options.onLost(expired)
      },
      { once: true },
    )
    return lease
  }

  #letGo(): void {
    if (this.#lease !== null) this.#markForRelease(this.#lease)
    this.#lease = null
    this.#stale = false
  }

  #markForRelease(lease: SessionLease): void {
    this.#pendingReleases.add(lease)
    this.#refused = false
  }

  async #tryToGiveBack(): Promise<void> {
    // Each of the calls that wait here would let its own deadline pass.
    if (this.#abandoned && this.#refused) return
    try {
      await this.#giveBackPending()
    } catch (cause) {
      this.#refused = true
      // It may have been given back all the same; to give it back twice does no harm.
      this.#options.onError(asStoreError(this.#options.sessionId, cause))
      if (!this.#abandoned)
        this.#retry.after(RETRY_MS, () => {
          void this.#calls.add(() => this.#tryToGiveBack())
        })
    }
  }

  async #giveBackPending(): Promise<void> {
    // One that cannot be given back does not hold up the others.
    const outcomes = await Promise.allSettled([...this.#pendingReleases].map((lease) => this.#giveBack(lease)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    this.#retry.clear()
  }

  async #giveBack(lease: SessionLease): Promise<void> {
    const { sessionId, timeoutMs } = this.#options
    await withDeadline(lease.release(), timeoutMs, () => storeTimeout(sessionId, 'release', timeoutMs))
    this.#pendingReleases.delete(lease)
  }

  async #acquire(): Promise<SessionLease | null> {
    const { sessionId, lock, timeoutMs } = this.#options
    const acquiring = lock.acquire(sessionId)
    return withDeadline(acquiring, timeoutMs, () => {
      this.#awaitLate(acquiring)
      return storeTimeout(sessionId, 'lock', timeoutMs)
    })
  }

  /** A lease that comes after its deadline would be held by nobody, for ever. */
  #awaitLate(acquiring: Promise<SessionLease | null>): void {
    this.#coming += 1
    const take = (late: SessionLease | null): void => {
      this.#coming -= 1
      if (late === null) return
      this.#markForRelease(late)
      void this.#calls.add(() => this.#tryToGiveBack())
    }
    acquiring.then(take, () => take(null))
  }
}

/** Why a lost lease is nobody else's, as far as is known; `null` when somebody else may have it. */
function expiryOf({ lost }: SessionLease): SessionError | null {
  const reason: unknown = lost.reason
  return isSessionError(reason, 'LEASE_EXPIRED') ? reason : null
}
