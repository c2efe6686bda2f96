import type * as baileys from '@whiskeysockets/baileys'
import type { fetch as undiciFetch } from 'undici'
import { expectTypeOf, test } from 'vitest'
import type {
  BaileysModule,
  CloseReport,
  ConnectionRecord,
  LatestVersionProvider,
  RestoreOutcome,
  RestoreReport,
  RestoreResult,
  SessionError,
  SessionErrorCode,
  SessionManager,
  SessionManagerOptions,
  SessionSnapshot,
  SessionStatus,
  StatusReason,
  VersionFetch,
  VersionProvider,
} from '../../src/index.js'

declare const sessions: SessionManager

test('the members answer what the api says', () => {
  expectTypeOf(sessions.connect).returns.resolves.toEqualTypeOf<SessionSnapshot>()
  expectTypeOf(sessions.restoreSession).returns.resolves.toEqualTypeOf<RestoreResult>()
  expectTypeOf(sessions.restoreAll).returns.resolves.toEqualTypeOf<RestoreReport>()
  expectTypeOf(sessions.getStatus).returns.resolves.toEqualTypeOf<SessionSnapshot>()
  expectTypeOf(sessions.peek).returns.toEqualTypeOf<SessionSnapshot | undefined>()
  expectTypeOf(sessions.getStatuses).returns.resolves.toEqualTypeOf<SessionSnapshot[]>()
  expectTypeOf(sessions.requestPairingCode).returns.resolves.toEqualTypeOf<string>()
  expectTypeOf(sessions.waitUntilConnected).returns.resolves.toEqualTypeOf<baileys.WASocket>()
  expectTypeOf(sessions.getSocket).returns.toEqualTypeOf<baileys.WASocket | undefined>()
  expectTypeOf(sessions.stop).returns.resolves.toBeVoid()
  expectTypeOf(sessions.logout).returns.resolves.toEqualTypeOf<{ unlinked: boolean }>()
  expectTypeOf(sessions.delete).returns.resolves.toBeVoid()
  expectTypeOf(sessions.close).returns.resolves.toEqualTypeOf<CloseReport>()
  expectTypeOf(sessions).toExtend<AsyncDisposable>()
})

test('the arguments are those of the api', () => {
  expectTypeOf<Parameters<SessionManager['connect']>[1]>().exclude(undefined).toEqualTypeOf<{
    metadata?: Record<string, unknown> | undefined
    signal?: AbortSignal | undefined
    timeoutMs?: number | undefined
  }>()
  expectTypeOf<Parameters<SessionManager['restoreSession']>[1]>()
    .exclude(undefined)
    .toEqualTypeOf<{ signal?: AbortSignal | undefined; force?: boolean | undefined }>()
  expectTypeOf<keyof NonNullable<Parameters<SessionManager['restoreAll']>[0]>>().toEqualTypeOf<
    'concurrency' | 'delayMs' | 'filter' | 'priority' | 'signal' | 'onProgress'
  >()
  expectTypeOf<Parameters<SessionManager['getStatus']>[1]>().exclude(undefined).toEqualTypeOf<{ restore?: boolean | undefined }>()
  expectTypeOf<Parameters<SessionManager['requestPairingCode']>>().toEqualTypeOf<[sessionId: string, phoneNumber: string]>()
  expectTypeOf<Parameters<SessionManager['logout']>[1]>()
    .exclude(undefined)
    .toEqualTypeOf<{ timeoutMs?: number | undefined; requireUnlink?: boolean | undefined }>()
  expectTypeOf<Parameters<SessionManager['close']>[0]>().exclude(undefined).toEqualTypeOf<{ timeoutMs?: number | undefined }>()
})

