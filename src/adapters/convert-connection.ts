import { SessionError } from '../errors.js'

/**
 * Turns a connection into what is stored, or back. What is stored, or is to be, may be no JSON, or no date; the message of the JSON parser
 * quotes what it found.
 */
export function convertConnection<Result>(sessionId: string | undefined, convert: () => Result): Result {
  try {
    return convert()
  } catch (error) {
    const why = error instanceof SyntaxError || !(error instanceof Error) ? 'it is not JSON' : error.message
    const which = sessionId === undefined ? 'a session' : `session "${sessionId}"`
    throw new SessionError('REPOSITORY_FAILED', `The stored connection of ${which} cannot be used: ${why}.`, { sessionId, cause: error })
  }
}
