import { expect, it } from 'vitest'
import { countryOf, writtenNumber } from '../../examples/express/public/country-codes.js'

it.each([
  ['5511912345678', { code: '55', region: 'BR' }, '+55 11 91234-5678'],
  ['551132345678', { code: '55', region: 'BR' }, '+55 11 3234-5678'],
  ['351912345678', { code: '351', region: 'PT' }, '+351 912345678'],
  ['525512345678', { code: '52', region: 'MX' }, '+52 5512345678'],
  ['12025550123', null, '+12025550123'],
])('%s begins with its country code, and is written for people', (digits, country, written) => {
  expect(countryOf(digits)).toEqual(country)
  expect(writtenNumber(digits)).toBe(written)
})
