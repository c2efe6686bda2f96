import type { Violation } from '../world/world.js'
import type { Generation, SimulatedEngine } from './engine.js'
import type { SimulatedProcess } from './process.js'
import type { SimulatedTime } from './time.js'

/** How long after waking a process may still have a socket that is not its own any more. */
const WAKING_MS = 1000
/** How long a session that was given away is its successor's. */
const RESERVED_MS = 3000

/** Watches what must hold at every moment, and counts what is judged once the fleet is calm. */
export class ClusterWatch {
  readonly violations: Violation[] = []
  /** How many claims came to nothing since the count began. */
  refusals = 0
  /** How many sessions were given away since the world began. */
  handOvers = 0
  /** Whether nothing disturbs the fleet, and every session was taken. */
  isCalm = false
  /** The longest time that a session was not connected since the count began. */
  longestGapMs = 0
  /** How many sessions were not connected at the same time since the count began, at the most. */
  mostAway = 0
  readonly #time: SimulatedTime
  readonly #engine: SimulatedEngine
  readonly #sockets = new Map<string, Set<SimulatedProcess>>()
  readonly #connected = new Map<string, Set<SimulatedProcess>>()
  readonly #awaySince = new Map<string, number>()
  readonly #acknowledged = new Map<string, number>()
  readonly #given = new Map<string, { readonly to: string | null; readonly at: number }>()

  constructor(time: SimulatedTime, engine: SimulatedEngine) {
    this.#time = time
    this.#engine = engine
    for (const sessionId of engine.sessionIds) this.#awaySince.set(sessionId, 0)
    engine.onWritten = (sessionId, before, after) => this.#written(sessionId, before, after)
  }

  violate(invariant: number, what: string): void {
    this.violations.push({ invariant, what, atMs: Math.round(this.#time.now) })
  }

  /** Begins to count anew. */
  count(): void {
    this.refusals = 0
    this.longestGapMs = 0
    this.mostAway = this.#awaySince.size
  }

  /** Since when a session is not connected; `null` when it is. */
  awayMs(sessionId: string): number | null {
    const since = this.#awaySince.get(sessionId)
    return since === undefined ? null : this.#time.now - since
  }

  socket(process: SimulatedProcess, sessionId: string, isOpen: boolean): void {
    const sockets = setIn(this.#sockets, sessionId)
    if (isOpen) {
      sockets.add(process)
      this.#oneSocket(sessionId, sockets)
      return
    }
    sockets.delete(process)
    const connected = setIn(this.#connected, sessionId)
    if (connected.delete(process) && connected.size === 0) this.#awaySince.set(sessionId, this.#time.now)
    this.mostAway = Math.max(this.mostAway, this.#awaySince.size)
  }

  connected(process: SimulatedProcess, sessionId: string): void {
    this.longestGapMs = Math.max(this.longestGapMs, this.awayMs(sessionId) ?? 0)
    this.#awaySince.delete(sessionId)
    setIn(this.#connected, sessionId).add(process)
  }

  died(process: SimulatedProcess): void {
    for (const [sessionId, sockets] of this.#sockets) if (sockets.has(process)) this.socket(process, sessionId, false)
  }

  took(process: SimulatedProcess, sessionId: string): void {
    const { maxSessions, sessions, name } = process
    if (maxSessions !== null && sessions.size > maxSessions) this.violate(2, `${name} runs ${sessions.size} sessions, and may run ${maxSessions}`)
    const given = this.#given.get(sessionId)
    this.#given.delete(sessionId)
    if (given === undefined || this.#time.now - given.at > RESERVED_MS || given.to === process.id) return
    this.violate(2, `${sessionId} was given to another process, and ${name} took it`)
  }

  refused(): void {
    this.refusals += 1
  }

  handedOver(sessionId: string, to: string | null): void {
    this.handOvers += 1
    if (this.isCalm) this.#given.set(sessionId, { to, at: this.#time.now })
  }

  acknowledged(sessionId: string, count: number): void {
    this.#acknowledged.set(sessionId, Math.max(this.#acknowledged.get(sessionId) ?? 0, count))
  }

  /** Looks at all that must hold now. */
  check(): void {
    for (const [sessionId, sockets] of this.#sockets) this.#oneSocket(sessionId, sockets)
    for (const [sessionId, count] of this.#acknowledged) {
      const stored = this.#engine.read(sessionId).count
      if (stored < count) this.violate(4, `generation ${count} of ${sessionId} was acknowledged, and ${stored} is stored`)
    }
  }

  #written(sessionId: string, before: Generation, after: Generation): void {
    const isAgain = after.count === before.count && after.token === before.token
    if (after.count === before.count + 1 || isAgain) return
    this.violate(4, `generation ${after.count} of ${sessionId} (token ${after.token}) was written over ${before.count} (token ${before.token})`)
  }

  #oneSocket(sessionId: string, sockets: ReadonlySet<SimulatedProcess>): void {
    if (sockets.size < 2) return
    const awake = [...sockets].filter(({ clock, wokeAt }) => clock.state === 'running' && this.#time.now - wokeAt >= WAKING_MS)
    if (awake.length > 1) this.violate(1, `${sessionId} has a socket in ${awake.map(({ name }) => name).join(' and in ')}`)
  }
}

function setIn<Item>(sets: Map<string, Set<Item>>, key: string): Set<Item> {
  const found = sets.get(key) ?? new Set()
  sets.set(key, found)
  return found
}
