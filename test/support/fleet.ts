import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import type { ClusterOptions } from '../../src/index.js'
import { scenario, type Scenario, type ScenarioOptions } from './scenario.js'
import { SharedLock } from './shared-lock.js'
import { WatchedSessionStore } from './watched-session-store.js'

/** Several processes that share a store. */
export class Fleet {
  readonly lock: SharedLock = new SharedLock()
  readonly records: MemorySessionStore = new MemorySessionStore()
  readonly processes: Scenario[] = []

  /** Starts a process; it takes sessions once `restoreAll` is called. */
  add(owner: string, cluster: ClusterOptions | null = {}, options: ScenarioOptions = {}): Scenario {
    const store = new WatchedSessionStore(this.lock.asMember(owner), this.records)
    const options_ = { reconnect: { jitter: 'none' as const, stableAfterMs: 2000 }, ...options }
    const process = scenario({ store, ...(cluster === null ? {} : { cluster: { address: `http://${owner}`, ...cluster } }), ...options_ })
    this.processes.push(process)
    return process
  }

  /** Links phones to sessions. */
  async link(count: number): Promise<string[]> {
    const store = new WatchedSessionStore(undefined, this.records)
    const sessionIds = Array.from({ length: count }, (_, index) => `s${index}`)
    for (const [index, sessionId] of sessionIds.entries()) await store.seed(sessionId, { phone: `49151${String(index).padStart(6, '0')}` })
    return sessionIds
  }
}
