import type { SessionLease } from '../../../lease/session-lock.js'
import type { RecordKey, SessionStore } from '../../../store/session-store.js'

/** What some cases of {@link sessionStoreContract} need beside a new store. Those whose hook is missing are not in its list. */
export interface SessionStoreContractHooks<Store extends SessionStore = SessionStore> {
  /**
   * Opens the data of a store again after that store was closed, as the next run of the process does. Not for stores that
   * keep everything in the object.
   */
  reopen?(store: Store): Store | Promise<Store>
  /**
   * Opens the data of a store once more while that store is open, as a second process does. Only for a store whose lock
   * is shared by everything that shares its data: not for one with a `processLock()`.
   */
  openAnother?(store: Store): Store | Promise<Store>
  /** Damages a record where it is stored, beyond what the store itself can mend: cuts it off, or writes rubbish over it. */
  corrupt?(store: Store, sessionId: string, key: RecordKey): void | Promise<void>
  /**
   * Damages the creds where they are stored, in a way that the store mends from a copy of its own, such as cutting them off.
   * Not for stores that keep no copy.
   */
  damageCreds?(store: Store, sessionId: string): void | Promise<void>
  /** Makes the backend unreachable. Returns what makes it reachable again, with everything that it held. */
  disconnect?(store: Store): (() => unknown) | Promise<() => unknown>
  /**
   * Takes over the lock of a session that is held through this store, as another process does once the holder seems dead,
   * and resolves with the new lease.
   */
  takeOver?(store: Store, sessionId: string): Promise<SessionLease>
  /** Removes what the store leaves behind. Called at the end of each case, after `close`, with what the factory gave. */
  dispose?(store: Store): unknown
}
