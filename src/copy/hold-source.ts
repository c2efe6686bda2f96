import { isSessionError } from '../errors.js'
import { findOwner, type SessionLease, type SessionLock } from '../lease/session-lock.js'
import { beingRun, thenRelease } from '../sweep/under-lease.js'

/** Rejects with `OWNED_ELSEWHERE` when somebody else may have changed the source meanwhile. */
export type AssertStillMine = () => Promise<void>

/**
 * Works on a source that nobody runs. Where its lock cannot be written, because the disk is read-only or full, nobody can begin to
 * run it there either: then it is enough that nobody does, before and after.
 */
export async function holdingSource<Result>(lock: SessionLock, sessionId: string, work: (assertStillMine: AssertStillMine) => Promise<Result>): Promise<Result> {
  const assertFree = async (): Promise<void> => {
    if (await findOwner(lock, sessionId) !== null) throw await beingRun(lock, sessionId)
  }
  const lease = await acquireIfPossible(lock, sessionId, assertFree)
  if (lease === 'unneeded') return work(assertFree)
  if (lease === null) throw await beingRun(lock, sessionId)
  return thenRelease(lease, () => work(async () => {
    if (lease.lost.aborted) throw await beingRun(lock, sessionId)
  }))
}

async function acquireIfPossible(lock: SessionLock, sessionId: string, assertFree: () => Promise<void>): Promise<SessionLease | null | 'unneeded'> {
  try {
    return await lock.acquire(sessionId)
  } catch (cause) {
    if (!isSessionError(cause, 'STORE_UNAVAILABLE')) throw cause
    await assertFree()
    return 'unneeded'
  }
}
