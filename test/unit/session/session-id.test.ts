import { describe, expect, it } from 'vitest'
import { requireSessionId } from '../../../src/session/session-arguments.js'

describe('invariant 14: requireSessionId', () => {
  it.each([
    'a',
    'shop-1',
    '../x',
    'a/b',
    'a__b',
    'CON',
    'con',
    '.',
    '..',
    '%2e',
    '🦊',
    'é',
    'e\u0301',
    ' ',
    'a b',
    'x'.repeat(128),
    '__proto__',
    'constructor',
    '-1',
    "'; DROP TABLE",
  ])('takes %j as data', (sessionId) => {
    expect(requireSessionId(sessionId)).toBe(sessionId)
  })

  it.each<[sessionId: string, problem: RegExp]>([
    ['', /it is empty/],
    ['x'.repeat(129), /129 characters, but at most 128/],
    ['x'.repeat(300), /300 characters/],
    ['a\nb', /control characters/],
    ['a\u0000', /control characters/],
    ['\u007F', /control characters/],
    ['\uD83E', /half of a character/],
  ])('refuses %j, and says why', (sessionId, problem) => {
    expect(() => requireSessionId(sessionId)).toThrow(expect.objectContaining({ code: 'INVALID_SESSION_ID', message: expect.stringMatching(problem) }))
  })

  it('does not repeat a long id in full', () => {
    expect(() => requireSessionId('x'.repeat(1_000_000))).toThrow(/^.{1,120}$/)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [7, 'number'],
    [{}, 'object'],
    [Symbol('a'), 'symbol'],
  ])('%s is no text', (sessionId, name) => {
    expect(() => requireSessionId(sessionId)).toThrow(new TypeError(`A session id must be a string, but is ${name}.`))
  })
})
