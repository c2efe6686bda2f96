import { describe, expect, it } from 'vitest'
import { SimulatedMembers } from './simulated-members.js'

/** As many as four processes with 100 sessions each may have on their way at once. */
const AT_ONCE = 4

function balance(fleet: SimulatedMembers): void {
  while ([...fleet.balanceAtOnce(AT_ONCE).values()].flat().length > 0);
}

/** Replaces four members with 100 sessions each, one after the other. */
function restart({ isNewFirst, waits }: { isNewFirst: boolean; waits: boolean }): SimulatedMembers {
  const fleet = new SimulatedMembers()
  const old = Array.from({ length: 4 }, () => fleet.join(100))
  for (const member of old) {
    if (isNewFirst) fleet.join()
    if (waits) balance(fleet)
    // The others do not stand still while it drains.
    while (fleet.drain(member, AT_ONCE)) fleet.balanceAtOnce(AT_ONCE)
    fleet.leave(member)
    if (!isNewFirst) fleet.join()
  }
  balance(fleet)
  return fleet
}

describe('a rolling restart', () => {
  it.each([
    { isNewFirst: true, waits: true },
    { isNewFirst: true, waits: false },
    { isNewFirst: false, waits: true },
    { isNewFirst: false, waits: false },
  ])('moves no session more than twice, loses none, and ends in balance: %j', (order) => {
    const fleet = restart(order)
    const sizes = fleet.members.map(({ sessions }) => sessions.size)
    expect(fleet.members.map(({ id }) => id)).toEqual(['member-5', 'member-6', 'member-7', 'member-8'])
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(400)
    expect(new Set(fleet.members.flatMap(({ sessions }) => [...sessions.keys()])).size).toBe(400)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(115)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(85)
    expect(fleet.mostMoves()).toBeLessThanOrEqual(2)
  })

  it('moves each session once when the new process gets its sessions from the old one', () => {
    expect(restart({ isNewFirst: true, waits: false }).handOvers).toBe(400)
  })
})
