import type { MemberCard } from './member-card.js'
import { Rendezvous } from './rendezvous.js'

/** A member of the cluster, as far as it matters for who runs what. */
export interface PlacementMember {
  readonly id: string
  /** Its part of all sessions, against the weights of the others. */
  readonly weight: number
  /** How many sessions it runs. */
  readonly sessions: number
  /** How many more it can run; `Infinity` without a limit. */
  readonly room: number
  /** When it joined, in milliseconds since the epoch. */
  readonly joinedAt: number
  /** Whether it takes sessions. */
  readonly isOpen: boolean
  /** Whether it hands all its sessions over. */
  readonly isDraining: boolean
}

/** A session that may be handed over. */
export interface MovableSession {
  readonly sessionId: string
  /** How often it was handed over lately. */
  readonly moves: number
}

/** The members by what they told of themselves. One that gave no limit weighs as much as the mean of those that did. */
export function placementMembers(members: readonly { id: string; card: MemberCard; sessions: number }[]): PlacementMember[] {
  const limits = members.flatMap(({ card }) => (card.maxSessions === null || card.maxSessions === 0 ? [] : [card.maxSessions]))
  const mean = limits.length === 0 ? 1 : limits.reduce((sum, limit) => sum + limit, 0) / limits.length
  return members.map(({ id, card: { maxSessions, joinedAt, takes, draining }, sessions }) => ({
    id,
    weight: maxSessions ?? mean,
    sessions,
    room: maxSessions === null ? Infinity : Math.max(0, maxSessions - sessions),
    joinedAt,
    isOpen: takes && !draining && maxSessions !== 0,
    isDraining: draining,
  }))
}

/**
 * Who takes a session that nobody runs; `null` when nobody has room. Every member comes to the same answer by itself, and a session without
 * a taker has one again as soon as there is room.
 */
export function takerOf(sessionId: string, members: readonly PlacementMember[]): string | null {
  return takersAmong(members)(sessionId)
}

/** The same for many sessions. */
export function takersAmong(members: readonly PlacementMember[]): (sessionId: string) => string | null {
  const rendezvous = new Rendezvous(members.filter(canTake))
  return (sessionId) => rendezvous.choose(sessionId)?.id ?? null
}

/**
 * Who takes over from a member that drains, in the order in which to hand over: always the one that then runs the least for its weight.
 * Sessions that were moved most go to those that joined last, which are the last to be restarted. Sessions for which there is no room are
 * left out.
 */
export function successorsOf(sessions: readonly MovableSession[], self: string, members: readonly PlacementMember[]): Map<string, string> {
  const successors = members.filter((member) => member.id !== self && canTake(member))
  const places = freePlaces(sessions.length, successors).map((member, turn) => ({ member, turn }))
  places.sort((a, b) => b.member.joinedAt - a.member.joinedAt || a.turn - b.turn)
  const mostMoved = [...sessions].sort((a, b) => b.moves - a.moves)
  const handOvers = places.flatMap(({ member, turn }, index) => mostMoved.slice(index, index + 1).map(({ sessionId }) => ({ turn, sessionId, to: member.id })))
  return new Map(handOvers.sort((a, b) => a.turn - b.turn).map(({ sessionId, to }) => [sessionId, to]))
}

/** As many places as are wanted and free: the member of each, the least loaded first. */
function freePlaces(wanted: number, members: readonly PlacementMember[]): PlacementMember[] {
  const loads = [...members].sort(byId).map((member) => ({ member, weight: member.weight, sessions: member.sessions, room: member.room }))
  const places: PlacementMember[] = []
  while (places.length < wanted) {
    const next = least(
      loads.filter(({ room }) => room > 0),
      ({ sessions, weight }) => (sessions + 1) / weight,
    )
    if (next === undefined) break
    next.sessions += 1
    next.room -= 1
    places.push(next.member)
  }
  return places
}

/** How far a member may be from its fair share, as a part of that share. Less than one session is never too far. */
const TOLERANCE = 0.15

/** A session to hand over, and to whom. */
export interface Move {
  readonly sessionId: string
  readonly to: string
}

