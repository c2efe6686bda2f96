import { describe, expect, it } from 'vitest'
import { type Candidate, Rendezvous } from '../../../src/cluster/rendezvous.js'

const candidates = (...weights: number[]): Candidate[] => weights.map((weight, index) => ({ id: `member-${index}`, weight }))

/** Ids of one kind. */
const KINDS: Record<string, (index: number) => string> = {
  'numbers in a row': (index) => `${index}`,
  'phone numbers': (index) => `${15_550_000_000 + index}`,
  'a long common start': (index) => `${'tenant/'.repeat(30)}${index}`,
  'a long common end': (index) => `${index}${'/session'.repeat(30)}`,
  'one letter repeated': (index) => 'a'.repeat(index),
  'nothing but NUL': (index) => '\u0000'.repeat(index),
  'lone surrogates': (index) => String.fromCharCode(0xd800 + (index % 1024), 0xd800 + Math.floor(index / 1024)),
  'any UTF-16 unit': (index) => String.fromCharCode(index * 21),
}

/** How many of 3,000 keys each candidate gets. */
function counts(members: readonly Candidate[], idOf: (index: number) => string = (index) => `session-${index}`): number[] {
  const rendezvous = new Rendezvous(members)
  const chosen = Array.from({ length: 3000 }, (_, index) => rendezvous.choose(idOf(index))?.id)
  return members.map(({ id }) => chosen.filter((choice) => choice === id).length)
}

describe('a weighted rendezvous', () => {
  it('chooses nobody among none, and the only one', () => {
    expect(new Rendezvous([]).choose('a')).toBeNull()
    expect(new Rendezvous(candidates(0.001)).choose('')?.id).toBe('member-0')
  })

  it.each(Object.entries(KINDS))('shares evenly: %s', (_, idOf) => {
    for (const count of counts(candidates(1, 1, 1), idOf)) expect(Math.abs(count - 1000)).toBeLessThan(100)
  })

  it.each(Object.entries(KINDS))('shares evenly among members whose ids are %s', (_, idOf) => {
    const members = [1, 2, 3].map((index) => ({ id: idOf(index), weight: 1 }))
    for (const count of counts(members)) expect(Math.abs(count - 1000)).toBeLessThan(100)
  })

  it('shares by weight', () => {
    const [first = 0, second = 0, third = 0] = counts(candidates(1, 2, 1))
    expect(Math.abs(first - 750)).toBeLessThan(75)
    expect(Math.abs(second - 1500)).toBeLessThan(150)
    expect(Math.abs(third - 750)).toBeLessThan(75)
    expect(counts(candidates(250, 500, 250))).toEqual([first, second, third])
  })

  it('does not mind the order', () => {
    const members = candidates(3, 1, 2, 1)
    const [there, back] = [new Rendezvous(members), new Rendezvous([...members].reverse())]
    for (let index = 0; index < 500; index++) expect(there.choose(`${index}`)).toBe(back.choose(`${index}`))
  })

  it.each([
    ['one joins', candidates(1, 2, 1), candidates(1, 2, 1, 1), 'member-3'],
    ['one grows', candidates(1, 2, 1), candidates(1, 2, 3), 'member-2'],
  ])('draws keys only to that one when %s', (_, before, after, drawn) => {
    const [old, changed] = [new Rendezvous(before), new Rendezvous(after)]
    const choices = Array.from({ length: 1000 }, (__, index) => [old.choose(`${index}`)?.id, changed.choose(`${index}`)?.id] as const)
    const moved = choices.filter(([from, to]) => from !== to)
    expect(moved.length).toBeGreaterThan(100)
    expect(moved.filter(([, to]) => to !== drawn)).toEqual([])
  })

  it('changes the choice only for the keys of one that leaves, and spreads those', () => {
    const members = candidates(1, 1, 1, 1)
    const [old, changed] = [new Rendezvous(members), new Rendezvous(members.slice(1))]
    const choices = Array.from({ length: 1000 }, (_, index) => [old.choose(`${index}`)?.id, changed.choose(`${index}`)?.id] as const)
    expect(choices.filter(([from, to]) => from !== to && from !== 'member-0')).toEqual([])
    const spread = members.slice(1).map(({ id }) => choices.filter(([from, to]) => from === 'member-0' && to === id).length)
    expect(Math.min(...spread)).toBeGreaterThan(50)
  })

  it('gives the same answer in every version, because a fleet may hold two', () => {
    const rendezvous = new Rendezvous(candidates(1, 2, 1, 3))
    const chosen = ['a', 'b', 'session-1', '15550001111', '🙂', ''].map((key) => rendezvous.choose(key)?.id)
    expect(chosen).toEqual(['member-1', 'member-1', 'member-2', 'member-0', 'member-3', 'member-0'])
  })
})
