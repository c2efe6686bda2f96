import { maskNumber } from './terminal-text.js'

/** As long as phone numbers are. */
const NUMBER = /\d{8,}/gu

/** Masks what may be a phone number in a text of elsewhere: ids of records hold them. What the caller typed is no news. */
export function maskNumbersIn(text: string, typed: readonly string[]): string {
  return text.replace(NUMBER, digits => typed.some(argument => argument.includes(digits)) ? digits : maskNumber(digits))
}
