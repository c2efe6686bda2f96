import { Cluster } from '../../../src/cluster/cluster.js'
import type { ClusterSessions, RunningSession, TakeOutcome } from '../../../src/cluster/cluster-ports.js'
import { StandingNotes, standingOf } from '../../../src/cluster/standing-notes.js'
import { DialLimiter } from '../../../src/disconnect/dial-limiter.js'
import { LeaseLock } from '../../../src/lease/lease-lock.js'
import type { LockCluster } from '../../../src/lease/lock-cluster.js'
import type { SessionSnapshot } from '../../../src/status/session-status.js'
import type { Dice } from '../world/dice.js'
import { LEASE_MS, type SimulatedEngine, type SimulatedEntry } from './engine.js'
import type { ProcessPlan } from './history.js'
import { SimulatedLink } from './link.js'
import { SimulatedSession } from './session.js'
import type { ProcessClock, SimulatedTime } from './time.js'
import type { ClusterWatch } from './watch.js'

/** How long before the engine a process gives its leases up, as a part of a lease. */
const MARGIN = 0.15
const BEATS = 6
const STABLE_AFTER_MS = 2000
const CLOSE_RETRIES = 5

/** What a process works with. */
export interface SimulatedProcessOptions {
  readonly name: string
  readonly plan: ProcessPlan
  readonly perSecond: number
  readonly time: SimulatedTime
  readonly engine: SimulatedEngine
  readonly dice: Dice
  readonly watch: ClusterWatch
}

/** A process of the cluster: all that it takes part with is real but its sessions, and its way to the engine. */
export class SimulatedProcess implements ClusterSessions {
  readonly name: string
  readonly maxSessions: number | null
  readonly clock: ProcessClock
  readonly link: SimulatedLink
  readonly cluster: Cluster
  readonly sessions: Map<string, SimulatedSession> = new Map()
  /** When it was woken last. */
  wokeAt: number = -Infinity
  isEnding = false
  /** Its name among the members. */
  id = ''
  /** Whether it starts nothing any more. */
  #isClosed = false
  readonly #options: SimulatedProcessOptions
  readonly #lock: LeaseLock<SimulatedEntry>
  readonly #limiter: DialLimiter
  readonly #notes: StandingNotes

