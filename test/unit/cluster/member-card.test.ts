import { describe, expect, it } from 'vitest'
import { encodeCard, type MemberCard, parseCard } from '../../../src/cluster/member-card.js'

const card: MemberCard = { joinedAt: 1_700_000_000_000, address: 'http://10.0.0.7:3000', maxSessions: 250, takes: true, draining: true, ready: ['a', 'b'] }

/** A card as a process of another version wrote it. */
const written = (changes: Record<string, unknown>): MemberCard | null => parseCard(JSON.stringify({ ...card, ...changes }))

describe('the card of a member', () => {
  it('is read as it was written', () => {
    expect(parseCard(encodeCard(card))).toEqual(card)
    const plain: MemberCard = { joinedAt: 0, address: null, maxSessions: null, takes: false, draining: false, ready: [] }
    expect(parseCard(encodeCard(plain))).toEqual(plain)
  })

  it.each(['', 'null', '7', '"card"', '[]', '{"joinedAt":1', '\u0000'])('is null when the text is damaged: %j', (text) => {
    expect(parseCard(text)).toBeNull()
  })

  it('ignores what it does not know', () => {
    expect(written({ zone: 'b', ['__proto__']: 1 })).toEqual(card)
  })

  it('gives nothing to a process that did not say it takes any', () => {
    expect(parseCard('{}')).toEqual({ joinedAt: 0, address: null, maxSessions: null, takes: false, draining: false, ready: [] })
  })

  it.each([-1, 1.5, '250', {}, true])('takes a limit that it does not understand for none at all left: %j', (maxSessions) => {
    expect(written({ maxSessions })?.maxSessions).toBe(0)
  })

  it('leaves out what has the wrong type', () => {
    expect(written({ joinedAt: 'today', address: 7, takes: 'yes', draining: 1, ready: ['a', 7, null, 'b'] })).toEqual({
      joinedAt: 0,
      address: null,
      maxSessions: 250,
      takes: false,
      draining: false,
      ready: ['a', 'b'],
    })
    expect(written({ ready: 'a' })?.ready).toEqual([])
  })

  it('keeps the id of any session', () => {
    const ready = ['\u0000', '\ud800', '\ufeffid', '"', '__proto__', '🙂']
    const text = encodeCard({ ...card, ready })
    expect(parseCard(text)?.ready).toEqual(ready)
    // An engine may refuse these as text.
    expect(text).not.toContain('\u0000')
    expect(text.isWellFormed()).toBe(true)
  })
})
