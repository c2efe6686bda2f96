import { SessionError } from '../errors.js'
import type { LockCluster } from './lock-cluster.js'

/**
 * Who may run a session, across everything that shares the store. It belongs to its store: the fencing tokens it
 * hands out are the ones that `SessionStore.write` and `delete` check.
 *
 * Implementations MUST:
 * - resolve `acquire` with `null` only when somebody holds the lock; a backend that fails rejects with `STORE_UNAVAILABLE`,
 *   and so does `owner`;
 * - never hand out the lock while a live holder has it, to one of many who ask at once either; a holder that died is
 *   replaced;
 * - keep distinct ids distinct, or refuse one that cannot be kept with `INVALID_SESSION_ID`;
 * - hand out tokens, safe integers, that are greater than every one handed out before for that id, also after a release, a
 *   `delete` of the session and a restart;
 * - name the holder in `owner` as its lease does, for everything that shares the lock, and answer `null` when nobody holds it
 *   (`undefined` is taken for it);
 * - abort `lost` when the lease is known to be lost, and not merely because the backend could not be asked, nor by a release;
 * - end a lease also when its time ran out unrenewed, if the backend ends leases by itself: abort `lost` before anybody else can
 *   get the lock, with a `SessionError` `LEASE_EXPIRED` as the reason; with any other reason somebody else counts as its holder;
 * - make `release` idempotent, and never let it free somebody else's lease.
 *
 * `sessionLockContract` of `baileys-sessions/testing` checks all of it.
 */
export interface SessionLock {
  /** Acquires the lock, or resolves with `null` if it is held. */
  acquire(sessionId: string): Promise<SessionLease | null>
  /** The name of the process that holds the lock, or `null` if nobody does. */
  owner(sessionId: string): Promise<string | null>
  /**
   * Calls back once, when nobody seems to hold the lock of a session any more, and keeps no process alive until then. Returns what ends
   * the wait. Optional: for a lock that learns this for all sessions by a single question now and then. Without it, `owner` is asked for
   * each session every `standbyPollMs`.
   */
  whenFree?(sessionId: string, onFree: () => void): () => void
  /** What the processes that share the store tell each other. Optional: without it the `cluster` option of a manager is refused. */
  readonly cluster?: LockCluster
}

/** The right to run one session, until it is released or lost. */
export interface SessionLease {
  /** The name of the holder, as {@link SessionLock.owner} returns it. */
  readonly owner: string
  /** The token to pass to every write under this lease. */
  readonly fencingToken: number
  /**
   * Aborts when the lease is lost. Its reason is a `SessionError`: `STALE_WRITER` when somebody else has the lock, `LEASE_EXPIRED` when the
   * lease was not renewed in time, so that it may be taken again once the backend answers and nobody else has it.
   */
  readonly lost: AbortSignal
  /** Releases the lock. Idempotent. */
  release(): Promise<void>
}

/** Who holds the lock of a session. Many a lock looks its owners up in a map, and answers with `undefined` for nobody. */
export async function findOwner(lock: SessionLock, sessionId: string): Promise<string | null> {
  const owner: string | null | undefined = await lock.owner(sessionId)
  return owner ?? null
}

/** What decides whether a writer may write. */
export interface WriterClaim {
  /** The session to be written. */
  sessionId: string
  /** The token that came with the write, if any. */
  fencingToken: number | undefined
  /** The newest token handed out for the session; 0 for none. */
  newestToken: number
  /** Whether somebody holds the lock now. */
  isHeld: boolean
}

/** Throws `STALE_WRITER` unless this writer may write; the rule that all stores share. */
export function assertCurrentWriter({ sessionId, fencingToken, newestToken, isHeld }: WriterClaim): void {
  if (fencingToken === undefined) {
    if (!isHeld) return
    throw new SessionError(
      'STALE_WRITER',
      `Session "${sessionId}" is locked under token ${newestToken}, and this write has no token. Acquire the lock first.`,
      { sessionId },
    )
  }
  // Written so that NaN is refused too.
  if (fencingToken >= newestToken) return
  throw new SessionError(
    'STALE_WRITER',
    `Token ${fencingToken} of session "${sessionId}" is older than the newest one, ${newestToken}: another holder has taken over. Nothing was written.`,
    { sessionId },
  )
}

/** Works under the lease of a session. Rejects with `OWNED_ELSEWHERE` when somebody has it. */
export async function withLease<Result>(lock: SessionLock, sessionId: string, work: (lease: SessionLease) => Promise<Result>): Promise<Result> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw await beingRun(lock, sessionId)
  return thenRelease(lease, () => work(lease))
}

/** Works, and gives the lease back, whatever comes of it. One that cannot be given back is told, unless the work has failed itself. */
export async function thenRelease<Result>(lease: SessionLease, work: () => Promise<Result>): Promise<Result> {
  let result: Result
  try {
    result = await work()
  } catch (error) {
    await lease.release().catch(() => undefined)
    throw error
  }
  await lease.release()
  return result
}

/** Somebody runs the session. */
export async function beingRun(lock: SessionLock, sessionId: string): Promise<SessionError> {
  const owner = await findOwner(lock, sessionId).catch(() => null)
  const who = owner === null ? 'Another process' : `The process ${owner}`
  return new SessionError('OWNED_ELSEWHERE', `${who} is running session "${sessionId}" or working on it. Nothing was changed. Stop it there, and try again.`, {
    sessionId,
    owner: owner ?? undefined,
  })
}
