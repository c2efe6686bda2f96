import { describe, expect, it } from 'vitest'
import { requirePhoneNumber } from '../../../src/session/pairing-phone-number.js'

describe('requirePhoneNumber', () => {
  it.each([
    ['5511912345678', '5511912345678'], ['+55 (11) 91234-5678', '5511912345678'], ['49.151.000001', '49151000001'], ['1234567', '1234567'], ['123456789012345', '123456789012345'],
  ])('reads %s', (given, digits) => {
    expect(requirePhoneNumber(given)).toBe(digits)
  })

  it.each(['', 'abc', '0151234567', '+0049151', '123456', '1234567890123456', '4915x1234567', '٤٩١٥١٢٣٤٥٦٧', '49151000001@s.whatsapp.net', undefined, null, 5511912345678, {}])('refuses %s', (given) => {
    expect(() => requirePhoneNumber(given)).toThrow(TypeError)
    expect(() => requirePhoneNumber(given)).toThrow(/international form/)
  })
})
