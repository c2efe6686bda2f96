import { expect, it } from 'vitest'
import { phoneNumberDigits } from '../../examples/express/public/phone-number.js'
import { PHONE_NUMBERS, WRONG_PHONE_NUMBERS } from '../support/phone-numbers.js'

it.each(PHONE_NUMBERS)('the console reads %s as the library does', (written, digits) => {
  expect(phoneNumberDigits(written)).toBe(digits)
})

it.each(WRONG_PHONE_NUMBERS)('the console refuses %s as the library does', (written) => {
  expect(phoneNumberDigits(written)).toBeNull()
})