  /** To be made inside of its clock. */
  constructor(options: SimulatedProcessOptions, clock: ProcessClock) {
    const { name, plan, perSecond, engine, time, dice } = options
    this.#options = options
    this.name = name
    this.maxSessions = plan.maxSessions
    this.clock = clock
    this.link = new SimulatedLink({ name, engine, time, clock, dice })
    this.#lock = new LeaseLock({
      table: this.link,
      staleAfterMs: LEASE_MS,
      beatIntervalMs: LEASE_MS / BEATS,
      lapsesAfterMs: LEASE_MS * (1 - MARGIN),
      describe: async (_owner, nonce) => {
        this.id = nonce
        return { owner: name, nonce, pid: 1, hostname: nonce, platform: 'linux' }
      },
    })
    this.#limiter = new DialLimiter({ concurrency: 20, perSecond })
    this.#notes = new StandingNotes({ cluster: this.#members, timeoutMs: 15_000, onError: () => undefined })
    this.cluster = this.#makeCluster()
  }

  async list(): Promise<readonly string[]> {
    return this.link.list()
  }

  running(): readonly RunningSession[] {
    return [...this.sessions].map(([sessionId, session]) => ({ isMovable: !session.isClosing, snapshot: snapshotOf(sessionId, session) }))
  }

  startingBeside(): number {
    return 0
  }

  isRunning(sessionId: string): boolean {
    return this.sessions.has(sessionId)
  }

  async take(sessionId: string, isHurried: boolean): Promise<TakeOutcome> {
    const { watch } = this.#options
    const running = this.sessions.get(sessionId)
    if (running !== undefined) {
      await running.resume()
      return this.isRunning(sessionId) ? 'running' : 'held'
    }
    try {
      const lease = await this.#lock.acquire(sessionId)
      if (lease === null) {
        watch.refused()
        return 'held'
      }
      if (this.#isClosed) {
        await lease.release()
        return 'unknown'
      }
      if (this.sessions.has(sessionId)) return 'running'
      const session = this.#makeSession(sessionId)
      this.sessions.set(sessionId, session)
      watch.took(this, sessionId)
      this.renote(sessionId)
      await session.begin(lease, isHurried ? 'poll' : 'bulk')
      return 'running'
    } catch {
      return 'unknown'
    }
  }

  async handOver(sessionId: string): Promise<boolean> {
    this.#options.watch.handedOver(sessionId, this.cluster.noteOf(sessionId).offeredTo)
    await this.sessions.get(sessionId)?.close()
    return true
  }

  renote(sessionId: string): void {
    const session = this.sessions.get(sessionId)
    const lease = session?.lease ?? null
    if (session === undefined || lease === null) return
    this.#notes.note(sessionId, lease.fencingToken, standingOf(snapshotOf(sessionId, session), this.cluster.noteOf(sessionId)))
  }

  retellFailed(): void {
    this.#notes.retry()
  }

  resume(): void {
    for (const session of this.sessions.values()) void session.resume()
  }

  /** Hands over what it can, closes the rest and ends. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.isEnding) return
    this.isEnding = true
    await this.cluster.drain(timeoutMs)
    await this.#end()
  }

  /** Closes everything and ends. */
  async leave(): Promise<void> {
    if (this.isEnding) return
    this.isEnding = true
    await this.#end()
  }

  /** It is there no more. */
  die(): void {
    this.clock.state = 'gone'
    this.#options.watch.died(this)
  }

  async #end(): Promise<void> {
    this.#isClosed = true
    await this.cluster.close().catch(() => undefined)
    await Promise.all([...this.sessions.values()].map((session) => session.close()))
    for (let attempt = 0; attempt < CLOSE_RETRIES; attempt += 1) {
      const isClosed = await this.#lock.close().then(
        () => true,
        () => false,
      )
      if (isClosed) break
    }
    this.die()
  }

  get #members(): LockCluster {
    const { cluster } = this.#lock
    if (cluster === undefined) throw new Error('The lock has no cluster.')
    return cluster
  }

  #makeCluster(): Cluster {
    const { perSecond, time } = this.#options
    return new Cluster({
      lock: this.#members,
      sessions: this,
      limiter: this.#limiter,
      address: null,
      maxSessions: this.maxSessions,
      rebalance: true,
      dialsPerSecond: perSecond,
      stableAfterMs: STABLE_AFTER_MS,
      timeoutMs: 15_000,
      onMembers: (members) => {
        // Its application ends it, once it hears that it was asked to drain.
        const isDraining = members.some(({ process, card }) => process.isSelf && card.draining)
        if (isDraining && !this.isEnding) void this.drain(25_000).catch(time.onThrow)
      },
      onElsewhere: () => undefined,
      onError: () => undefined,
    })
  }

  #makeSession(sessionId: string): SimulatedSession {
    const { watch } = this.#options
    const session: SimulatedSession = new SimulatedSession({
      sessionId,
      link: this.link,
      limiter: this.#limiter,
      acquire: () => this.#lock.acquire(sessionId),
      onSocket: (isOpen) => watch.socket(this, sessionId, isOpen),
      onStatus: () => {
        this.renote(sessionId)
        if (session.status === 'connected') watch.connected(this, sessionId)
      },
      onGone: () => {
        if (this.sessions.get(sessionId) === session) this.sessions.delete(sessionId)
      },
      onElsewhere: () => this.cluster.consider(sessionId),
      onAcknowledged: (count) => watch.acknowledged(sessionId, count),
    })
    return session
  }
}

function snapshotOf(sessionId: string, { status, since }: SimulatedSession): SessionSnapshot {
  return { sessionId, status, since, isConnected: status === 'connected', reason: null, message: '', owner: null, isLocal: true }
}
