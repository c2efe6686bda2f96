import { describe, expect, it } from 'vitest'
import type { PlacementMember } from '../../../src/cluster/placement.js'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.js'
import { SimulatedMembers } from './simulated-members.js'

const FLEETS = 30

/** Members with any loads and limits. All that they run finds a place. */
function anyFleet(random: SeededRandom): SimulatedMembers {
  const fleet = new SimulatedMembers()
  const count = 2 + random.below(12)
  for (let index = 0; index < count; index++) {
    const sessions = random.pick([0, random.below(5), random.below(50), random.below(200)])
    fleet.join(sessions, { maxSessions: random.pick([null, null, sessions + 1 + random.below(200)]) })
  }
  return fleet
}

/** The shares of all, found otherwise than in the source: the level at which vessels of these widths and heights hold it all. */
function sharesOf(members: readonly PlacementMember[]): number[] {
  const total = members.reduce((sum, { sessions }) => sum + sessions, 0)
  const at = (level: number): number[] => members.map(({ weight, sessions, room }) => Math.min(weight * level, sessions + room))
  let [low, high] = [0, total + 1]
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2
    if (at(middle).reduce((sum, share) => sum + share, 0) < total) low = middle
    else high = middle
  }
  return at(high)
}

/** By how much more than it may a member is away from its share; at most 0 is near enough. */
function farthest(members: readonly PlacementMember[]): number {
  const shares = sharesOf(members)
  return Math.max(...members.map(({ sessions }, index) => Math.abs(sessions - (shares[index] ?? 0)) - Math.max(1, 0.15 * (shares[index] ?? 0))))
}

/** How many sessions must move so that nobody is above its share. */
function imbalance(members: readonly PlacementMember[]): number {
  const shares = sharesOf(members)
  return members.reduce((sum, { sessions }, index) => sum + Math.max(0, Math.ceil(sessions - (shares[index] ?? 0) - 1e-6)), 0)
}

/** In which order the members give. A round returns how many sessions it moved. */
const ROUNDS: Record<string, (fleet: SimulatedMembers, limit: number) => number> = {
  'one after the other': (fleet, limit) => fleet.members.flatMap((member) => fleet.balance(member, limit)).length,
  'all at once': (fleet, limit) => [...fleet.balanceAtOnce(limit).values()].flat().length,
}

/** Each member knows the counts of some rounds ago, and what it has given since. */
class LateNews {
  /** How many rounds ago. */
  readonly delay: number
  readonly #fleet: SimulatedMembers
  readonly #counts: PlacementMember[][] = []
  readonly #given: Map<string, string[]>[] = []

  constructor(fleet: SimulatedMembers, delay: number) {
    this.#fleet = fleet
    this.delay = delay
  }

  /** A round of all at once. Returns how many sessions it moved. */
  round(limit: number): number {
    const counts = [...this.#counts, this.#fleet.placement()].slice(-1 - this.delay)
    this.#counts.splice(0, Infinity, ...counts)
    const since = this.#given.slice(this.#given.length - counts.length + 1)
    const given = this.#fleet.balanceAtOnce(limit, ({ id }) => {
      const own = since.flatMap((round) => round.get(id) ?? [])
      return (counts[0] ?? []).map((member) => withMore(member, own.filter((to) => to === member.id).length))
    })
    this.#given.push(given)
    return [...given.values()].flat().length
  }
}

function withMore(member: PlacementMember, more: number): PlacementMember {
  return { ...member, sessions: member.sessions + more, room: member.room - more }
}

describe('movesToBalance, round after round', () => {
  it.each(Object.entries(ROUNDS))('ends near the shares of all, and moves no session twice: %s', (_, round) => {
    const random = seededRandom()
    for (let index = 0; index < FLEETS; index++) {
      const fleet = anyFleet(random)
      const message = `SEED=${random.seed}, fleet ${index}: ${JSON.stringify(fleet.placement())}`
      const bound = imbalance(fleet.placement())
      const limit = random.pick([1, 1 + random.below(20), Infinity])
      while (round(fleet, limit) > 0) expect(fleet.handOvers, message).toBeLessThanOrEqual(bound)
      expect(farthest(fleet.placement()), message).toBeLessThan(1e-6)
      expect(fleet.mostMoves(), message).toBeLessThanOrEqual(1)
    }
  })

  it('ends also when each sees late what the others gave, and hardly moves a session twice', () => {
    const random = seededRandom()
    let [handOvers, twice] = [0, 0]
    for (let index = 0; index < FLEETS; index++) {
      const fleet = anyFleet(random)
      const message = `SEED=${random.seed}, fleet ${index}: ${JSON.stringify(fleet.placement())}`
      const news = new LateNews(fleet, 1 + random.below(3))
      const limit = 1 + random.below(5)
      for (let quiet = 0; quiet <= news.delay;) quiet = news.round(limit) > 0 ? 0 : quiet + 1
      expect(farthest(fleet.placement()), message).toBeLessThan(1)
      handOvers += fleet.handOvers
      twice += fleet.members.flatMap(({ sessions }) => [...sessions.values()]).filter((moves) => moves > 1).length
    }
    expect(twice, `SEED=${random.seed}`).toBeLessThan(handOvers / 100)
  })
})
