import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'
import type { DialLimits } from '../disconnect/dial-limiter.js'
import type { BackOff, BackOffOptions, RetryFunction, RetryPolicy } from '../disconnect/disconnect-decision.js'
import type { Logger } from '../logger.js'
import {
  requireBoolean,
  requireCount,
  requireDuration,
  requireFactor,
  requireFunction,
  requireMethods,
  requireObject,
  requireOneOf,
  requireOptions,
} from '../option-checks.js'
import type { ConnectionRepository } from '../repository/connection-repository.js'
import type { SessionSettings } from '../session/session-context.js'
import type { BaileysCopy, BaileysModule } from '../socket/baileys-module.js'
import type { StatusMessages } from '../status/status-reasons.js'
import type { SessionStore } from '../store/session-store.js'
import { type ClusterOptions, type ResolvedCluster, resolveCluster } from './cluster-options.js'
import { resolveMessages } from './messages-option.js'
import type { VersionProvider } from '../version/version-source.js'

/** What `socketConfig` may contain: everything that `makeWASocket` takes except `auth`, which the library provides. */
export type SocketConfig = Omit<Partial<UserFacingSocketConfig>, 'auth'>

/** What a `socketConfig` function gets. */
export interface SocketConfigContext {
  /** Which attempt in a row this dial is: 1 for the first. */
  attempt: number
  /** One object per session that survives reconnects. Keep retry counters and group caches here. */
  shared: Record<string, unknown>
}

/**
 * Creates the configuration of a socket; called for every dial. It must answer within `connectTimeoutMs`, and does not count
 * towards `dials` meanwhile.
 */
export type SocketConfigFunction = (sessionId: string, context: SocketConfigContext) => SocketConfig | Promise<SocketConfig>

/** How to reconnect after a lost connection. */
export interface ReconnectOptions extends BackOffOptions {
  /**
   * How long a connection must have been open before the back-off starts over, in milliseconds.
   * @defaultValue `60000`
   */
  stableAfterMs?: number | undefined
}

/** The pace of `restoreAll`. */
export interface RestorePace {
  /**
   * The time between two starts, in milliseconds.
   * @defaultValue `1000`
   */
  delayMs?: number | undefined
  /**
   * How many restores may run at the same time. One whose dial got no answer within `connectTimeoutMs` continues beside them.
   * @defaultValue `5`
   */
  concurrency?: number | undefined
}

/** A pace with every value set. */
export interface ResolvedPace {
  /** The time between two starts, in milliseconds. */
  readonly delayMs: number
  /** How many restores may run at the same time. */
  readonly concurrency: number
}

