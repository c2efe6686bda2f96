import type { RestoreAllOptions } from './restore-report.js'

/** How `connect` is to be done. */
export interface ConnectOptions {
  /** The application's own data; it is kept in the repository and shown in snapshots. Plain JSON; anything else is a `TypeError`. */
  metadata?: Record<string, unknown> | undefined
  /** Releases the caller when it aborts; the start goes on. */
  signal?: AbortSignal | undefined
  /** How long the caller is willing to wait, in milliseconds. By default as long as it takes. */
  timeoutMs?: number | undefined
}

/** How `restoreSession` is to be done. */
export interface RestoreOptions {
  /** Releases the caller when it aborts; the restore goes on. */
  signal?: AbortSignal | undefined
  /**
   * Tries credentials that are remembered as logged out or restricted once more.
   * @defaultValue `false`
   */
  force?: boolean | undefined
}

/** How `getStatus` is to be done. */
export interface StatusOptions {
  /** Whether a stored session that nobody runs is restored. Defaults to the manager's `restoreOnStatus`. */
  restore?: boolean | undefined
}

/** How `waitUntilConnected` is to be done. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. Defaults to the manager's `connectTimeoutMs`. */
  timeoutMs?: number | undefined
  /** Releases the caller when it aborts. */
  signal?: AbortSignal | undefined
}

/** How `logout` is to be done. */
export interface LogoutOptions {
  /**
   * How long WhatsApp may take to confirm, in milliseconds; a dial is part of it.
   * @defaultValue `20000`
   */
  timeoutMs?: number | undefined
  /**
   * Whether nothing is deleted unless WhatsApp has confirmed.
   * @defaultValue `false`
   */
  requireUnlink?: boolean | undefined
}

/** How `close` is to be done. */
export interface CloseOptions {
  /**
   * How long sessions may take to finish their writes, in milliseconds.
   * @defaultValue `10000`
   */
  timeoutMs?: number | undefined
}

/** The names of the options of each verb; the compiler says when one is missing here. */
export const VERB_OPTIONS: Readonly<
  Record<'connect' | 'restoreSession' | 'restoreAll' | 'getStatus' | 'waitUntilConnected' | 'logout' | 'close', readonly string[]>
> = Object.freeze({
  connect: namesOf<ConnectOptions>({ metadata: 0, signal: 0, timeoutMs: 0 }),
  restoreSession: namesOf<RestoreOptions>({ signal: 0, force: 0 }),
  restoreAll: namesOf<RestoreAllOptions>({ concurrency: 0, delayMs: 0, filter: 0, priority: 0, signal: 0, onProgress: 0 }),
  getStatus: namesOf<StatusOptions>({ restore: 0 }),
  waitUntilConnected: namesOf<WaitOptions>({ timeoutMs: 0, signal: 0 }),
  logout: namesOf<LogoutOptions>({ timeoutMs: 0, requireUnlink: 0 }),
  close: namesOf<CloseOptions>({ timeoutMs: 0 }),
})

function namesOf<Options>(names: Record<keyof Options, 0>): readonly string[] {
  return Object.keys(names)
}
