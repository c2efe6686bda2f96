/**
 * Stable names for what can go wrong. Match on the code: messages are for people and may be reworded.
 *
 * - `STORE_UNAVAILABLE`: the store could not read or write. Nothing is known to be lost; the session is retried.
 * - `STORE_TIMEOUT`: a call to the store did not answer within `storeTimeoutMs`; its outcome is unknown.
 * - `RECORD_CORRUPT`: a stored record cannot be understood. It was left as it is.
 * - `WRONG_KEY`: a stored record is encrypted with a key that was not given. It was left as it is.
 * - `STALE_WRITER`: the write came with an old fencing token, or with none while somebody holds the lock.
 * - `LEASE_EXPIRED`: the store could not be told in time that this process lives, so that its lease ran out; nobody else is known to have it.
 * - `LEGACY_SESSION`: the folder belongs to whatsapp-web.js, not to Baileys.
 * - `INVALID_SESSION_ID`: the id is empty, too long, or holds characters that no store can keep apart.
 * - `OWNED_ELSEWHERE`: another process runs this session.
 * - `NOT_PAIRED`: there are no paired credentials to work with.
 * - `ALREADY_PAIRED`: the session is linked already, so it cannot be paired again.
 * - `LOGGED_OUT`: the device was unlinked; only a fresh pairing helps.
 * - `CONNECT_TIMEOUT`: the caller's deadline passed before the session got there.
 * - `CONNECT_FAILED`: the session cannot connect without a person; the message says why.
 * - `ABORTED`: the session was stopped while somebody waited for it.
 * - `UNLINK_FAILED`: WhatsApp did not confirm that the device was unlinked.
 * - `PAIRING_FAILED`: the connection was lost while a pairing code was asked for, a pairing was lost to another process before it could be
 *   stored, or something that WhatsApp sent during a pairing was not in order.
 * - `PAIRING_CODE_REFUSED`: WhatsApp refused a pairing code; the message has its code and text.
 * - `PAIRING_CODE_TIMEOUT`: WhatsApp did not answer the request for a pairing code.
 * - `REPOSITORY_FAILED`: the `ConnectionRepository` rejected or did not answer.
 * - `LISTENER_FAILED`: a function of the application threw or rejected: an event listener, `onProgress`, a retry policy, `filter` or `priority` of `restoreAll`.
 * - `SOCKET_FAILED`: Baileys, or the application's `socketConfig`, threw before there was a socket; or the version of WhatsApp Web could not be had.
 * - `BAILEYS_UNSUPPORTED`: Baileys is missing, or lacks something this library needs.
 * - `MANAGER_CLOSED`: the manager was closed.
 */
export type SessionErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'STORE_TIMEOUT'
  | 'RECORD_CORRUPT'
  | 'WRONG_KEY'
  | 'STALE_WRITER'
  | 'LEASE_EXPIRED'
  | 'LEGACY_SESSION'
  | 'INVALID_SESSION_ID'
  | 'OWNED_ELSEWHERE'
  | 'NOT_PAIRED'
  | 'ALREADY_PAIRED'
  | 'LOGGED_OUT'
  | 'CONNECT_TIMEOUT'
  | 'CONNECT_FAILED'
  | 'ABORTED'
  | 'UNLINK_FAILED'
  | 'PAIRING_FAILED'
  | 'PAIRING_CODE_REFUSED'
  | 'PAIRING_CODE_TIMEOUT'
  | 'REPOSITORY_FAILED'
  | 'LISTENER_FAILED'
  | 'SOCKET_FAILED'
  | 'BAILEYS_UNSUPPORTED'
  | 'MANAGER_CLOSED'

/** What a {@link SessionError} is about. */
export interface SessionErrorDetails {
  /** The session it concerns, when it concerns one. */
  sessionId?: string | undefined
  /** What caused it. */
  cause?: unknown
}

/**
 * The one error class of this library. `code` is stable within a major version; the message says what happened
 * and what to do, and never holds key material.
 */
export class SessionError extends Error {
  /** Always `SessionError`, also in a second copy of this package. */
  override readonly name: string = 'SessionError'
  /** What went wrong, by name. */
  readonly code: SessionErrorCode
  /** The session it concerns, or `undefined` when it concerns the manager or a whole store. */
  readonly sessionId: string | undefined

  /** A store or a repository of your own makes them, too: their contracts say which codes. */
  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.sessionId = details.sessionId
  }
}

/** True for a {@link SessionError}, also one from a second copy of this package; optionally of one code. */
export function isSessionError(error: unknown, code?: SessionErrorCode): error is SessionError {
  return error instanceof Error && error.name === 'SessionError' && 'code' in error && (code === undefined || error.code === code)
}

/** The code of a failed system call, such as `ENOENT`; `''` for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
