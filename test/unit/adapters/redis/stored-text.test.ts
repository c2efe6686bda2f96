import { describe, expect, it } from 'vitest'
import { fromField, fromStored, toField, toStored } from '../../../../src/adapters/redis/stored-text.js'

const TEXTS = ['', 'a', '\0', '\u0001', '\u0001feff', 'a\u00010000b', '\ufeffmark', '\ufffd', '\ud83e', '\ud83e!', '\udd8a', '🦊', 'ü\u2028', ':', '3:abc']

describe('a text in Redis', () => {
  it.each(TEXTS)('comes back through UTF-8: %j', (text) => {
    const stored = toStored(text)
    expect(fromStored(Buffer.from(stored, 'utf8').toString('utf8'))).toBe(text)
  })

  it('stands as it is where nothing would be lost', () => {
    expect(toStored('{"a":"ü🦊\0"}')).toBe('{"a":"ü🦊\0"}')
  })

  it.each([Buffer.from([0xff, 0x61]).toString('utf8'), '\u0001zz', '\u0001'])('is found damaged when it was not made here: %j', (stored) => {
    expect(fromStored(stored)).toBeNull()
  })
})

describe('the field of a record', () => {
  const keys = TEXTS.flatMap((type) => TEXTS.map((id) => ({ type, id })))

  it('is its own for each', () => {
    expect(new Set(keys.map(toField)).size).toBe(keys.length)
    expect(keys.map(toField).map(fromField)).toEqual(keys)
  })

  it.each(['', 'creds', '9:short', ':x', 'x:y', '-1:y', '1e1:0123456789'])('is not taken for one when nobody made it: %j', (field) => {
    expect(fromField(field)).toBeNull()
  })
})
