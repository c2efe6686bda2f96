import { vi } from 'vitest'
import { Cluster } from '../../../src/cluster/cluster.js'
import type { ClusterSessions, RunningSession, TakeOutcome } from '../../../src/cluster/cluster-ports.js'
import type { ViewedChange, ViewedMember } from '../../../src/cluster/cluster-view.js'
import { encodeStanding } from '../../../src/cluster/standing.js'
import { DialLimiter } from '../../../src/disconnect/dial-limiter.js'
import type { SessionLease } from '../../../src/lease/session-lock.js'
import type { SessionStatus } from '../../../src/status/status-reasons.js'
import { type MemberLock, SharedLock } from '../../support/shared-lock.js'

/** How long a session takes from its dial to its connection, in milliseconds. */
export const DIAL_MS = 300
/** How long one takes to close, in milliseconds. */
const CLOSE_MS = 50

interface RunSession {
  readonly lease: SessionLease
  status: SessionStatus
  since: Date
}

/** How a process takes part. */
export interface ProcessOptions {
  readonly maxSessions?: number
  readonly rebalance?: boolean
  readonly stableAfterMs?: number
  readonly perSecond?: number
  readonly concurrency?: number
}

/** A process of the cluster whose sessions are no more than their locks and their statuses. */
export class ClusterProcessModel implements ClusterSessions {
  readonly cluster: Cluster
  readonly lock: MemberLock
  readonly members: (readonly ViewedMember[])[] = []
  readonly elsewhere: ViewedChange[] = []
  readonly errors: unknown[] = []
  refusedClaims = 0
  claims = 0
  resumed = 0
  readonly #world: ClusterWorld
  readonly #sessions = new Map<string, RunSession>()
  readonly #limiter: DialLimiter

  constructor(world: ClusterWorld, owner: string, options: ProcessOptions) {
    const { maxSessions = null, rebalance = true, stableAfterMs = 2000, perSecond = 10, concurrency = 20 } = options
    this.#world = world
    this.lock = world.lock.asMember(owner)
    this.#limiter = new DialLimiter({ concurrency, perSecond })
    this.cluster = new Cluster({
      lock: this.lock.cluster,
      sessions: this,
      limiter: this.#limiter,
      address: `http://${owner}`,
      maxSessions,
      rebalance,
      dialsPerSecond: perSecond,
      stableAfterMs,
      timeoutMs: 15_000,
      onMembers: (members) => this.members.push(members),
      onElsewhere: (changes) => this.elsewhere.push(...changes),
      onError: (cause) => this.errors.push(cause),
    })
  }

  async list(): Promise<readonly string[]> {
    return this.#world.stored
  }

  running(): readonly RunningSession[] {
    return [...this.#sessions].map(([sessionId, { status, since }]) => ({
      isMovable: status !== 'pairing',
      snapshot: { sessionId, status, since, isConnected: status === 'connected', reason: null, message: '', owner: null, isLocal: true },
    }))
  }

  startingBeside(): number {
    return 0
  }

  isRunning(sessionId: string): boolean {
    return this.#sessions.has(sessionId)
  }

  async take(sessionId: string): Promise<TakeOutcome> {
    this.claims += 1
    const lease = await this.lock.acquire(sessionId)
    if (lease === null) this.refusedClaims += 1
    if (lease === null) return 'held'
    if (this.#world.unwanted.has(sessionId)) {
      await lease.release()
      return 'unwanted'
    }
    this.#sessions.set(sessionId, { lease, status: 'connecting', since: new Date() })
    this.renote(sessionId)
    const ticket = this.#limiter.request('bulk', { sessionId })
    await ticket.turn
    await pause(DIAL_MS)
    ticket.release()
    const session = this.#sessions.get(sessionId)
    if (session?.lease !== lease || this.#world.dead.has(this)) return 'held'
    Object.assign(session, { status: 'connected', since: new Date() })
    this.#world.connected(sessionId)
    this.renote(sessionId)
    return 'running'
  }

  async handOver(sessionId: string): Promise<boolean> {
    const session = this.#sessions.get(sessionId)
    this.#world.closed(sessionId)
    await pause(CLOSE_MS)
    this.#sessions.delete(sessionId)
    await session?.lease.release()
    return true
  }

  renote(sessionId: string): void {
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return
    const { status, since, lease } = session
    const rest = { reason: null, phoneNumber: null, lastDisconnect: null, nextRetryAt: null, restrictedUntil: null, attempt: null }
    const text = encodeStanding({ status, since, ...rest, ...this.cluster.noteOf(sessionId) })
    void this.lock.cluster.note(sessionId, lease.fencingToken, text).catch(() => undefined)
  }

  retellFailed(): void {}

  resume(): void {
    this.resumed += 1
  }

  /** Where its sessions stand. */
  get ids(): string[] {
    return [...this.#sessions.keys()]
  }

  /** It is killed. */
  async die(owner: string): Promise<void> {
    this.#world.dead.add(this)
    this.#world.lock.die(owner)
    for (const sessionId of this.ids) this.#world.closed(sessionId)
    await this.cluster.close()
  }
}

/** Several processes, one store, and a clock of its own. */
export class ClusterWorld {
  readonly lock: SharedLock = new SharedLock()
  readonly stored: string[]
  readonly unwanted: Set<string> = new Set()
  readonly dead: Set<ClusterProcessModel> = new Set()
  readonly processes: Map<string, ClusterProcessModel> = new Map()
  /** How often each session got connected. */
  readonly connections: Map<string, number> = new Map()
  /** How long each session was without a socket, at the longest, since it was first connected, in milliseconds. */
  readonly gaps: Map<string, number> = new Map()
  /** How many sessions were without a socket at once, at the most, of those that were connected before. */
  mostAway = 0
  readonly #away = new Map<string, number>()

  constructor(sessions: number) {
    this.stored = Array.from({ length: sessions }, (_, index) => `session-${index}`)
  }

  /** Starts a process, which begins to take sessions. */
  async start(owner: string, options: ProcessOptions = {}): Promise<ClusterProcessModel> {
    const process = new ClusterProcessModel(this, owner, options)
    this.processes.set(owner, process)
    await process.cluster.join()
    return process
  }

  connected(sessionId: string): void {
    this.connections.set(sessionId, (this.connections.get(sessionId) ?? 0) + 1)
    const since = this.#away.get(sessionId)
    this.#away.delete(sessionId)
    if (since !== undefined) this.gaps.set(sessionId, Math.max(this.gaps.get(sessionId) ?? 0, Date.now() - since))
  }

  closed(sessionId: string): void {
    if (!this.#away.has(sessionId)) this.#away.set(sessionId, Date.now())
    this.mostAway = Math.max(this.mostAway, this.#away.size)
  }

  /** How many sessions each process runs that lives. */
  get counts(): number[] {
    return [...this.processes.values()].filter((process) => !this.dead.has(process)).map(({ ids }) => ids.length)
  }

  /** Lets time go by. */
  async wait(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms)
  }

  /** Ends everything that lives. */
  async end(): Promise<void> {
    await Promise.all([...this.processes.values()].filter((process) => !this.dead.has(process)).map(({ cluster }) => cluster.close()))
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