/** The options of a `SessionManager`. Everything except `store` has a default. */
export interface SessionManagerOptions {
  /** Where sessions live between runs. The manager does not close it: several managers may share one. */
  store: SessionStore
  /** Your application's own view of its connections; it gets every status change. */
  repository?: ConnectionRepository | undefined
  /** The Baileys module: `@whiskeysockets/baileys`, the package `baileys`, or a fake. By default the first is imported on first use. */
  baileys?: BaileysModule | BaileysCopy | undefined
  /** The configuration of the sockets: an object, or a function that is called for every dial. `auth` is not allowed. */
  socketConfig?: SocketConfig | SocketConfigFunction | undefined
  /**
   * Provides the version of WhatsApp Web to link phones with, because WhatsApp refuses new links from an old one. A pairing waits
   * for it; a linked session never does: it resumes with the last good version, or the one built into Baileys. It is called again
   * after WhatsApp refuses a version (405). A `version` in `socketConfig` takes precedence.
   *
   * The default is {@link latestWaWebVersion}, which asks `web.whatsapp.com`, unless `socketConfig` has `version` or
   * `waWebSocketUrl`, and only for a Baileys that dials WhatsApp (see {@link BaileysModule.DEFAULT_CONNECTION_CONFIG}). If a
   * session has an `agent` and no dispatcher, it makes no request. `'baileys'` leaves the version to Baileys.
   */
  version?: VersionProvider | 'baileys' | undefined
  /**
   * The retries of a start, which limit how long `restoreSession` waits. An object, or a function that chooses each delay.
   * @defaultValue `{ maxRetries: 3, initialDelayMs: 1000, factor: 2, maxDelayMs: 30000, jitter: 'full' }`
   */
  retry?: BackOffOptions | RetryFunction | undefined
  /**
   * The reconnects of a paired session, once a start is over. An object, or a function that chooses each delay.
   * @defaultValue `{ maxRetries: Infinity, initialDelayMs: 1000, factor: 2, maxDelayMs: 60000, jitter: 'full', stableAfterMs: 60000 }`
   */
  reconnect?: ReconnectOptions | RetryFunction | undefined
  /**
   * The pace of `restoreAll`.
   * @defaultValue `{ delayMs: 1000, concurrency: 5 }`
   */
  restore?: RestorePace | undefined
  /**
   * The limit on all dials, whatever causes them.
   * @defaultValue `{ concurrency: 20, perSecond: 10 }`
   */
  dials?: Partial<DialLimits> | undefined
  /**
   * How long a dial may take until a QR code, an open connection or a close, in milliseconds. After that, the dial has failed.
   * @defaultValue `60000`
   */
  connectTimeoutMs?: number | undefined
  /**
   * The deadline of one call to the store or the repository, in milliseconds.
   * @defaultValue `15000`
   */
  storeTimeoutMs?: number | undefined
  /**
   * How often to check a session that another process runs, in milliseconds. This process takes it over once that one is gone. Not used
   * with a lock that has `whenFree`: that one tells by itself.
   * @defaultValue `5000`
   */
  standbyPollMs?: number | undefined
  /**
   * The wait before the one retry after another connection took over (code 440), in milliseconds.
   * @defaultValue `5000`
   */
  replacedDelayMs?: number | undefined
  /**
   * The cool-down after WhatsApp limits the rate (code 429), in milliseconds; it is remembered across restarts, and never longer.
   * @defaultValue `300000`
   */
  rateLimitCoolDownMs?: number | undefined
  /**
   * Whether `getStatus` restores a stored session that nobody runs. A process that only serves an API sets it to `false`.
   * @defaultValue `true`
   */
  restoreOnStatus?: boolean | undefined
  /**
   * Whether the sockets of this manager share one `AsyncLocalStorage`. Baileys 7 creates one for each socket and never releases it,
   * and before Node 24 every promise in the process pays for all of them, even those of old sockets: one `.then` takes 0.1 µs with
   * none, and 80 µs after 400 sockets (Node 20). So the library replaces the class on `node:async_hooks` while `makeWASocket` runs,
   * and restores it before anything else can run. Storages created meanwhile behave as always. On Node 24 and later, and if the
   * class cannot be replaced, the library does nothing.
   * @defaultValue `true`
   */
  shareAsyncLocalStorage?: boolean | undefined
  /** Shares the sessions of the store with other processes. Without it, a session runs where it is started. See docs/cluster.md. */
  cluster?: ClusterOptions | undefined
  /** Your own sentences for people, by reason or status, to translate or reword the defaults. */
  messages?: StatusMessages | undefined
  /** A pino-shaped logger. By default, nothing is logged. Baileys does not get it. */
  logger?: Logger | undefined
}

const DEFAULT_RETRY: BackOff = Object.freeze({ maxRetries: 3, initialDelayMs: 1000, factor: 2, maxDelayMs: 30_000, jitter: 'full' })
const DEFAULT_RECONNECT: BackOff & { stableAfterMs: number } = Object.freeze({
  maxRetries: Infinity,
  initialDelayMs: 1000,
  factor: 2,
  maxDelayMs: 60_000,
  jitter: 'full',
  stableAfterMs: 60_000,
})

/** The values of the options that have a plain default. */
export interface DefaultSessionManagerOptions {
  /** The retries of a start. */
  readonly retry: Readonly<BackOff>
  /** The reconnects of a paired session. */
  readonly reconnect: Readonly<
    BackOff & {
      /** How long a connection must have been open before the back-off starts over, in milliseconds. */
      stableAfterMs: number
    }
  >
  /** The pace of `restoreAll`. */
  readonly restore: ResolvedPace
  /** The limit on dials. */
  readonly dials: Readonly<DialLimits>
  /** The watchdog of one dial. */
  readonly connectTimeoutMs: number
  /** The deadline of one call to the store or the repository. */
  readonly storeTimeoutMs: number
  /** How often a session run elsewhere is looked at. */
  readonly standbyPollMs: number
  /** The wait before the one retry after another connection took over. */
  readonly replacedDelayMs: number
  /** The cool-down after a rate limit. */
  readonly rateLimitCoolDownMs: number
  /** Whether `getStatus` restores. */
  readonly restoreOnStatus: boolean
  /** Whether sockets share one `AsyncLocalStorage`. */
  readonly shareAsyncLocalStorage: boolean
}