/**
 * Which sessions this member gives away so that all members run their fair share; none as long as nobody is far from it.
 *
 * All members make the same plan from the same counts: one session at a time goes from the member furthest above its share to the one
 * furthest below, until nobody is too far away. Each carries out its own part, so that together they give a newcomer what it should have,
 * and not more. Giving leaves nobody a whole session below its share, and taking nobody a whole one above, so no session comes back.
 *
 * @param sessions What may be given: stable sessions that were not moved lately. Those that were moved least are given first.
 * @param own How many sessions this member runs, without those that are on their way to others.
 * @param self The id of this member.
 * @param members All members, this one included.
 * @param limit How many are given at most.
 */
export function movesToBalance(sessions: readonly MovableSession[], own: number, self: string, members: readonly PlacementMember[], limit: number): Move[] {
  const leastMoved = [...sessions].sort((a, b) => a.moves - b.moves).slice(0, Math.max(0, limit))
  const loads = loadsWith(own, self, members)
  const moves: Move[] = []
  for (const { sessionId } of leastMoved) {
    const to = nextReceiverFrom(self, loads)
    if (to === null) break
    moves.push({ sessionId, to })
  }
  return moves
}

/** Whether {@link movesToBalance} would move any session: told by the counts alone. */
export function hasToGive(own: number, self: string, members: readonly PlacementMember[]): boolean {
  return nextReceiverFrom(self, loadsWith(own, self, members)) !== null
}

function loadsWith(own: number, self: string, members: readonly PlacementMember[]): Load[] {
  return loadsOf(members.map((member) => (member.id === self ? withSessions(member, own) : member)))
}

function withSessions(member: PlacementMember, sessions: number): PlacementMember {
  return { ...member, sessions, room: member.room + member.sessions - sessions }
}

/** What a member runs, and what would be fair. */
interface Load {
  readonly id: string
  readonly share: number
  sessions: number
}

/** Goes on with the plan until this member gives: to whom that session goes, or `null` when it gives none any more. */
function nextReceiverFrom(self: string, loads: readonly Load[]): string | null {
  while (loads.some((load) => load.id === self && load.sessions > load.share)) {
    const [above, below] = [loads.filter(({ sessions, share }) => sessions > share), loads.filter(({ sessions, share }) => sessions < share)]
    const [tooHigh, tooLow] = [above.filter(isTooFar), below.filter(isTooFar)]
    if (tooHigh.length === 0 && tooLow.length === 0) return null
    const from = least(tooHigh.length === 0 ? above : tooHigh, ({ sessions, share }) => -sessions / share)
    const to = least(tooLow.length === 0 ? below : tooLow, ({ sessions, share }) => sessions / share)
    if (from === undefined || to === undefined) return null
    from.sessions -= 1
    to.sessions += 1
    if (from.id === self) return to.id
  }
  return null
}

function isTooFar({ sessions, share }: Load): boolean {
  const distance = Math.abs(sessions - share)
  return distance >= 1 && distance > share * TOLERANCE
}

/**
 * The members that take sessions, with their shares by weight of all that are shared out: also of those that draining members still have.
 * What is more than a member can run is shared among the others.
 */
function loadsOf(members: readonly PlacementMember[]): Load[] {
  let left = members.filter(({ isOpen, isDraining }) => isOpen || isDraining).reduce((sum, { sessions }) => sum + sessions, 0)
  let sharing = members.filter(({ isOpen }) => isOpen).sort(byId)
  const loads: Load[] = []
  while (sharing.length > 0) {
    const perWeight = left / sharing.reduce((sum, { weight }) => sum + weight, 0)
    const isFull = ({ weight, sessions, room }: PlacementMember): boolean => sessions + room < weight * perWeight
    const full = sharing.filter(isFull)
    const done = full.length === 0 ? sharing : full
    loads.push(
      ...done.map((member) => ({ id: member.id, sessions: member.sessions, share: Math.min(member.sessions + member.room, member.weight * perWeight) })),
    )
    left -= full.reduce((sum, { sessions, room }) => sum + sessions + room, 0)
    sharing = sharing.filter((member) => !done.includes(member))
  }
  return loads
}

function canTake({ isOpen, room }: PlacementMember): boolean {
  return isOpen && room > 0
}

function byId(a: PlacementMember, b: PlacementMember): number {
  return a.id < b.id ? -1 : 1
}

/** The first item with the least measure. */
function least<Item>(items: readonly Item[], measure: (item: Item) => number): Item | undefined {
  let [found, foundMeasure] = [items[0], Infinity]
  for (const item of items) {
    const measured = measure(item)
    if (measured < foundMeasure) [found, foundMeasure] = [item, measured]
  }
  return found
}
