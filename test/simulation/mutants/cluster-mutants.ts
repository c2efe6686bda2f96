import type { Mutant } from './mutants.js'

/** At least one for each invariant of a cluster: what must hold, in the order of `test/simulation/cluster`. */
export const CLUSTER_MUTANTS: readonly Mutant[] = [
  {
    invariant: 1,
    what: 'a lease that the engine may end at any time goes on',
    file: 'lease/heartbeat.ts',
    replace: ['Math.max(0, lapsesAfterMs - this.#silentForMs())', '2 * lapsesAfterMs'],
  },
  {
    invariant: 2,
    what: 'every process reaches for every session',
    file: 'cluster/unheld-sessions.ts',
    replace: ['if (session.taker.memberId === self) yield', 'if (session.taker.memberId !== undefined) yield'],
  },
  { invariant: 2, what: 'a process takes more sessions than it may run', file: 'cluster/claims.ts', replace: [' || !hasRoom()', ''] },
  {
    invariant: 2,
    what: 'a session that was given to another process is anybody’s',
    file: 'cluster/unheld-sessions.ts',
    replace: ['isReserved ? now + RESERVED_MS : now', 'now'],
  },
  {
    invariant: 2,
    what: 'a hand-over that began between two looks is not known of',
    file: 'cluster/claims.ts',
    replace: [' || isAwaited(sessionId)', ''],
  },
  {
    invariant: 2,
    what: 'a session is closed before its successor is ready for it',
    file: 'cluster/hand-overs.ts',
    replace: ['else if (isReady && ', 'else if ('],
  },
  { invariant: 3, what: 'the others are asked for ten times a second', file: 'cluster/cluster.ts', replace: ['Math.min(TICK_MS, ', 'Math.min(BUSY_TICK_MS, '] },
  {
    invariant: 4,
    what: 'a writer whose token is old may write',
    file: 'lease/session-lock.ts',
    replace: ['if (fencingToken >= newestToken) return', 'if (fencingToken <= newestToken) return'],
  },
]