/** The defaults of the options that have a plain value. */
export const DEFAULT_SESSION_MANAGER_OPTIONS: DefaultSessionManagerOptions = Object.freeze({
  retry: DEFAULT_RETRY,
  reconnect: DEFAULT_RECONNECT,
  restore: Object.freeze({ delayMs: 1000, concurrency: 5 }),
  dials: Object.freeze({ concurrency: 20, perSecond: 10 }),
  connectTimeoutMs: 60_000,
  storeTimeoutMs: 15_000,
  standbyPollMs: 5000,
  replacedDelayMs: 5000,
  rateLimitCoolDownMs: 300_000,
  restoreOnStatus: true,
  shareAsyncLocalStorage: true,
})

/** Every option; the compiler says when one is missing here. */
const NAMES = Object.keys({
  store: 0,
  repository: 0,
  baileys: 0,
  socketConfig: 0,
  version: 0,
  retry: 0,
  reconnect: 0,
  restore: 0,
  dials: 0,
  connectTimeoutMs: 0,
  storeTimeoutMs: 0,
  standbyPollMs: 0,
  replacedDelayMs: 0,
  rateLimitCoolDownMs: 0,
  restoreOnStatus: 0,
  shareAsyncLocalStorage: 0,
  cluster: 0,
  messages: 0,
  logger: 0,
} satisfies Record<keyof SessionManagerOptions, 0>)

/** Options with every value set and checked. */
export interface ResolvedSessionManagerOptions {
  readonly store: SessionStore
  readonly repository: ConnectionRepository | undefined
  readonly baileys: BaileysModule | BaileysCopy | undefined
  readonly socketConfig: SocketConfig | SocketConfigFunction
  readonly version: VersionProvider | 'baileys' | undefined
  readonly restore: ResolvedPace
  readonly dials: DialLimits
  readonly restoreOnStatus: boolean
  readonly shareAsyncLocalStorage: boolean
  readonly logger: Logger | undefined
  readonly cluster: ResolvedCluster | null
  readonly session: SessionSettings
}

/** Checks the options and fills in the defaults. Throws `TypeError` or `RangeError` naming the option and the value. */
export function resolveSessionManagerOptions(options: SessionManagerOptions): ResolvedSessionManagerOptions {
  const defaults = DEFAULT_SESSION_MANAGER_OPTIONS
  requireOptions('', options, NAMES)
  requirePorts(options)
  if (options.logger !== undefined) requireObject('logger', options.logger)
  if (options.restore !== undefined) requireOptions('restore', options.restore, Object.keys(defaults.restore))
  if (options.dials !== undefined) requireOptions('dials', options.dials, Object.keys(defaults.dials))
  const { store, repository, baileys, version, messages, logger, socketConfig = {} } = options
  refuseAuth(socketConfig)
  const dials = {
    concurrency: requireCount('dials.concurrency', options.dials?.concurrency ?? defaults.dials.concurrency, 1),
    perSecond: requireCount('dials.perSecond', options.dials?.perSecond ?? defaults.dials.perSecond, 1),
  }
  const cluster = resolveCluster(options.cluster, store)
  return {
    store,
    repository,
    baileys,
    version,
    logger,
    socketConfig,
    // What a cluster takes over goes at the pace of the dials; so does what it begins with.
    restore: resolvePace('restore.', options.restore, cluster === null ? defaults.restore : { delayMs: 0, concurrency: dials.concurrency }),
    dials,
    cluster,
    restoreOnStatus: requireBoolean('restoreOnStatus', options.restoreOnStatus ?? defaults.restoreOnStatus),
    shareAsyncLocalStorage: requireBoolean('shareAsyncLocalStorage', options.shareAsyncLocalStorage ?? defaults.shareAsyncLocalStorage),
    session: { messages: resolveMessages(messages), ...resolvePolicies(options), ...resolveDurations(options) },
  }
}

