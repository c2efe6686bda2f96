import { SessionError } from '../errors.js'
import { findOwner, type SessionLease, type SessionLock } from '../lease/session-lock.js'

/** Works under the lease of a session. Rejects with `OWNED_ELSEWHERE` when somebody has it. */
export async function underLease<Result>(lock: SessionLock, sessionId: string, work: (lease: SessionLease) => Promise<Result>): Promise<Result> {
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
  return new SessionError('OWNED_ELSEWHERE', `${who} runs session "${sessionId}", or works on it. Nothing was changed. Stop it there, and try again.`, { sessionId })
}
