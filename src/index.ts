// Ports.
export { CREDS_KEY, LIFECYCLE_KEY, type DeleteOptions, type RecordChange, type RecordKey, type SessionStore, type StoredRecord, type WriteOptions } from './store/session-store.js'
export { type SessionLease, type SessionLock } from './ownership/session-lock.js'
export { type ConnectionRecord, type ConnectionRepository } from './repository/connection-repository.js'
export { type Logger, silentLogger } from './logger.js'

// What is known about a session.
export { type LastDisconnect, type SessionSnapshot, type SessionStatus, type StatusReason } from './status/session-status.js'
export { type DisconnectCause } from './disconnect/disconnect-cause.js'

// Errors.
export { isSessionError, SessionError, type SessionErrorCode, type SessionErrorDetails } from './errors.js'
