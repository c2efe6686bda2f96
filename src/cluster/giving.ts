import { withDeadline } from '../async/deadline.js'
import type { ClusterSetup, DrainOutcome, RunningSession } from './cluster-ports.js'
import type { ClusterView } from './cluster-view.js'
import { HandOvers } from './hand-overs.js'
import type { Movements } from './movements.js'
import { hasToGive, movesToBalance, type PlacementMember, successorsOf } from './placement.js'

/** What giving sessions away works with. */
export interface GivingOptions extends Pick<ClusterSetup, 'sessions' | 'rebalance' | 'stableAfterMs'> {
  readonly view: ClusterView
  readonly movements: Movements
}

/** How things stand at one tick. */
export interface GivingStep {
  readonly self: string
  readonly members: readonly PlacementMember[]
  readonly now: number
  /** Whether the others were asked for since the drain began: one that has just joined is to be known. */
  readonly mayDrain: boolean
  /** Whether sessions may be moved for no other reason than balance. */
  readonly mayBalance: boolean
}

interface Drain {
  /** When the last of those who asked for it waits no more. */
  until: number
  /** When a member was last known to have room. */
  hopefulAt: number
  readonly outcome: Promise<void>
  readonly end: () => void
}

/** Which part of all sessions may be on its way at once. */
const MOVING_SHARE = 0.01
/** How many sessions are offered beyond those that may be on their way, so that the next one is ready in time. */
const OFFERED_AHEAD = 4
/** How long a drain waits for somebody to have room. */
const NOBODY_MS = 2000
/** How long nobody must have come or gone before sessions are moved for balance. */
const SETTLED_MS = 3000

/** Gives sessions of this process to others: all of them in a drain, a few when others have fewer. */
export class Giving {
  readonly #options: GivingOptions
  readonly #handOvers: HandOvers
  #drain: Drain | null = null
  #hasDrained = false
  #isEnded = false
  #unsettledAt = -Infinity

  constructor(options: GivingOptions) {
    const { sessions } = options
    this.#options = options
    this.#handOvers = new HandOvers({ renote: (sessionId) => sessions.renote(sessionId), handOver: (sessionId) => sessions.handOver(sessionId) })
  }

  /** Whether something is under way that should not wait for a second. */
  get isBusy(): boolean {
    return this.#drain !== null || this.#handOvers.size > 0
  }

  /** To whom a session is offered; `null` when to nobody. */
  offeredTo(sessionId: string): string | null {
    return this.#handOvers.offeredTo(sessionId)
  }

  /** A member came or went: nothing is moved for balance for a while. */
  unsettle(now: number): void {
    this.#unsettledAt = now
  }

  /** Gives all sessions away that others can go on with. Resolves after `timeoutMs` at the latest, also when the engine does not answer. */
  async drain(timeoutMs: number): Promise<DrainOutcome> {
    this.beginDrain(timeoutMs)
    if (this.#drain !== null) await withDeadline(this.#drain.outcome, timeoutMs, () => new Error('late')).catch(() => undefined)
    return this.#handOvers.outcome
  }

  /** The same for nobody who waits. */
  beginDrain(timeoutMs: number): void {
    if (this.#isEnded) return
    const now = performance.now()
    // Nothing comes back once a process drains: what the first drain gave away stays away.
    if (!this.#hasDrained) this.#handOvers.forgetOutcome()
    this.#hasDrained = true
    this.#drain ??= newDrain(now)
    this.#drain.until = Math.max(this.#drain.until, now + timeoutMs)
  }

  /** Gives nothing away any more. */
  end(): void {
    this.#isEnded = true
    this.#handOvers.callOff()
    this.#drain?.end()
    this.#drain = null
  }

  /** Goes on with what is under way, and begins what is due. */
  step(step: GivingStep): void {
    const { sessions, view } = this.#options
    const limit = this.#limit()
    this.#handOvers.step(view, (sessionId) => sessions.isRunning(sessionId), limit, step.now)
    if (this.#drain !== null) {
      if (step.mayDrain) this.#goOnDraining(this.#drain, step, limit)
    } else if (step.mayBalance && !this.#isEnded) this.#balance(step, limit)
  }

  /** How many sessions may be on their way at once: those who drain at the same time share it. */
  #limit(): number {
    const { view } = this.#options
    const draining = view.members().filter(({ card }) => card.draining).length
    return Math.max(1, Math.floor((view.size * MOVING_SHARE) / Math.max(1, draining)))
  }

  #goOnDraining(drain: Drain, { self, members, now }: GivingStep, limit: number): void {
    const left = this.#movable()
    const others = members.filter(({ id, isOpen }) => isOpen && id !== self)
    const successors = successorsOf(
      left.map((session) => this.#toPlace(session)),
      self,
      this.#withOffers(members),
    )
    if (successors.size > 0) drain.hopefulAt = now
    const isDone = this.#handOvers.size === 0 && (left.length === 0 || others.length === 0 || now - drain.hopefulAt > NOBODY_MS)
    if (isDone || now > drain.until) {
      this.#handOvers.callOff()
      drain.end()
      this.#drain = null
      return
    }
    for (const [sessionId, to] of [...successors].slice(0, Math.max(0, limit + OFFERED_AHEAD - this.#handOvers.offered))) {
      this.#handOvers.offer(sessionId, to, now)
    }
  }

  #balance({ self, members, now }: GivingStep, limit: number): void {
    const { rebalance, stableAfterMs, view, sessions } = this.#options
    const isSettled = now - this.#unsettledAt > SETTLED_MS && !view.members().some(({ card }) => card.draining)
    if (!rebalance || !isSettled || this.#handOvers.size > 0) return
    const own = sessions.running().length
    // Nearly always: then no session is looked at.
    if (!hasToGive(own, self, members)) return
    const stable = this.#movable().filter(({ snapshot }) => snapshot.isConnected && Date.now() - snapshot.since.getTime() >= stableAfterMs)
    const movable = stable.map((session) => this.#toPlace(session)).filter(({ moves }) => moves < 2)
    for (const { sessionId, to } of movesToBalance(movable, own, self, members, limit)) this.#handOvers.offer(sessionId, to, now)
  }

  /** What is offered to a member takes a place there already. */
  #withOffers(members: readonly PlacementMember[]): PlacementMember[] {
    const coming = this.#handOvers.announced(this.#options.view)
    return members.map((member) => {
      const count = coming.get(member.id) ?? 0
      return { ...member, sessions: member.sessions + count, room: member.room - count }
    })
  }

  #movable(): RunningSession[] {
    return this.#options.sessions.running().filter(({ isMovable, snapshot }) => isMovable && !this.#handOvers.has(snapshot.sessionId))
  }

  #toPlace({ snapshot: { sessionId } }: RunningSession): { sessionId: string; moves: number } {
    return { sessionId, moves: this.#options.movements.of(sessionId).moves }
  }
}

function newDrain(now: number): Drain {
  let end = (): void => undefined
  const outcome = new Promise<void>((resolve) => {
    end = resolve
  })
  return { until: now, hopefulAt: now, outcome, end }
}
