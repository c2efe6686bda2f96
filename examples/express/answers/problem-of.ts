import { isSessionError } from 'baileys-sessions'
import { Problem } from './problem.js'
import { SESSION_ERROR_ANSWERS } from './session-error-answers.js'

/** Any error as the answer that a client gets. An unexpected error is a 500 without details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isSessionError(error)) {
    const { status, code, message = error.message } = SESSION_ERROR_ANSWERS[error.code]
    return new Problem(status, code, message)
  }
  return refusalOfFramework(error) ?? new Problem(500, 'internal', 'Something went wrong on the server. The log has the cause.')
}

/** What Express, Fastify and their plugins refuse before a route runs. We do not pass on their messages, because some quote the request. */
function refusalOfFramework(error: unknown): Problem | null {
  switch (statusOf(error)) {
    case 400:
      return isAboutJson(error)
        ? new Problem(400, 'invalid_json', 'The body is not valid JSON.')
        : new Problem(400, 'bad_request', 'The request cannot be understood.')
    case 403:
      return new Problem(403, 'forbidden', 'The header x-csrf-token is missing or wrong. GET /api/me tells it.')
    case 412:
      return new Problem(412, 'precondition_failed', 'What is here is not what the request is about.')
    case 413:
      return new Problem(413, 'payload_too_large', 'The body is larger than 16 kB.')
    case 415:
      return new Problem(415, 'unsupported_media_type', 'A body must be JSON in UTF-8: content-type: application/json.')
    case 416:
      return new Problem(416, 'range_not_satisfiable', 'There is no such part of it.')
    case 429:
      return new Problem(429, 'rate_limited', 'Too many attempts. Wait as long as the header retry-after says.')
    default:
      return null
  }
}

function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('statusCode' in error)) return null
  return typeof error.statusCode === 'number' ? error.statusCode : null
}

function isAboutJson(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && 'code' in error && String(error.code).includes('JSON_BODY'))
}
