import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromColumn, toColumn } from '../../../src/adapters/column-text.js'

const hostile = fc
  .array(fc.oneof(fc.constantFrom('\0', '\u0001', '0', 'a', '0000', 'd83e', '\ud83e', '\udd8a', '🦊', '\ufffd'), fc.string({ unit: 'binary' })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''))

it('every text comes back, and none is stored with what a database cannot keep', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const column = toColumn(text)
      expect(column).not.toMatch(/\0|\p{Surrogate}/u)
      expect(fromColumn(column)).toBe(text)
    }),
    { examples: [['\u00010000'], ['\u0001\u0001d83e'], ['\ud83e\ud83e\udd8a']] },
  )
})

it('two texts are stored as two', () => {
  fc.assert(
    fc.property(hostile, hostile, (a, b) => {
      expect(toColumn(a) === toColumn(b)).toBe(a === b)
    }),
  )
})

it('what is usual stands as it is, and what somebody else has written is left alone', () => {
  const json = '{"private":{"type":"Buffer","data":"AB+/=="},"text":"ü🦊\n"}'
  expect(toColumn(json)).toBe(json)
  expect(fromColumn('a\u0001zz')).toBe('a\u0001zz')
})
