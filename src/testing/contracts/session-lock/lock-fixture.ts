import type { SessionLease, SessionLock } from '../../../lease/session-lock.js'
import { releaseLater, takeFree } from '../case-leases.js'
import { Cleanup } from '../cleanup.js'
import { answerOf, reconnectLater } from '../hook-answers.js'
import type { SessionLockContractHooks } from './session-lock-hooks.js'

/** A lock finds out with its next sign of life, and a suite cannot wait for ever. */
export const PATIENCE_MS = 10_000

/** What one case works with: the leases that it took are released when it ends, and the locks disposed of. */
export class LockFixture<Lock extends SessionLock = SessionLock> {
  readonly cleanup: Cleanup = new Cleanup()
  readonly #create: () => Lock | Promise<Lock>
  readonly #hooks: SessionLockContractHooks<Lock>

  constructor(create: () => Lock | Promise<Lock>, hooks: SessionLockContractHooks<Lock>) {
    this.#create = create
    this.#hooks = hooks
  }

  /** A new lock of which nobody holds anything. */
  async open(): Promise<Lock> {
    return this.#disposeLater(await this.#create())
  }

  /** A second lock on the same backend. */
  async openAnother(lock: Lock): Promise<Lock> {
    return this.#disposeLater(await answerOf(this.#hooks.openAnother?.(lock), 'openAnother'))
  }

  /** Takes a lock that is free. */
  async take(lock: SessionLock, sessionId: string): Promise<SessionLease> {
    return takeFree(lock, sessionId, this.cleanup)
  }

  /** Takes a lock, or gets `null`. */
  async tryToTake(lock: SessionLock, sessionId: string): Promise<SessionLease | null> {
    const lease = await lock.acquire(sessionId)
    return lease === null ? null : releaseLater(lease, this.cleanup)
  }

  /** Cuts the lock off from its backend, until the function returned is called or the case ends. */
  async disconnect(lock: Lock): Promise<() => Promise<void>> {
    return reconnectLater(await answerOf(this.#hooks.disconnect?.(lock), 'disconnect'), this.cleanup)
  }

  /** Lets somebody else take a lock over. */
  async takeOver(lock: Lock, sessionId: string): Promise<SessionLease> {
    return releaseLater(await answerOf(this.#hooks.takeOver?.(lock, sessionId), 'takeOver'), this.cleanup)
  }

  /** Lets the time of all leases of a lock run out unrenewed. */
  async runOut(lock: Lock): Promise<void> {
    if (this.#hooks.runOut === undefined) throw new Error('The hook "runOut" is missing.')
    await this.#hooks.runOut(lock)
  }

  #disposeLater(lock: Lock): Lock {
    this.cleanup.add(() => this.#hooks.dispose?.(lock))
    return lock
  }
}

/** Whether a signal aborts in time. */
export async function aborts(signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return true
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  clearTimeout(timer)
  return signal.aborted
}
