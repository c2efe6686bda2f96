import { hostname } from 'node:os'
import type { Holder } from './holder.js'
import { LeaseLock } from './lease-lock.js'
import { MemoryLockTable } from './memory-lock-table.js'
import { assertCurrentWriter, type SessionLock } from './session-lock.js'

/** A {@link SessionLock} for stores that only one process uses, with the check that such a store makes before it writes. */
export interface ProcessLock extends SessionLock {
  /**
   * Throws `STALE_WRITER` if `fencingToken` is older than the newest one for this id, or if there is none while somebody holds the
   * lock. A store calls it first in `write` and `delete`.
   */
  check(sessionId: string, fencingToken?: number): void
}

/**
 * Creates a lock that lives in this object: it separates everything that shares the object, and nothing else. Tokens increase for
 * as long as the object lives. Use it for a store that only one process uses, such as a fake in a test.
 */
export function processLock(): ProcessLock {
  const table = new MemoryLockTable()
  // Nobody can see this lock who could take its holder for dead.
  const lock = new LeaseLock({ table, beatIntervalMs: null, describe: async (owner, nonce) => describePlainly(owner, nonce) })
  return {
    acquire: (sessionId) => lock.acquire(sessionId),
    owner: (sessionId) => lock.owner(sessionId),
    ...(lock.cluster === undefined ? {} : { cluster: lock.cluster }),
    check: (sessionId, fencingToken) => {
      const { token, holders } = table.entryOf(sessionId)
      assertCurrentWriter({ sessionId, fencingToken, newestToken: token, isHeld: holders.length > 0 })
    },
  }
}

/** Without what only other processes would ask for. */
function describePlainly(owner: string, nonce: string): Holder {
  return { owner, nonce, pid: process.pid, hostname: hostname(), platform: process.platform }
}
