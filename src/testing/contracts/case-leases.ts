import assert from 'node:assert/strict'
import type { SessionLease, SessionLock } from '../../lease/session-lock.js'
import type { Cleanup } from './cleanup.js'

/** Takes a lock that is free; it is released when the case ends. */
export async function takeFree(lock: SessionLock, sessionId: string, cleanup: Cleanup): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  assert.ok(lease !== null, `acquire(${JSON.stringify(sessionId)}) resolved with null, although nobody holds the lock`)
  return releaseLater(lease, cleanup)
}

/** Has a lease released when the case ends. */
export function releaseLater(lease: SessionLease, cleanup: Cleanup): SessionLease {
  // Where it matters whether that works, a case says so.
  cleanup.add(() => lease.release().catch(() => undefined))
  return lease
}
