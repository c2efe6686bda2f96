import type { MemberCard } from '../../../src/cluster/member-card.js'
import { type Move, movesToBalance, type PlacementMember, placementMembers, successorsOf } from '../../../src/cluster/placement.js'

/** A session that was moved this often stays where it is, unless its process drains. */
const MOST_MOVES = 2

/** A process with its sessions, as `SimulatedMembers` keeps it. */
export interface SimulatedMember {
  readonly id: string
  card: MemberCard
  /** How often each of its sessions was moved. */
  readonly sessions: Map<string, number>
}

/** Processes that hand sessions to each other as `placement.ts` tells them, without time or a store. */
export class SimulatedMembers {
  readonly members: SimulatedMember[] = []
  /** How many hand-overs there were. */
  handOvers = 0
  #joined = 0
  #named = 0

  /** Adds a process that has this many new sessions. */
  join(sessions = 0, card: Partial<MemberCard> = {}): SimulatedMember {
    const joinedAt = ++this.#joined
    const named = Array.from({ length: sessions }, () => [`session-${++this.#named}`, 0] as const)
    const full: MemberCard = { joinedAt, address: null, maxSessions: null, takes: true, draining: false, ready: [], ...card }
    const member = { id: `member-${joinedAt}`, card: full, sessions: new Map(named) }
    this.members.push(member)
    return member
  }

  /** What all of them are told of each other now. */
  placement(): PlacementMember[] {
    return placementMembers(this.members.map(({ id, card, sessions }) => ({ id, card, sessions: sessions.size })))
  }

  /** Hands over up to this many sessions of a member that drains. Returns whether it has any left. */
  drain(member: SimulatedMember, count: number): boolean {
    member.card = { ...member.card, draining: true }
    const successors = [...successorsOf(movable(member, Infinity), member.id, this.placement())]
    for (const [sessionId, to] of successors.slice(0, count)) this.#handOver(member, sessionId, to)
    return member.sessions.size > 0
  }

  /** The process ends. */
  leave(member: SimulatedMember): void {
    if (member.sessions.size > 0) throw new Error('It has sessions.')
    this.members.splice(this.members.indexOf(member), 1)
  }

  /** A member gives what it should by these counts. Returns to whom each session went. */
  balance(member: SimulatedMember, limit: number): string[] {
    return this.#carryOut(member, this.#planOf(member, limit, this.placement()))
  }

  /** Every member gives at once, by what it knows of the counts of all. Returns to whom each gave. */
  balanceAtOnce(limit: number, countsFor: (member: SimulatedMember) => PlacementMember[] = () => this.placement()): Map<string, string[]> {
    const plans = this.members.map((member) => [member, this.#planOf(member, limit, countsFor(member))] as const)
    return new Map(plans.map(([member, plan]) => [member.id, this.#carryOut(member, plan)]))
  }

  /** How often the session was moved that was moved most. */
  mostMoves(): number {
    return Math.max(0, ...this.members.flatMap(({ sessions }) => [...sessions.values()]))
  }

  #planOf(member: SimulatedMember, limit: number, counts: PlacementMember[]): Move[] {
    return movesToBalance(movable(member, MOST_MOVES), member.sessions.size, member.id, counts, limit)
  }

  #carryOut(member: SimulatedMember, plan: readonly Move[]): string[] {
    for (const { sessionId, to } of plan) this.#handOver(member, sessionId, to)
    return plan.map(({ to }) => to)
  }

  #handOver(from: SimulatedMember, sessionId: string, to: string): void {
    const receiver = this.members.find(({ id }) => id === to)
    const moves = from.sessions.get(sessionId)
    if (receiver === undefined || moves === undefined || receiver === from) throw new Error(`${sessionId} cannot go from ${from.id} to ${to}.`)
    from.sessions.delete(sessionId)
    receiver.sessions.set(sessionId, moves + 1)
    this.handOvers += 1
  }
}

function movable({ sessions }: SimulatedMember, mostMoves: number): { sessionId: string; moves: number }[] {
  return [...sessions].map(([sessionId, moves]) => ({ sessionId, moves })).filter(({ moves }) => moves < mostMoves)
}
