/** Digits, and what people put between them. */
const WRITTEN = /^\+?[\d\s().\-/\u00a0\u2010-\u2015]+$/u

/**
 * The digits of a number with its country code, or `null` if it has none: the rule of `requestPairingCode`. A test keeps the two in step.
 * @param {string} written
 */
export function phoneNumberDigits(written) {
  const text = written.trim()
  const digits = text.replaceAll(/\D/gu, '')
  const lacksCountry = /^[(0]/u.test(text) || /^(?:0|10|11)/u.test(digits)
  return WRITTEN.test(text) && digits.length >= 8 && digits.length <= 15 && !lacksCountry ? digits : null
}
