import type { MemberCard } from '../../../src/cluster/member-card.js'
import { movesToBalance, type PlacementMember, placementMembers, successorsOf } from '../../../src/cluster/placement.js'

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

  /** A member gives what it should by these counts of the others. Sessions that were moved this often stay. Returns how many it gave. */
  balance(
    member: SimulatedMember,
    { limit, counts = this.placement(), mostMoves = 2 }: { limit: number; counts?: PlacementMember[]; mostMoves?: number },
  ): number {
    const moves = movesToBalance(movable(member, mostMoves), member.sessions.size, member.id, counts, limit)
    for (const { sessionId, to } of moves) this.#handOver(member, sessionId, to)
    return moves.length
  }

  /** Every member gives at once, by the same counts. Returns how many sessions were given. */
  balanceAtOnce(limit: number, counts: PlacementMember[] = this.placement()): number {
    return this.members.map((member) => this.balance(member, { limit, counts })).reduce((sum, given) => sum + given, 0)
  }

  /** How often the session was moved that was moved most. */
  mostMoves(): number {
    return Math.max(0, ...this.members.flatMap(({ sessions }) => [...sessions.values()]))
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
