import type { SessionLease, SessionLock } from '../../../lease/session-lock.js'

/** What some cases of {@link sessionLockContract} need beside a new lock. Those whose hook is missing are not in its list. */
export interface SessionLockContractHooks<Lock extends SessionLock = SessionLock> {
  /** Opens the backend of a lock once more while that lock is in use, as a second process does. Not for a `processLock()`. */
  openAnother?(lock: Lock): Lock | Promise<Lock>
  /** Makes the backend unreachable. Returns what makes it reachable again, with everything that it held. */
  disconnect?(lock: Lock): (() => unknown) | Promise<() => unknown>
  /**
   * Takes over the lock of a session that is held through this object, as another process does once the holder seems dead,
   * and resolves with the new lease when the old holder can know of its loss: at its next sign of life, for example.
   */
  takeOver?(lock: Lock, sessionId: string): Promise<SessionLease>
  /**
   * For a lock whose backend ends leases by itself: keeps this object from renewing its leases until their time has run out, and resolves
   * once the backend can be reached again.
   */
  runOut?(lock: Lock): unknown
  /**
   * Removes what the lock leaves behind. Called at the end of each case, when its leases were released, with what the
   * factory or `openAnother` gave, the last one first.
   */
  dispose?(lock: Lock): unknown
}
