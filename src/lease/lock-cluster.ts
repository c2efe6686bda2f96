/**
 * What the processes of a cluster tell each other through the lock of their store: an optional member of `SessionLock`. It decides nothing:
 * who runs a session is decided by the lock alone. Every text is opaque here, and holds no key material.
 *
 * Implementations MUST:
 * - show a process that has announced itself until it leaves, or is gone: an engine that ends leases by itself shows it no longer than its lease
 *   lasts. While it is announced it renews that lease, with or without locks;
 * - keep in `note` one text for each lock, replace the last one, and drop it when the lease ends, however it ends: nobody is ever shown what
 *   another holder has noted. A note under a lease that has ended changes nothing;
 * - tell in the first news of a follower every lock that a member holds, and afterwards each that was taken, given back or noted since the
 *   last news, at least once. Locks that others hold may be told as well. A follower that cannot know what it missed, as after the store was
 *   emptied, is told everything again;
 * - name every process that lives and holds a lock or has announced itself, in all news;
 * - tell everybody of a member that it was asked to drain, until it leaves; `askToDrain` finds members alone;
 * - cost one step of the engine for each call of `next` when nothing happened, whatever the number of sessions;
 * - reject with `STORE_UNAVAILABLE` when the engine cannot be asked.
 *
 * `lockClusterContract` of `baileys-sessions/testing` checks all of it.
 */
export interface LockCluster {
  /** Makes this process a member, or replaces what it says of itself. It may be called again at any time, also after its lease ran out. */
  announce(text: string): Promise<void>
  /** Is a member no more. Gives no lock back. Idempotent. */
  leave(): Promise<void>
  /** Keeps a text beside a lock that is held here, for as long as its lease lasts. */
  note(sessionId: string, fencingToken: number, text: string): Promise<void>
  /** Who holds the lock of a session, with what it noted; `null` when nobody does. */
  holding(sessionId: string): Promise<LockHolding | null>
  /** Begins to follow what happens to the locks. */
  follow(): ClusterFollower
  /** Asks a member to hand its sessions over: its next news say so. Resolves with whether it is there. */
  askToDrain(processId: string): Promise<boolean>
}

/** Follows the locks of a cluster. One call at a time. */
export interface ClusterFollower {
  /** Everything at first, then what happened since the last call that resolved. */
  next(): Promise<ClusterNews>
}

/** What happened in a cluster. */
export interface ClusterNews {
  /** Whether `locks` are all that are held, rather than those that changed. */
  readonly isComplete: boolean
  /** Every process that lives and is a member or holds a lock. */
  readonly processes: readonly ClusterProcess[]
  /** The locks; a session may be told more than once, the last one counts. */
  readonly locks: readonly ClusterLock[]
}

/** A process that shares the store. */
export interface ClusterProcess {
  /** Names it for as long as its lease lasts. */
  readonly id: string
  /** Its name for people, as in `SessionLease.owner`. */
  readonly owner: string
  /** What it announced; `null` when it is no member, so that it only holds locks. */
  readonly text: string | null
  /** Whether it is this one. */
  readonly isSelf: boolean
  /** Whether it was asked to hand its sessions over. */
  readonly isAskedToDrain: boolean
  /** How long its lease lasts unless it is renewed, in milliseconds; `null` where leases do not end by time. */
  readonly leaseLeftMs: number | null
}

/** A lock, as news tell it. */
export interface ClusterLock {
  /** The session. */
  readonly sessionId: string
  /** The {@link ClusterProcess.id} of its holder; `null` when it was given back. One that is not among the processes is gone. */
  readonly processId: string | null
  /** What its holder noted. */
  readonly text: string | null
}

/** Who holds a lock, and what it noted. */
export interface LockHolding {
  /** The holder. */
  readonly process: ClusterProcess
  /** What it noted; `null` when nothing. */
  readonly text: string | null
}
