import type { SessionLease } from '../../src/lease/session-lock.js'
import type { SessionStore } from '../../src/store/session-store.js'
import type { Change } from './expected-session.js'

/** Takes a lock that must be free. */
export async function mustTake(store: SessionStore, sessionId: string): Promise<SessionLease> {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw new Error(`the lock of ${sessionId} was not given out, though nobody has it`)
  return lease
}

/** Carries out a write or a delete. */
export function carryOut(store: SessionStore, sessionId: string, change: Change, fencingToken: number | undefined): Promise<void> {
  if (change.kind === 'delete') return store.delete(sessionId, withToken(fencingToken))
  return store.write(sessionId, change.changes, { ...withToken(fencingToken), replaceAll: change.replaceAll })
}

/** The options of a call with this token, or without any. */
export function withToken(fencingToken: number | undefined): { fencingToken?: number } {
  return fencingToken === undefined ? {} : { fencingToken }
}

/** What a call rejects with, or `null`. */
export async function refusalOf(work: Promise<void>): Promise<unknown> {
  try {
    await work
    return null
  } catch (error) {
    return error
  }
}
