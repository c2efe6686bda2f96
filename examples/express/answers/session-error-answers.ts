import type { SessionErrorCode } from 'baileys-sessions'

/** How to answer an error of the library. */
export interface SessionErrorAnswer {
  status: number
  code: string
  /** What to say instead of the error's own message, if that reveals internals of the server. */
  message?: string
}

const STORAGE_SENTENCE = 'The storage is not responding. Nothing is lost. Try again in a moment.'
const OPERATOR_SENTENCE = 'The server cannot do this. The log has the cause.'

/** The one table that maps the library's errors to HTTP. */
export const SESSION_ERROR_ANSWERS: Readonly<Record<SessionErrorCode, SessionErrorAnswer>> = {
  INVALID_SESSION_ID: {
    status: 400,
    code: 'invalid_company_id',
    message:
      'This company_id is invalid: it must have 1 to 128 characters without control characters, and differ from others by more than upper and lower case.',
  },
  NOT_PAIRED: { status: 409, code: 'not_paired' },
  ALREADY_PAIRED: { status: 409, code: 'already_paired' },
  LOGGED_OUT: { status: 409, code: 'logged_out' },
  OWNED_ELSEWHERE: { status: 409, code: 'owned_elsewhere' },
  ABORTED: { status: 409, code: 'aborted' },
  CONNECT_FAILED: { status: 409, code: 'connect_failed' },
  LEGACY_SESSION: {
    status: 409,
    code: 'legacy_session',
    message: 'The stored session belongs to another library. The person who runs the server has to look at it.',
  },
  RECORD_CORRUPT: { status: 409, code: 'record_corrupt', message: 'The stored session cannot be read. The person who runs the server has to look at it.' },
  CREDENTIALS_MISSING: {
    status: 409,
    code: 'credentials_missing',
    message: 'The stored session is gone. Connect again to link the phone, unless the person who runs the server can bring it back.',
  },
  WRONG_KEY: { status: 409, code: 'wrong_key', message: 'The stored session is encrypted with another key. The person who runs the server has to look at it.' },
  STALE_WRITER: { status: 409, code: 'owned_elsewhere', message: 'Another process now runs this session.' },
  UNLINK_FAILED: { status: 502, code: 'unlink_failed' },
  PAIRING_FAILED: { status: 502, code: 'pairing_failed' },
  PAIRING_CODE_REFUSED: { status: 502, code: 'pairing_code_refused' },
  PAIRING_CODE_TIMEOUT: { status: 504, code: 'pairing_code_timeout' },
  CONNECT_TIMEOUT: { status: 504, code: 'connect_timeout' },
  STORE_UNAVAILABLE: { status: 503, code: 'storage_unavailable', message: STORAGE_SENTENCE },
  STORE_TIMEOUT: { status: 503, code: 'storage_unavailable', message: STORAGE_SENTENCE },
  LEASE_EXPIRED: { status: 503, code: 'storage_unavailable', message: STORAGE_SENTENCE },
  REPOSITORY_FAILED: { status: 503, code: 'storage_unavailable', message: STORAGE_SENTENCE },
  MANAGER_CLOSED: { status: 503, code: 'closing', message: 'The server is closing. Try again in a moment.' },
  LISTENER_FAILED: { status: 500, code: 'internal', message: OPERATOR_SENTENCE },
  SOCKET_FAILED: { status: 500, code: 'internal', message: OPERATOR_SENTENCE },
  DECRYPTION_FAILING: { status: 500, code: 'internal', message: OPERATOR_SENTENCE },
  BAILEYS_UNSUPPORTED: { status: 500, code: 'internal', message: OPERATOR_SENTENCE },
}
