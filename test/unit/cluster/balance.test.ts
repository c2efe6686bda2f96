import { describe, expect, it } from 'vitest'
import type { PlacementMember } from '../../../src/cluster/placement.js'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.js'
import { SimulatedMembers } from './simulated-members.js'

const FLEETS = 300

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

/** In which order, and with which counts of the others, the members give. Each returns how many sessions one round moved. */
const WAYS: Record<string, (fleet: SimulatedMembers, random: SeededRandom) => () => number> = {
  'one after the other': (fleet, random) => {
    const limit = 1 + random.below(20)
    return () => fleet.members.map((member) => fleet.balance(member, { limit })).reduce((sum, given) => sum + given, 0)
  },
  'all at once, by the same counts': (fleet, random) => {
    const limit = 1 + random.below(20)
    return () => fleet.balanceAtOnce(limit)
  },
  'all at once, without a limit': (fleet) => () => fleet.balanceAtOnce(Infinity),
}

describe('movesToBalance, round after round', () => {
  it.each(Object.entries(WAYS))('ends, near the shares of all, and moves no session twice: %s', (_, prepare) => {
    const random = seededRandom()
    for (let index = 0; index < FLEETS; index++) {
      const fleet = anyFleet(random)
      const message = `SEED=${random.seed}, fleet ${index}: ${JSON.stringify(fleet.placement())}`
      const bound = imbalance(fleet.placement())
      const round = prepare(fleet, random)
      while (round() > 0) expect(fleet.handOvers, message).toBeLessThanOrEqual(bound)
      expect(farthest(fleet.placement()), message).toBeLessThan(1e-6)
      expect(fleet.mostMoves(), message).toBeLessThanOrEqual(1)
    }
  })
})
