import { SessionError } from '../errors.js'

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
  if (sessionId.length > LONGEST_ID) throw invalid(`${sessionId.slice(0, 20)}...`, `it has ${sessionId.length} characters, and at most ${LONGEST_ID} are allowed`)
  if (UNUSABLE.test(sessionId)) throw invalid(JSON.stringify(sessionId).slice(1, -1), 'it holds control characters, or half of a character')
  return sessionId
}

function invalid(shown: string, problem: string): SessionError {
  return new SessionError('INVALID_SESSION_ID', `The session id "${shown}" cannot be used: ${problem}.`)
}
