import { encodeLifecycle, freshLifecycle, type Lifecycle } from '../../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../../src/auth/stored-session.js'
import { MemoryConnectionRepository } from '../../../src/index.js'
import { pairedCreds } from '../../../src/testing/fake-baileys.js'
import { LeasedEngine } from '../../support/leased-engine.js'
import type { Seed, WorldPlan } from '../history.js'
import type { SimulatedSocket, VerbCall } from '../observer.js'
import { Dice } from './dice.js'
import { SimulatedBackend } from './simulated-backend.js'
import { SimulatedBackplane } from './simulated-backplane.js'
import { SimulatedManager } from './simulated-manager.js'
import { SimulatedServer } from './simulated-server.js'
import { LEASE_MS } from './simulated-table.js'
import { VirtualTime } from './virtual-time.js'

/** Ids that lesser code mixes up. */
const SESSION_IDS = ['a', 'A', '__proto__'] as const

/** An id that nothing is ever stored for. */
export const UNKNOWN_ID = 'nobody'

/** Something that must not have happened. */
export interface Violation {
  /** The number of the invariant in docs/guarantees.md; `'status'`: what a status says is not true. */
  readonly invariant: number | 'status'
  readonly what: string
  readonly atMs: number
}

/** Managers, their store, a server and a clock: everything that a history happens to. */
export class World {
  readonly plan: WorldPlan
  readonly time: VirtualTime = new VirtualTime()
  readonly backplane: SimulatedBackplane
  readonly backend: SimulatedBackend
  readonly rows: MemoryConnectionRepository = new MemoryConnectionRepository()
  readonly server: SimulatedServer
  readonly sockets: SimulatedSocket[] = []
  readonly managers: readonly SimulatedManager[]
  /** Every call to a manager, oldest first. */
  readonly calls: VerbCall[] = []
  readonly violations: Violation[] = []
  readonly sessionIds: readonly string[]
  /** Sessions whose records were removed past the library. */
  readonly wiped: Set<string> = new Set()

  constructor(plan: WorldPlan) {
    this.plan = plan
    this.sessionIds = SESSION_IDS.slice(0, plan.sessions.length)
    this.backplane = new SimulatedBackplane(this.time, new Dice(plan.luck))
    this.backend = new SimulatedBackend(this.#makeEngine())
    this.time.onThrow = (error) => {
      this.violate(9, `a timer threw: ${String(error)}`)
    }
    this.server = new SimulatedServer(
      this.backplane,
      ({ manager, sessionId }) => this.pending(manager, sessionId).some(({ call }) => call.verb === 'logout'),
      (socket) => {
        this.violate(2, `the device of ${socket.sessionId} was removed, and nobody had asked for it`)
      },
    )
    this.managers = Array.from(
      { length: plan.managers },
      (_, index) =>
        new SimulatedManager({
          name: `M${index}`,
          plan,
          backplane: this.backplane,
          backend: this.backend,
          rows: this.rows,
          server: this.server,
          sockets: this.sockets,
        }),
    )
    plan.sessions.forEach((seed, index) => {
      this.#seed(this.sessionId(index), seed)
    })
  }

  /** The session at a place; places wrap around. */
  sessionId(place: number): string {
    return this.sessionIds[place % this.sessionIds.length] ?? 'a'
  }

  /** The manager at a place; places wrap around. */
  manager(place: number): SimulatedManager {
    const manager = this.managers[place % this.managers.length]
    if (manager === undefined) throw new RangeError('A world has a manager.')
    return manager
  }

  /** The newest socket of a session, at any manager or at one of them. */
  newestSocket(sessionId: string, manager?: string): SimulatedSocket | undefined {
    return this.sockets.findLast((socket) => socket.sessionId === sessionId && (manager === undefined || socket.manager === manager))
  }

  /** Notes that something happened that must not. */
  violate(invariant: Violation['invariant'], what: string): void {
    this.violations.push({ invariant, what, atMs: this.time.elapsedMs })
  }

  /** The calls to a manager that have not settled, and that a session is concerned by. */
  pending(manager: string, sessionId: string): VerbCall[] {
    return this.calls.filter((call) => call.outcome === 'pending' && call.manager === manager && (call.sessionId === null || call.sessionId === sessionId))
  }

  /** Whether a manager was told to close. */
  isClosing(manager: string): boolean {
    return this.calls.some(({ call, manager: name }) => call.verb === 'close' && name === manager)
  }

  /** Removes all that is stored of a session, past the library. */
  wipe(sessionId: string): void {
    this.backplane.tell('wiped', sessionId)
    this.wiped.add(sessionId)
    this.backend.wipe(sessionId)
  }

  /** Takes the lease of a session away from its holder. An engine with a clock of its own is cut off instead, until all leases have ended. */
  tear(sessionId: string, how: 'taken' | 'expired'): void {
    if (this.backend.engine !== null) {
      this.backplane.changeMood('lock', null, 'down')
      this.time.later(2 * LEASE_MS, () => this.backplane.changeMood('lock', null, 'healthy'))
      return
    }
    const holder = this.backend.holder(sessionId)?.owner
    if (holder === undefined) return
    for (const socket of this.sockets) if (socket.manager === holder && socket.sessionId === sessionId) socket.leaseLostAtMs ??= this.time.elapsedMs
    this.backplane.tell('torn', holder, sessionId, how)
    this.backend.lose(sessionId, how)
  }

  #makeEngine(): LeasedEngine | null {
    const { engineClock } = this.plan
    if (engineClock === null) return null
    const { rate, aheadMs } = engineClock
    return new LeasedEngine({ leaseMs: LEASE_MS, now: () => Date.now() + aheadMs + this.time.elapsedMs * (rate - 1) })
  }

  #seed(sessionId: string, seed: Seed): void {
    if (seed === 'absent') return
    const creds = seed === 'corrupt' ? '{"noiseKey"' : pairedCreds()
    const text = seed === 'half paired' ? JSON.stringify({ ...(JSON.parse(creds) as object), account: undefined }) : creds
    const stored = inspectStoredCreds(text)
    const remembered: Partial<Lifecycle> | null = seed === 'stopped' ? { desired: 'stopped' } : seed === 'logged out' ? { loggedOutAt: new Date() } : null
    const lifecycle =
      remembered === null || !('identity' in stored)
        ? []
        : [{ type: 'lifecycle', id: '', value: encodeLifecycle({ ...freshLifecycle(stored.identity), ...remembered }) }]
    this.backend.change({ sessionId, fencingToken: undefined, changes: [{ type: 'creds', id: '', value: text }, ...lifecycle] }, true)
  }
}
