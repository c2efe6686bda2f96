import type { Holder } from './holder.js'
import type { HolderSign, LeaseKey, ReleaseOptions } from './lease-key.js'

/**
 * What an engine keeps for the processes of a cluster beside its {@link LockTable}. As there, it stores and tells; who is gone is decided by the
 * `LeaseCluster`.
 *
 * Each call is one step of the engine, and all tell of one moment. Implementations MUST:
 * - reject with `STORE_UNAVAILABLE` when the engine cannot be asked;
 * - count an `enter` as a sign of life, as `beat` and `claim` are, and begin the lease of a holder that has none. Resolve with `false` when the
 *   engine has ended the leases of this holder: then nothing is entered;
 * - drop what a holder has entered with its lease, with `leave`, and when it is gone for long;
 * - change in `note` nothing unless that token has the lock;
 * - tell the text of a lock only together with the holder who noted it, and never after that lease ended;
 * - tell in `changes` with a cursor each lock that was claimed, released or noted since that cursor was given, at least once; without one, or with
 *   one that says nothing any more, every lock that is held. They work from the cursor alone: any number of followers may ask;
 * - tell in `changes` every holder that has a lock or has entered, and leave out those whose leases the engine has ended.
 */
export interface ClusterTable {
  /** Enters a holder with its text, or replaces the text. */
  enter(holder: Holder, text: string): Promise<boolean>
  /** Removes what a holder has entered; with `isLast` also what its beats have left behind, as in `release`. */
  leave(nonce: string, options: ReleaseOptions): Promise<void>
  /** Keeps a text beside a lock. */
  note(lease: LeaseKey, text: string): Promise<void>
  /** Everybody who may hold the lock of a session, with what they noted. */
  holdersOf(sessionId: string): Promise<readonly HolderNote[]>
  /** Who is there, and which locks changed. */
  changes(cursor: string | null): Promise<ClusterChanges>
  /** Marks a member as asked to drain, until it leaves. Resolves with whether it has entered. */
  askToDrain(nonce: string): Promise<boolean>
}

/** A process, as a table tells it. */
export interface ProcessEntry extends HolderSign {
  /** What it has entered; `null` when nothing. */
  readonly entered: string | null
  /** Whether it was asked to drain. */
  readonly isAskedToDrain: boolean
  /** How long its lease lasts, in milliseconds; `null` where the engine ends none. */
  readonly leaseLeftMs: number | null
}

/** Somebody who may hold a lock, with the note on it. */
export interface HolderNote {
  readonly process: ProcessEntry
  readonly note: string | null
}

/** What happened since a cursor. */
export interface ClusterChanges {
  /** Where the next question goes on. */
  readonly cursor: string
  /** Whether `locks` are all that are held. */
  readonly isComplete: boolean
  /** Everybody who has entered or holds a lock, as far as the engine can tell. */
  readonly processes: readonly ProcessEntry[]
  /** The locks, each with the nonce of its holder; `null` when it was given back. */
  readonly locks: readonly NotedLock[]
}

/** A lock, and what its holder noted. */
export interface NotedLock {
  readonly sessionId: string
  readonly nonce: string | null
  readonly note: string | null
}
