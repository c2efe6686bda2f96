import { LeaseLock } from '../../src/lease/lease-lock.js'
import type { SessionLockContractHooks } from '../../src/testing/index.js'
import { LeasedEngine, LeasedTable, nonceOf } from '../support/leased-engine.js'

/** Long enough for a busy machine, and short enough to wait for. */
const LEASE_MS = 600

/** A lock on an engine that ends leases by itself, in another container than every other one. */
export class EndingLeasesLock extends LeaseLock {
  readonly table: LeasedTable

  constructor(engine: LeasedEngine) {
    const table = new LeasedTable(engine)
    super({
      table,
      staleAfterMs: LEASE_MS,
      lapsesAfterMs: LEASE_MS * 0.8,
      describe: async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: nonce, platform: 'linux' }),
    })
    this.table = table
  }
}

/** One on an engine of its own. */
export function openEndingLeases(): EndingLeasesLock {
  return new EndingLeasesLock(new LeasedEngine({ leaseMs: LEASE_MS }))
}

/** What the suite cannot do by itself. */
export const endingLeasesHooks: SessionLockContractHooks<EndingLeasesLock> = {
  openAnother: ({ table }) => new EndingLeasesLock(table.engine),
  disconnect: ({ table }) => {
    table.isCut = true
    return () => {
      table.isCut = false
    }
  },
  takeOver: async (lock, sessionId) => {
    const { engine } = lock.table
    const other = new EndingLeasesLock(engine)
    // Its process is cut off by the engine, for this one session: nobody can prove that it is gone.
    engine.release({ sessionId, token: engine.look(sessionId).token, nonce: nonceOf(engine, sessionId) }, { isLast: false })
    const lease = await other.acquire(sessionId)
    if (lease === null) throw new Error('It is held.')
    await lock.owner(sessionId)
    return lease
  },
  runOut: async ({ table }) => {
    table.isCut = true
    await new Promise((resolve) => {
      setTimeout(resolve, LEASE_MS * 1.2)
    })
    table.isCut = false
  },
  dispose: (lock) => lock.close(),
}
