import { join } from 'node:path'
import { CREDS_KEY, SessionManager } from '../../src/index.js'
import type { ApplicationProcess } from './application-process.js'
import { openNamedStore } from './named-store.js'
import type { Report } from './reports.js'
import { Stage } from './stage.js'

/** The sessions of the demo. */
const SESSION_IDS: readonly string[] = Array.from({ length: 30 }, (_, index) => `shop-${String(index + 1).padStart(2, '0')}`)

/** A store that several processes share, with a process that only looks: this one. */
export class FleetStage {
  /** WhatsApp, its phones, and the processes. */
  readonly stage: Stage
  /** A manager that runs no session. */
  readonly window: SessionManager
  readonly #storeName: string
  readonly #isNamed: boolean
  readonly #closeStore: () => Promise<void>

  private constructor(stage: Stage, store: { name: string; isNamed: boolean; close: () => Promise<void> }, window: SessionManager) {
    this.stage = stage
    this.window = window
    this.#storeName = store.name
    this.#isNamed = store.isNamed
    this.#closeStore = store.close
  }

  /** Opens the store, the one that was named, which must be empty, or a SQLite file of its own, and links a phone for each session. */
  static async build(named: string | undefined): Promise<FleetStage> {
    const stage = await Stage.build({ sessionIds: SESSION_IDS })
    const name = named ?? `sqlite:${join(stage.directory, 'sessions.db')}`
    const { store, close } = await openNamedStore(name)
    for await (const sessionId of store.list()) {
      await close()
      // The processes of the demo would restore it.
      throw new Error(`The store already holds session "${sessionId}". Name an empty one.`)
    }
    for (const sessionId of SESSION_IDS) await store.write(sessionId, [{ ...CREDS_KEY, value: stage.phones.link(sessionId) }])
    const window = new SessionManager({ store, restoreOnStatus: false, cluster: { maxSessions: 0 } })
    return new FleetStage(stage, { name, isNamed: named !== undefined, close }, window)
  }

  /** Starts a process, which takes its share of the sessions once there are as many processes as that. */
  start(name: string, fleetSize: number, onReport: (report: Report) => void): ApplicationProcess {
    const orders = { script: 'cluster-application.ts', task: 'restore', isPageRefreshed: false, store: this.#storeName, name, fleetSize } as const
    return this.stage.start({ ...orders, onReport })
  }

  /** Removes everything, also from a store that was named. */
  async clear(): Promise<void> {
    const { stage, window } = this
    await stage.endApplications()
    if (this.#isNamed) await Promise.all(stage.sessionIds.map((sessionId) => window.delete(sessionId)))
    await window.close()
    await this.#closeStore()
    await stage.clear()
  }
}
