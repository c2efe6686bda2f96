/**
 * The digits of a phone number to pair with: international form, with or without `+`, spaces, dashes, dots or brackets.
 * Throws `TypeError` for anything else.
 */
export function requirePhoneNumber(phoneNumber: unknown): string {
  const digits = typeof phoneNumber === 'string' ? phoneNumber.replace(/[\s().+-]/g, '') : ''
  if (!/^[1-9]\d{6,14}$/.test(digits)) {
    throw new TypeError('A phone number must be in international form: country code and number, 7 to 15 digits, such as "5511912345678".')
  }
  return digits
}
