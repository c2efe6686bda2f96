import { describe, expect, it } from 'vitest'
import {
  changedLocks,
  formatPosition,
  heldLocks,
  type MemberPosition,
  newestPosition,
  parsePosition,
} from '../../../../src/adapters/filesystem/member-changes.js'
import { formatMember, type MemberLock, type MemberRecord, parseMember } from '../../../../src/adapters/filesystem/member-record.js'

const held = (token: number, revision: number, note: string | null = null): MemberLock => ({ token, revision, note, endedAt: null })
const ended = (token: number, revision: number): MemberLock => ({ token, revision, note: null, endedAt: 1 })

function member(locks: Record<string, MemberLock>, entered: string | null = 'here'): MemberRecord {
  const entries = new Map(Object.entries(locks))
  return { holder: '{}', entered, revision: Math.max(0, ...[...entries.values()].map(({ revision }) => revision)), locks: entries }
}

function since(revisions: Record<string, number>): MemberPosition {
  return { inode: '1', revisions: new Map(Object.entries(revisions)) }
}

describe('what changed in the files of members', () => {
  it('is what has a later revision than was told, in each file by itself', () => {
    const members = new Map([
      ['one', member({ old: held(1, 3), new: held(2, 5), given: ended(3, 6) })],
      ['two', member({ other: held(1, 4, 'noted') })],
    ])
    expect(changedLocks(members, since({ one: 4, two: 4 }))).toEqual([
      { sessionId: 'new', nonce: 'one', note: null },
      { sessionId: 'given', nonce: null, note: null },
    ])
    expect(changedLocks(members, since({ one: 6, two: 3 }))).toEqual([{ sessionId: 'other', nonce: 'two', note: 'noted' }])
    expect(changedLocks(members, newestPosition('1', members))).toEqual([])
  })

  it.each([
    ['gave it back later than the next one took it', ended(1, 9)],
    ['believes that it has it', held(1, 9, 'old')],
  ])('is told of the highest token, also when a former holder %s', (_, former) => {
    const members = new Map([
      ['next', member({ a: held(2, 1, 'new') })],
      ['former', member({ a: former })],
    ])
    const told = [{ sessionId: 'a', nonce: 'next', note: 'new' }]
    expect(changedLocks(members, since({ next: 1, former: 8 }))).toEqual(told)
    expect(heldLocks(members)).toEqual(told)
  })

  it('is everything in a file that is new, and in one that counts from anew', () => {
    const members = new Map([['one', member({ a: held(1, 2), b: ended(1, 3) })]])
    const all = [
      { sessionId: 'a', nonce: 'one', note: null },
      { sessionId: 'b', nonce: null, note: null },
    ]
    expect(changedLocks(members, since({ other: 7 }))).toEqual(all)
    expect(changedLocks(members, since({ one: 7 }))).toEqual(all)
  })

  it('begins with what is held', () => {
    expect(heldLocks(new Map([['one', member({ a: held(1, 2), b: ended(1, 3) })]]))).toEqual([{ sessionId: 'a', nonce: 'one', note: null }])
  })
})

describe('a position', () => {
  it('comes back as it was', () => {
    const position = since({ one: 4, two: 0 })
    expect(parsePosition(formatPosition(position))).toEqual(position)
  })

  it.each(['', '{}', '[]', '[1]', '["1",["one"]]', '["1",[1,1]]'])('is not read from %s', (text) => {
    expect(parsePosition(text)).toBeNull()
  })
})

describe('the file of a member', () => {
  it.each([null, '', 'here'])('comes back as it was, with %j announced', (entered) => {
    const record = member({ '\ud83e__proto__': held(1, 2, 'noted'), b: ended(2, 3) }, entered)
    expect(parseMember(formatMember(record))).toEqual(record)
  })

  it.each([
    '',
    'null',
    '[]',
    '{"holder":"{}"}',
    '{"holder":"{}","entered":1,"revision":1,"locks":[]}',
    '{"holder":"{}","entered":null,"revision":"1","locks":[]}',
    '{"holder":"{}","entered":null,"revision":1,"locks":{}}',
    '{"holder":"{}","entered":null,"revision":1,"locks":[["a",1,1,2,null]]}',
    '{"holder":"{}","entered":null,"revision":1,"locks":[{}]}',
  ])('is damaged when it says %s', (text) => {
    expect(parseMember(text)).toBeNull()
  })
})
