import { describe, expect, it } from 'vitest'
import { requirePhoneNumber } from '../../../src/session/session-arguments.js'
import { PHONE_NUMBERS, WRONG_PHONE_NUMBERS } from '../../support/phone-numbers.js'

describe('requirePhoneNumber', () => {
  it.each(PHONE_NUMBERS)('reads %s', (written, digits) => {
    expect(requirePhoneNumber(written)).toBe(digits)
  })

  it.each([...WRONG_PHONE_NUMBERS, undefined, null, 5511912345678, {}])('refuses %s, with an example', (given) => {
    expect(() => requirePhoneNumber(given)).toThrow(TypeError)
    expect(() => requirePhoneNumber(given)).toThrow(/^A phone number must be in international form, such as "5511912345678"/u)
  })
})
