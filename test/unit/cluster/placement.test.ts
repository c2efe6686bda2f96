import { describe, expect, it } from 'vitest'
import { type MovableSession, movesToBalance, type PlacementMember, placementMembers, successorsOf, takerOf } from '../../../src/cluster/placement.js'

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `session-${index}`)

/** Members with these properties, named a, b, c …, that joined in this order. */
function members(...of: Partial<PlacementMember>[]): PlacementMember[] {
  return of.map((member, index) => ({
    id: String.fromCharCode(97 + index),
    weight: 1,
    sessions: 0,
    room: Infinity,
    joinedAt: index,
    isOpen: true,
    isDraining: false,
    ...member,
  }))
}

function movable(count: number, moves: (index: number) => number = () => 0): MovableSession[] {
  return ids(count).map((sessionId, index) => ({ sessionId, moves: moves(index) }))
}

/** How many there are of each text. */
function tally(texts: Iterable<string | null>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) counts[text ?? 'nobody'] = (counts[text ?? 'nobody'] ?? 0) + 1
  return counts
}

describe('placementMembers', () => {
  const card = { joinedAt: 5, address: null, maxSessions: null, takes: true, draining: false, ready: [] }
  const of = (...cards: Partial<typeof card | { maxSessions: number }>[]): PlacementMember[] =>
    placementMembers(cards.map((changes, index) => ({ id: `${index}`, card: { ...card, ...changes }, sessions: 10 })))

  it('weighs by the limits, and by their mean where there is none', () => {
    expect(of({}, {}).map(({ weight }) => weight)).toEqual([1, 1])
    expect(of({ maxSessions: 100 }, { maxSessions: 300 }, {}).map(({ weight }) => weight)).toEqual([100, 300, 200])
    // One that runs no sessions says nothing about how many the others run.
    expect(of({ maxSessions: 100 }, { maxSessions: 0 }, {}).map(({ weight }) => weight)).toEqual([100, 0, 100])
  })

  it('leaves room up to the limit', () => {
    expect(of({ maxSessions: 100 }, { maxSessions: 10 }, { maxSessions: 5 }, {}).map(({ room }) => room)).toEqual([90, 0, 0, Infinity])
  })

  it('is open while it takes sessions, does not drain, and may run any', () => {
    expect(of({}, { takes: false }, { draining: true }, { maxSessions: 0 }, { maxSessions: 10 }).map(({ isOpen }) => isOpen)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
    expect(of({ draining: true }, {}).map(({ isDraining }) => isDraining)).toEqual([true, false])
  })
})

describe('takerOf', () => {
  it('shares 1,000 sessions over three equal members', () => {
    const three = members({}, {}, {})
    for (const count of Object.values(tally(ids(1000).map((id) => takerOf(id, three))))) expect(Math.abs(count - 333)).toBeLessThanOrEqual(50)
  })

  it('asks only members that are open and have room', () => {
    const some = members({ isOpen: false }, { room: 0 }, {}, { isOpen: false, isDraining: true })
    expect(tally(ids(100).map((id) => takerOf(id, some)))).toEqual({ c: 100 })
    expect(takerOf('session', some.slice(0, 2))).toBeNull()
    expect(takerOf('session', [])).toBeNull()
  })

  it('fills exactly what there is room for', () => {
    const held = new Map<string, string>()
    const now = (): PlacementMember[] => members(...['a', 'b', 'c'].map((id) => ({ weight: 250, room: 250 - (tally(held.values())[id] ?? 0) })))
    const rounds: number[] = []
    for (let isNew = true; isNew;) {
      const before = held.size
      const current = now()
      const orphans = ids(1000).filter((id) => !held.has(id))
      // Each takes what is its own, as far as it has room.
      for (const { id, room } of current) {
        for (const orphan of orphans.filter((one) => takerOf(one, current) === id).slice(0, room)) held.set(orphan, id)
      }
      isNew = held.size > before
      rounds.push(held.size)
    }
    expect(tally(held.values())).toEqual({ a: 250, b: 250, c: 250 })
    expect(rounds.length).toBeLessThan(10)
    expect(tally(ids(1000).map((id) => takerOf(id, now())))).toEqual({ nobody: 1000 })
  })

  it('gives to a newcomer what has no room elsewhere', () => {
    const some = members({ room: 0 }, { room: 0 }, { weight: 250, room: 250 })
    expect(tally(ids(250).map((id) => takerOf(id, some)))).toEqual({ c: 250 })
  })
})

describe('successorsOf', () => {
  it('fills up the least loaded first, by weight', () => {
    const some = members({ sessions: 40 }, { sessions: 10 }, { sessions: 0 }, { sessions: 20, weight: 2 })
    // Levels at the end: b 20, c 20, d 20 for each of its two parts.
    expect(tally(successorsOf(movable(50), 'a', some).values())).toEqual({ b: 10, c: 20, d: 20 })
  })

  it('keeps within the room, and leaves out what has no place', () => {
    const some = members({ sessions: 40 }, { room: 3 }, { room: 5 }, { isOpen: false }, { isOpen: false, isDraining: true })
    const places = successorsOf(movable(40), 'a', some)
    expect(tally(places.values())).toEqual({ b: 3, c: 5 })
    expect(new Set(places.keys()).size).toBe(8)
    expect(successorsOf(movable(40), 'a', some.slice(0, 1)).size).toBe(0)
  })

  it('gives a member nothing back', () => {
    expect(tally(successorsOf(movable(10), 'a', members({}, { sessions: 1000 })).values())).toEqual({ b: 10 })
  })

  it('brings the sessions that moved most to the member that joined last', () => {
    const some = members({ sessions: 6 }, { joinedAt: 30 }, { joinedAt: 10 }, { joinedAt: 20 })
    const places = successorsOf(
      movable(6, (index) => index % 3),
      'a',
      some,
    )
    // Moves 0, 1, 2, 0, 1, 2.
    expect(Object.fromEntries(places)).toEqual({ 'session-2': 'b', 'session-5': 'b', 'session-1': 'd', 'session-4': 'd', 'session-0': 'c', 'session-3': 'c' })
  })

  it('hands over to all successors by turns', () => {
    expect([...successorsOf(movable(6), 'a', members({}, {}, {}, {})).values()].join('')).toBe('bcdbcd')
  })
})

describe('movesToBalance', () => {
  /** What a gives, of as many sessions as it has. */
  function given(some: PlacementMember[], limit = Infinity): Record<string, number> {
    const own = some[0]?.sessions ?? 0
    return tally(movesToBalance(movable(own), own, 'a', some, limit).map(({ to }) => to))
  }

  it('gives to a newcomer until nobody is far from its share', () => {
    expect(given(members({ sessions: 100 }, { sessions: 100 }, {}))).toEqual({ c: 29 })
    expect(given(members({ sessions: 100 }, { sessions: 100 }, {}), 3)).toEqual({ c: 3 })
    expect(given(members({ sessions: 100 }, { sessions: 100 }, {}), 0)).toEqual({})
  })

  it.each([
    ['within 15 %', members({ sessions: 115 }, { sessions: 85 })],
    ['less than a session above', members({ sessions: 2 }, { sessions: 1 })],
    ['alone', members({ sessions: 100 })],
    ['below its share', members({ sessions: 10 }, { sessions: 100 })],
    ['one that takes no sessions', members({ sessions: 100, isOpen: false }, {})],
    ['the only one with room', members({ sessions: 100 }, { sessions: 10, room: 0 })],
  ])('gives nothing when it is %s', (_, some) => {
    expect(given(some)).toEqual({})
  })

  it('gives nothing when it is not known', () => {
    expect(movesToBalance(movable(100), 100, 'z', members({}, {}), 5)).toEqual([])
  })

  it('fills a newcomer among many, of whom nobody is far above its share', () => {
    const eleven = members(...Array.from({ length: 10 }, () => ({ sessions: 110 })), {})
    expect(given(eleven)).toEqual({ k: 9 })
    const hundred = members(...Array.from({ length: 100 }, () => ({ sessions: 10 })), {}).map((member, index) => ({
      ...member,
      id: index === 0 ? 'a' : `m${index}`,
    }))
    expect(given(hundred)).toEqual({ m100: 1 })
  })

  it('gives to one that is far below its share before one that lacks a part of a session', () => {
    const some = members({ weight: 100, sessions: 112 }, { weight: 100, sessions: 112 }, { weight: 100, sessions: 77 }, { weight: 0.5 })
    expect(given(some)).toEqual({ c: 5 })
  })

  it('gives the sessions that moved least first', () => {
    const some = members({ sessions: 10 }, {})
    const sessions = movable(10, (index) => (index < 8 ? 1 : 0))
    expect(movesToBalance(sessions, 10, 'a', some, 3).map(({ sessionId }) => sessionId)).toEqual(['session-8', 'session-9', 'session-0'])
  })

  it('gives only what may be moved', () => {
    expect(movesToBalance(movable(2), 100, 'a', members({ sessions: 100 }, {}), 50)).toHaveLength(2)
  })

  it('goes by its own count, not by what the others see', () => {
    expect(movesToBalance(movable(100), 50, 'a', members({ sessions: 100 }, { sessions: 50 }), 50)).toEqual([])
  })

  it('shares by weight', () => {
    expect(given(members({ sessions: 100 }, { sessions: 100, weight: 2 }, { sessions: 100, weight: 1 }))).toEqual({ b: 14 })
    expect(given(members({ sessions: 100, weight: 2 }, { sessions: 50 }))).toEqual({})
  })

  it('shares among the others what is too much for one', () => {
    // Shares 95, 95 and 10; a third each would be 67.
    expect(given(members({ sessions: 95 }, { sessions: 95 }, { sessions: 10, room: 0 }))).toEqual({})
    expect(given(members({ sessions: 150 }, { sessions: 45 }, { sessions: 5, room: 5 }))).toEqual({ b: 37, c: 4 })
  })

  it('leaves a place for what draining members still have, but not for what others keep', () => {
    const full = { sessions: 100 }
    expect(given(members(full, full, full, { sessions: 100, isOpen: false, isDraining: true }, {}))).toEqual({})
    expect(given(members({ sessions: 10 }, {}, { sessions: 1000, isOpen: false }))).toEqual({ b: 5 })
  })
})