test('the unions hold at least what the api lists', () => {
  expectTypeOf<SessionStatus>().toEqualTypeOf<'disconnected' | 'connecting' | 'pairing' | 'connected' | 'reconnecting' | 'logged_out' | 'failed'>()
  expectTypeOf<RestoreOutcome>().toEqualTypeOf<'restored' | 'already_connected' | 'retrying' | 'skipped' | 'failed'>()
  expectTypeOf<
    | 'never_paired'
    | 'stopped'
    | 'pairing_expired'
    | 'pairing_incomplete'
    | 'starting'
    | 'restoring'
    | 'restart_required'
    | 'connection_lost'
    | 'retries_exhausted'
    | 'connection_replaced'
    | 'logged_out'
    | 'restricted'
    | 'rate_limited'
    | 'client_outdated'
    | 'multi_device_mismatch'
    | 'credentials_corrupt'
    | 'credentials_missing'
    | 'storage_unavailable'
    | 'owned_elsewhere'
    | 'waiting_for_capacity'
    | 'legacy_session'
    | 'already_connected'
    | 'aborted'
  >().toExtend<StatusReason>()
  expectTypeOf<
    | 'STORE_UNAVAILABLE'
    | 'STORE_TIMEOUT'
    | 'RECORD_CORRUPT'
    | 'LEASE_EXPIRED'
    | 'STALE_WRITER'
    | 'LEGACY_SESSION'
    | 'INVALID_SESSION_ID'
    | 'OWNED_ELSEWHERE'
    | 'NOT_PAIRED'
    | 'ALREADY_PAIRED'
    | 'LOGGED_OUT'
    | 'CONNECT_TIMEOUT'
    | 'UNLINK_FAILED'
    | 'REPOSITORY_FAILED'
    | 'LISTENER_FAILED'
    | 'BAILEYS_UNSUPPORTED'
    | 'MANAGER_CLOSED'
  >().toExtend<SessionErrorCode>()
  expectTypeOf<SessionError['code']>().toEqualTypeOf<SessionErrorCode>()
})

test('a snapshot is what the api says', () => {
  expectTypeOf<SessionSnapshot>().toExtend<{
    sessionId: string
    status: SessionStatus
    isConnected: boolean
    reason: StatusReason | null
    message: string
    qr?: string
    pairingCode?: string
    pairingExpiresAt?: Date
    phoneNumber?: string
    attempt?: number
    nextRetryAt?: Date
    restrictedUntil?: Date
    lastFrameAt?: Date
    lastMessageAt?: Date
    undecryptedMessages?: number
    since: Date
    owner: string | null
    ownerAddress?: string
    isLocal: boolean
    metadata?: Record<string, unknown>
  }>()
  expectTypeOf<NonNullable<SessionSnapshot['lastDisconnect']>>().toExtend<{ code: number | null; message: string; at: Date }>()
  expectTypeOf<ConnectionRecord['lastDisconnect']>().toEqualTypeOf<NonNullable<SessionSnapshot['lastDisconnect']> | null>()
})

test('the options take what the api says', () => {
  expectTypeOf<keyof SessionManagerOptions>().toEqualTypeOf<
    | 'store'
    | 'repository'
    | 'baileys'
    | 'socketConfig'
    | 'version'
    | 'cluster'
    | 'retry'
    | 'reconnect'
    | 'restore'
    | 'dials'
    | 'connectTimeoutMs'
    | 'storeTimeoutMs'
    | 'standbyPollMs'
    | 'replacedDelayMs'
    | 'rateLimitCoolDownMs'
    | 'restoreOnStatus'
    | 'shareAsyncLocalStorage'
    | 'messages'
    | 'logger'
  >()
  expectTypeOf<typeof baileys>().toExtend<BaileysModule>()
  const { store }: SessionManagerOptions = {} as SessionManagerOptions
  // @ts-expect-error Credentials come from the store.
  const withAuth: SessionManagerOptions = { store, socketConfig: { auth: { creds: {}, keys: {} } } }
  const options: SessionManagerOptions = {
    store,
    retry: ({ attempt, cause, sessionId }) => {
      expectTypeOf(attempt).toEqualTypeOf<number>()
      expectTypeOf(sessionId).toEqualTypeOf<string>()
      return cause === 'rate_limited' ? null : attempt * 1000
    },
    socketConfig: async (sessionId, { attempt, shared }) => {
      expectTypeOf(sessionId).toEqualTypeOf<string>()
      expectTypeOf(attempt).toEqualTypeOf<number>()
      expectTypeOf(shared).toEqualTypeOf<Record<string, unknown>>()
      return { markOnlineOnConnect: false }
    },
    version: async () => [2, 3000, 1],
  }
  expectTypeOf<'baileys' | VersionProvider | LatestVersionProvider>().toExtend<NonNullable<SessionManagerOptions['version']>>()
  expectTypeOf<LatestVersionProvider>().toExtend<VersionProvider>()
  expectTypeOf<typeof fetch>().toExtend<VersionFetch>()
  expectTypeOf<typeof undiciFetch>().toExtend<VersionFetch>()
  expectTypeOf([withAuth, options]).toBeArray()
})