/** What is missing here would otherwise look like an outage, at the first look. */
function requirePorts({ store, repository, baileys, version }: SessionManagerOptions): void {
  requireMethods('store', store, ['list', 'read', 'write', 'delete'])
  requireMethods('store.lock', store.lock, ['acquire', 'owner'])
  if (repository !== undefined) requireMethods('repository', repository, ['findAll', 'find', 'save', 'delete'])
  // A module may be a function with everything on it; what it lacks is told when it is loaded.
  if (baileys !== undefined && typeof baileys !== 'function') requireObject('baileys', baileys)
  if (version !== undefined && version !== 'baileys') requireFunction('version', version, "a function or 'baileys'")
}

function resolvePolicies({ retry, reconnect }: SessionManagerOptions): Pick<SessionSettings, 'retry' | 'reconnect' | 'stableAfterMs'> {
  const defaults = DEFAULT_SESSION_MANAGER_OPTIONS
  const policies = { retry: resolvePolicy('retry', retry, defaults.retry), reconnect: resolvePolicy('reconnect', reconnect, defaults.reconnect) }
  const stableAfterMs = typeof reconnect === 'object' ? reconnect.stableAfterMs : undefined
  return {
    ...policies,
    stableAfterMs: requireDuration('reconnect.stableAfterMs', stableAfterMs ?? defaults.reconnect.stableAfterMs),
  }
}

type Durations = Pick<SessionSettings, 'connectTimeoutMs' | 'storeTimeoutMs' | 'standbyPollMs' | 'replacedDelayMs' | 'rateLimitCoolDownMs'>

function resolveDurations(options: SessionManagerOptions): Durations {
  const duration = (name: keyof Durations, least: number): number => requireDuration(name, options[name] ?? DEFAULT_SESSION_MANAGER_OPTIONS[name], least)
  return {
    connectTimeoutMs: duration('connectTimeoutMs', 1),
    storeTimeoutMs: duration('storeTimeoutMs', 1),
    standbyPollMs: duration('standbyPollMs', 1),
    replacedDelayMs: duration('replacedDelayMs', 0),
    rateLimitCoolDownMs: duration('rateLimitCoolDownMs', 0),
  }
}

/** Checks the pace of a restore and fills in the defaults. `prefix` is what the names are shown with. */
export function resolvePace(prefix: 'restore.' | '', pace: RestorePace | undefined, defaults: ResolvedPace): ResolvedPace {
  return {
    delayMs: requireDuration(`${prefix}delayMs`, pace?.delayMs ?? defaults.delayMs),
    concurrency: requireCount(`${prefix}concurrency`, pace?.concurrency ?? defaults.concurrency, 1),
  }
}

/** Credentials come from the store, and from nowhere else. Throws `TypeError`. */
export function refuseAuth(socketConfig: SocketConfig | SocketConfigFunction): void {
  if (typeof socketConfig === 'function') return
  requireObject('socketConfig', socketConfig)
  if ('auth' in socketConfig) throw new TypeError('Option "socketConfig" must not contain "auth": credentials come from the store.')
}

function resolvePolicy(name: 'retry' | 'reconnect', given: BackOffOptions | RetryFunction | undefined, defaults: BackOff): RetryPolicy {
  if (typeof given === 'function') return given
  if (given !== undefined) requireOptions(name, given, Object.keys(DEFAULT_SESSION_MANAGER_OPTIONS[name]))
  return {
    maxRetries: requireCount(`${name}.maxRetries`, given?.maxRetries ?? defaults.maxRetries, 0, Infinity),
    initialDelayMs: requireDuration(`${name}.initialDelayMs`, given?.initialDelayMs ?? defaults.initialDelayMs),
    factor: requireFactor(`${name}.factor`, given?.factor ?? defaults.factor),
    maxDelayMs: requireDuration(`${name}.maxDelayMs`, given?.maxDelayMs ?? defaults.maxDelayMs),
    jitter: requireOneOf(`${name}.jitter`, given?.jitter ?? defaults.jitter, ['full', 'none']),
  }
}
