/**
 * Stable names for what can go wrong. Match on the code: messages are for people and may change.
 *
 * - `STORE_UNAVAILABLE`: the store could not read or write. Nothing is known to be lost; the session is retried.
 * - `STORE_TIMEOUT`: a call to the store did not answer within `storeTimeoutMs`; its outcome is unknown.
 * - `RECORD_CORRUPT`: a stored record cannot be read. Nothing was changed.
 * - `CREDENTIALS_MISSING`: a phone is linked, but the store holds no credentials for it. Nothing was changed.
 * - `WRONG_KEY`: a stored record is encrypted with a key that you did not give. Nothing was changed.
 * - `STALE_WRITER`: the write came with an old fencing token, or with none while somebody holds the lock.
 * - `LEASE_EXPIRED`: this process could not tell the store in time that it is alive, so its lease expired; as far as is known, nobody else has it.
 * - `LEGACY_SESSION`: the folder belongs to whatsapp-web.js, not to Baileys.
 * - `INVALID_SESSION_ID`: the id is empty, too long, or contains characters that no store can keep apart.
 * - `OWNED_ELSEWHERE`: another process runs this session.
 * - `NOT_PAIRED`: there are no paired credentials to work with.
 * - `ALREADY_PAIRED`: the session is already linked, so it cannot be paired again.
 * - `LOGGED_OUT`: the device was unlinked; only a fresh pairing helps.
 * - `CONNECT_TIMEOUT`: the caller's deadline passed before the session was ready.
 * - `CONNECT_FAILED`: the session cannot connect without a person; the message says why.
 * - `ABORTED`: the session was stopped while somebody was waiting for it.
 * - `UNLINK_FAILED`: WhatsApp did not confirm that the device was unlinked.
 * - `PAIRING_FAILED`: the connection was lost while requesting a pairing code, another process took over before a pairing
 *   could be stored, or WhatsApp sent something malformed during a pairing.
 * - `PAIRING_CODE_REFUSED`: WhatsApp refused a pairing code; the message has its code and text.
 * - `PAIRING_CODE_TIMEOUT`: WhatsApp did not answer the request for a pairing code.
 * - `REPOSITORY_FAILED`: the `ConnectionRepository` rejected or did not answer.
 * - `LISTENER_FAILED`: one of your functions threw or rejected: an event listener, `onProgress`, a retry policy, `filter` or `priority` of `restoreAll`.
 * - `SOCKET_FAILED`: Baileys, or your `socketConfig`, threw before there was a socket; or the version of WhatsApp Web could not be looked up.
 * - `DECRYPTION_FAILING`: many messages of the last hour could not be decrypted. The session goes on.
 * - `BAILEYS_UNSUPPORTED`: Baileys is missing, or lacks something this library needs.
 * - `MANAGER_CLOSED`: the manager was closed.
 */
export type SessionErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'STORE_TIMEOUT'
  | 'RECORD_CORRUPT'
  | 'CREDENTIALS_MISSING'
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
  | 'DECRYPTION_FAILING'
  | 'BAILEYS_UNSUPPORTED'
  | 'MANAGER_CLOSED'

/** What a {@link SessionError} is about. */
export interface SessionErrorDetails {
  /** The session that it concerns, if any. */
  sessionId?: string | undefined
  /** With `OWNED_ELSEWHERE`: the process to call. */
  owner?: string | undefined
  /** With `OWNED_ELSEWHERE`: the address of that process. */
  ownerAddress?: string | undefined
  /** What caused it. */
  cause?: unknown
}

/**
 * The only error class of this library. `code` is stable within a major version; the message says what happened and what to do, and
 * never contains key material.
 */
export class SessionError extends Error {
  /** Always `SessionError`, also in a second copy of this package. */
  override readonly name: string = 'SessionError'
  /** What went wrong, by name. */
  readonly code: SessionErrorCode
  /** The session that it concerns, or `undefined` if it concerns the manager or a whole store. */
  readonly sessionId: string | undefined
  /**
   * With `OWNED_ELSEWHERE`: the process to call, as `SessionSnapshot.owner` names it. `undefined` when nobody can tell, and with every
   * other code.
   */
  readonly owner: string | undefined
  /** With `OWNED_ELSEWHERE`: the address of that process; `undefined` when it gave none. */
  readonly ownerAddress: string | undefined

  /** Your own store or repository creates them, too: their contracts say which codes. */
  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.sessionId = details.sessionId
    this.owner = details.owner
    this.ownerAddress = details.ownerAddress
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
