import { SessionError } from '../errors.js'

/** Digits, and what people put between them. */
const WRITTEN = /^\+?[\d\s().\-/\u00a0\u2010-\u2015]+$/u

/** Longer ids do not fit into a file name once they are escaped. */
const LONGEST_ID = 128

// Control characters and lone surrogates: no store keeps all of them apart.
const UNUSABLE = /[\p{Cc}\p{Cs}]/u

/**
 * Checks an id at the edge: text of 1 to 128 characters without control characters or half surrogate pairs. Everything else is data,
 * and the store keeps it apart. Throws `TypeError` when it is no text, and `INVALID_SESSION_ID` otherwise.
 */
export function requireSessionId(sessionId: unknown): string {
  if (typeof sessionId !== 'string') throw new TypeError(`A session id must be a string, but is ${sessionId === null ? 'null' : typeof sessionId}.`)
  if (sessionId === '') throw invalid(sessionId, 'it is empty')
  if (sessionId.length > LONGEST_ID)
    throw invalid(`${sessionId.slice(0, 20)}...`, `it has ${sessionId.length} characters, but at most ${LONGEST_ID} are allowed`)
  if (UNUSABLE.test(sessionId)) throw invalid(JSON.stringify(sessionId).slice(1, -1), 'it contains control characters, or half of a character')
  return sessionId
}

function invalid(shown: string, problem: string): SessionError {
  return new SessionError('INVALID_SESSION_ID', `The session id "${shown}" is invalid: ${problem}.`)
}

/**
 * The digits of a phone number to pair with: digits with the country code, or `+` and then digits, spaces and punctuation. Throws
 * `TypeError` for what cannot be such a number: fewer than 8 or more than 15 digits; a text without `+` that begins with `(` or `0`, as a
 * number within a country does; digits that begin with 0, 10 or 11, which no country code does.
 */
export function requirePhoneNumber(phoneNumber: unknown): string {
  if (typeof phoneNumber !== 'string') throw notInternational('this is not a string')
  const text = phoneNumber.trim()
  const digits = text.replace(/\D/gu, '')
  if (!WRITTEN.test(text)) throw notInternational('only spaces and punctuation are allowed between digits')
  if (digits.length < 8 || digits.length > 15) throw notInternational(`it must have 8 to 15 digits, but has ${digits.length}`)
  if (/^[(0]/u.test(text) || /^(?:0|10|11)/u.test(digits)) throw notInternational('this does not begin with a country code')
  return digits
}

function notInternational(problem: string): TypeError {
  return new TypeError(`A phone number must be in international form, such as "5511912345678" or "+55 11 91234-5678": ${problem}.`)
}
