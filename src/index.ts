// Start here.
export { SessionManager } from './manager/session-manager.js'
export {
  DEFAULT_SESSION_MANAGER_OPTIONS,
  type DefaultSessionManagerOptions,
  type ReconnectOptions,
  type ResolvedPace,
  type RestorePace,
  type SessionManagerOptions,
  type SocketConfig,
  type SocketConfigContext,
  type SocketConfigFunction,
} from './manager/session-manager-options.js'
export type { ClusterMember, ClusterOptions } from './manager/cluster-options.js'
export type { CloseOptions, ConnectOptions, DrainOptions, LogoutOptions, RestoreOptions, StatusOptions, WaitOptions } from './manager/session-manager-verbs.js'
export type { CloseReport } from './manager/manager-parts.js'

// What is known about a session.
export type { LastDisconnect, SessionSnapshot } from './status/session-status.js'
export type { SessionStatus } from './status/status-reasons.js'
export type { StatusReason } from './status/status-reasons.js'
export {
  DEFAULT_STATUS_MESSAGES,
  type MessageKey,
  type MessageLocale,
  type StatusMessages,
  type StatusSentences,
  type StatusTranslation,
} from './status/status-reasons.js'
export type { RestoreAllOptions, RestoreCandidate, RestoreOutcome, RestoreProgress, RestoreReport, RestoreResult } from './manager/restore-report.js'

// What happens to it.
export type {
  ConnectedEvent,
  CredsRestoredEvent,
  DeletedEvent,
  DisconnectedEvent,
  ErrorEvent,
  LoggedOutEvent,
  MembersEvent,
  PairingCodeEvent,
  QrEvent,
  SessionManagerEvents,
  SocketEvent,
  StatusEvent,
} from './manager/session-manager-events.js'
export type { Listener } from './async/safe-emitter.js'
export type { DisconnectCause } from './disconnect/disconnect-cause.js'
export {
  DISCONNECT_DECISIONS,
  type BackOffDecision,
  type CoolDownDecision,
  type DisconnectDecision,
  type RedialDecision,
  type RetryOnceDecision,
  type StopDecision,
} from './disconnect/disconnect-decision.js'
export type { BackOff, BackOffOptions, Jitter, RetryContext, RetryFunction } from './disconnect/disconnect-decision.js'
export type { DialLimits } from './disconnect/dial-limiter.js'

// Where sessions live.
export { FileSystemSessionStore } from './adapters/filesystem/filesystem-session-store.js'
export type { FileSystemSessionStoreOptions } from './adapters/filesystem/filesystem-session-store-options.js'
export { MemorySessionStore } from './adapters/memory/memory-session-store.js'
export {
  CREDS_KEY,
  LIFECYCLE_KEY,
  type DeleteOptions,
  type RecordChange,
  type RecordKey,
  type SessionStore,
  type StoredRecord,
  type WriteOptions,
} from './store/session-store.js'
export { encryptRecords, type EncryptReport } from './encryption/encrypt-records.js'
export { copySessions } from './copy/copy-sessions.js'
export type { CopyOptions, CopyReport } from './copy/copy-sessions.js'
export type { SessionFailure, SessionProgress, BatchOptions } from './store/session-batch.js'
export { encrypted } from './encryption/encrypted-session-store.js'
export type { EncryptionKey, EncryptionOptions } from './encryption/encrypted-session-store.js'
export { keyFromFile, type KeyFile } from './encryption/key-file.js'
export type { PassphraseKey } from './encryption/key-ring.js'
export { processLock, type ProcessLock } from './lease/process-lock.js'
export type { SessionLease, SessionLock } from './lease/session-lock.js'
export type { ClusterFollower, ClusterLock, ClusterNews, ClusterProcess, LockCluster, LockHolding } from './lease/lock-cluster.js'

// The application's own view.
export { FileConnectionRepository, type FileConnectionRepositoryOptions } from './adapters/filesystem/file-connection-repository.js'
export { MemoryConnectionRepository } from './adapters/memory/memory-connection-repository.js'
export type { ConnectionRecord, ConnectionRepository } from './repository/connection-repository.js'

// Around it.
export type { BaileysCopy, BaileysModule } from './socket/baileys-module.js'
export { quietLibsignal } from './socket/workarounds/quiet-libsignal.js'
export { latestWaWebVersion, type LatestVersionOptions, type LatestVersionProvider } from './version/latest-wa-web-version.js'
export type { FoundVersion, VersionLookup, VersionProvider, VersionQuestion } from './version/version-source.js'
export type { VersionFetch, VersionResponse } from './version/latest-wa-web-version.js'
export { type Logger, silentLogger } from './logger.js'
export { isSessionError, SessionError, type SessionErrorCode, type SessionErrorDetails } from './errors.js'
