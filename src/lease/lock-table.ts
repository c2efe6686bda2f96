import type { ClusterTable } from './cluster-table.js'
import type { Holder } from './holder.js'
import type { HolderSign, LeaseKey, ReleaseOptions } from './lease-key.js'

export type { HolderSign, LeaseKey, ReleaseOptions } from './lease-key.js'

/**
 * Where the locks of sessions are kept: what an engine gives so that a `LeaseLock` can run on it. It stores and compares; whether a
 * holder is gone, when to beat and when a lease is lost is decided by the `LeaseLock`, for all engines alike.
 *
 * Each call is one step of the engine. Implementations MUST:
 * - reject with `STORE_UNAVAILABLE` when the engine cannot be asked, which is neither "held" nor "free", and with
 *   `INVALID_SESSION_ID` for an id that they cannot keep apart from another;
 * - tell in `look` the newest token and everybody who may hold it, all of one moment, and change nothing;
 * - take the lock in `claim` only while it is as it was `seen`, and resolve with `null` otherwise: of many who claim at once, one
 *   gets it. An engine that can do so also refuses when a holder has shown since that it lives;
 * - hand out tokens, safe integers, that are greater than every one before for that session, also after a release and a restart;
 * - count a claim as a sign of life, and leave nothing taken when it rejects;
 * - free in `release` that token and no other, and succeed when it is not held any more. With `isLast` what the holder's beats
 *   have left behind goes, too: it makes no other call meanwhile;
 * - take one `beat` as a sign of life for all leases of its holder. An engine that ends leases by itself resolves with `false`
 *   when it has ended these, does not bring them back, and leaves such holders out of what `look` tells;
 * - reject with `LEASE_EXPIRED` a claim of a holder whose leases it has ended: this one comes back under another name;
 * - tell the last sign of life of a holder by the clock that `now` tells, which may be another machine's.
 */
export interface LockTable<Entry extends LockEntry = LockEntry> {
  /** How the lock of a session is now. */
  look(sessionId: string): Promise<Entry>
  /** Takes the lock, and resolves with its new token; `null` when it is not as it was seen. */
  claim(sessionId: string, seen: Entry, holder: Holder): Promise<number | null>
  /** Gives a lock back. */
  release(lease: LeaseKey, options: ReleaseOptions): Promise<void>
  /** Shows that a holder lives, once for all of its leases. Resolves with `false` when the engine had ended them. */
  beat(holder: Holder, leases: readonly LeaseKey[]): Promise<boolean>
  /** The time by which signs of life are dated, in milliseconds. */
  now(): Promise<number>
  /**
   * Every holder whose leases have not ended, in one step, whatever the number of its locks. For an engine that ends leases by itself:
   * whoever waits for a lock then learns once a second from this one call which holders are gone, instead of looking at each lock.
   */
  living?(): Promise<readonly LivingHolder[]>
  /** What the processes of a cluster say, beside the locks. */
  readonly cluster?: ClusterTable
}

/** A lock as a table has it. */
export interface LockEntry {
  /** The newest token; 0 when none was ever handed out. */
  readonly token: number
  /** Who may hold it. Nobody when it was given back; the lock is free when none of these lives. */
  readonly holders: readonly HolderSign[]
}

/** A holder whose leases have not ended. */
export interface LivingHolder {
  /** The holder's. */
  readonly nonce: string
  /**
   * Goes up with every lock that it gives back, from a number that is another one each time its leases begin anew. When this changes,
   * those who wait for its locks look whether theirs is among them.
   */
  readonly releases: number
}
