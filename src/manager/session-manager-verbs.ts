import type { RestoreAllOptions } from './restore-report.js'

/** The options of `connect`. */
export interface ConnectOptions {
  /** Your application's own data; the repository keeps it, and snapshots contain it. Plain JSON; anything else is a `TypeError`. */
  metadata?: Record<string, unknown> | undefined
  /** When it aborts, the call stops waiting; the start continues. */
  signal?: AbortSignal | undefined
  /** How long to wait, in milliseconds. By default, as long as it takes. */
  timeoutMs?: number | undefined
}

/** The options of `restoreSession`. */
export interface RestoreOptions {
  /** When it aborts, the call stops waiting; the restore continues. */
  signal?: AbortSignal | undefined
  /**
   * Also tries credentials that are stored as logged out or restricted.
   * @defaultValue `false`
   */
  force?: boolean | undefined
}

/** The options of `getStatus`. */
export interface StatusOptions {
  /** Whether a stored session that nobody runs is restored. Defaults to the manager's `restoreOnStatus`. */
  restore?: boolean | undefined
}

/** The options of `waitUntilConnected`. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. Defaults to the manager's `connectTimeoutMs`. */
  timeoutMs?: number | undefined
  /** When it aborts, the call stops waiting. */
  signal?: AbortSignal | undefined
}

/** The options of `logout`. */
export interface LogoutOptions {
  /**
   * How long WhatsApp may take to confirm, in milliseconds, including a dial if one is needed.
   * @defaultValue `20000`
   */
  timeoutMs?: number | undefined
  /**
   * Deletes nothing unless WhatsApp has confirmed.
   * @defaultValue `false`
   */
  requireUnlink?: boolean | undefined
}

/** The options of `drain`. */
export interface DrainOptions {
  /**
   * How long handing sessions over may take, in milliseconds.
   * @defaultValue `60000`
   */
  timeoutMs?: number | undefined
}

/** The options of `close`. */
export interface CloseOptions {
  /**
   * How long sessions may take to finish their writes, in milliseconds.
   * @defaultValue `10000`
   */
  timeoutMs?: number | undefined
}

/** The names of the options of each verb; the compiler says when one is missing here. */
export const VERB_OPTIONS: Readonly<
  Record<'connect' | 'restoreSession' | 'restoreAll' | 'getStatus' | 'waitUntilConnected' | 'logout' | 'drain' | 'close', readonly string[]>
> = Object.freeze({
  connect: namesOf<ConnectOptions>({ metadata: 0, signal: 0, timeoutMs: 0 }),
  restoreSession: namesOf<RestoreOptions>({ signal: 0, force: 0 }),
  restoreAll: namesOf<RestoreAllOptions>({ concurrency: 0, delayMs: 0, filter: 0, priority: 0, signal: 0, onProgress: 0 }),
  getStatus: namesOf<StatusOptions>({ restore: 0 }),
  waitUntilConnected: namesOf<WaitOptions>({ timeoutMs: 0, signal: 0 }),
  logout: namesOf<LogoutOptions>({ timeoutMs: 0, requireUnlink: 0 }),
  drain: namesOf<DrainOptions>({ timeoutMs: 0 }),
  close: namesOf<CloseOptions>({ timeoutMs: 0 }),
})

function namesOf<Options>(names: Record<keyof Options, 0>): readonly string[] {
  return Object.keys(names)
}
