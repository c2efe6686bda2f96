import { isSessionError, SessionError } from '../errors.js'

/** How much of a message of a store is passed on. */
const LONGEST_MESSAGE = 200

/** The error of a store call that did not answer in time. */
export function storeTimeout(sessionId: string, verb: string, timeoutMs: number): SessionError {
  return new SessionError(
    'STORE_TIMEOUT',
    `The store did not answer a ${verb} of session "${sessionId}" within ${timeoutMs} ms. It is unknown whether it succeeded. The library tries again.`,
    { sessionId },
  )
}

/** Some database layers add what was to be written to their messages: keys, that is. */
function briefly(message: string): string {
  const [firstLine = ''] = message.split('\n', 1)
  return firstLine.length > LONGEST_MESSAGE ? `${firstLine.slice(0, LONGEST_MESSAGE)}…` : firstLine
}

/** Any failure of a store as a `SessionError`; what is not one already counts as "could not be reached". */
export function asStoreError(sessionId: string | undefined, cause: unknown): SessionError {
  if (isSessionError(cause)) return cause
  const message = briefly(cause instanceof Error ? cause.message : String(cause))
  const what = sessionId === undefined ? 'The store' : `The store of session "${sessionId}"`
  return new SessionError('STORE_UNAVAILABLE', `${what} failed: ${message}`, { sessionId, cause })
}
