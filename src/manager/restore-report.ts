import type { SessionError } from '../errors.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'
import type { StatusReason } from '../status/status-reasons.js'

/**
 * How a restore ended.
 *
 * - `restored`: connected;
 * - `already_connected`: it was already connected;
 * - `retrying`: the retries of the start are used up, and the session keeps trying in the background;
 * - `skipped`: there was nothing to restore, or it should not be restored; the reason says which;
 * - `failed`: the library tried, and a person is needed.
 */
export type RestoreOutcome = 'restored' | 'already_connected' | 'retrying' | 'skipped' | 'failed'

/** How the restore of one session ended. */
export interface RestoreResult {
  /** The session. */
  sessionId: string
  /** How it ended. */
  outcome: RestoreOutcome
  /** Why; `null` when there is nothing to explain. */
  reason: StatusReason | null
  /** What went wrong, if that is known in detail. */
  error?: SessionError
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** How the restore of all sessions ended: each id is in exactly one list. */
export interface RestoreReport {
  /** How many sessions there were. */
  total: number
  /** Connected now. */
  restored: RestoreResult[]
  /** Still trying in the background. */
  retrying: RestoreResult[]
  /** Should not be restored, or already connected. */
  skipped: RestoreResult[]
  /** Tried, but a person is needed. */
  failed: RestoreResult[]
  /** How long it took in total, in milliseconds. */
  durationMs: number
}

/** How far a restore of all sessions has come. */
export interface RestoreProgress {
  /** How many sessions there are. */
  total: number
  /** How many have a result. */
  done: number
  /** How many are connected. */
  restored: number
  /** How many keep trying in the background. */
  retrying: number
  /** How many should not be restored. */
  skipped: number
  /** How many need a person. */
  failed: number
  /** The latest result. */
  result: RestoreResult
}

/** A session that could be restored; its records were not read yet. */
export interface RestoreCandidate {
  /** The session. */
  sessionId: string
  /** What the repository knows about it; `null` if it knows nothing or did not answer. */
  record: ConnectionRecord | null
}

/** The options of `restoreAll`. */
export interface RestoreAllOptions {
  /**
   * How many restores may run at the same time; one whose dial got no answer continues beside them. Defaults to the manager's
   * `restore.concurrency`.
   */
  concurrency?: number | undefined
  /** The time between two starts, in milliseconds. Defaults to the manager's `restore.delayMs`. */
  delayMs?: number | undefined
  /** Skips sessions for which it returns `false`; they are not in the report. */
  filter?: ((candidate: RestoreCandidate) => boolean) | undefined
  /** Sessions with a higher number start earlier. The default is 0, also for anything that is not a number. */
  priority?: ((candidate: RestoreCandidate) => number) | undefined
  /** Stops the run when it aborts: sessions that were not started are reported as skipped, `aborted`. */
  signal?: AbortSignal | undefined
  /** Called after each result. If it throws, you get an `error` event. */
  onProgress?: ((progress: RestoreProgress) => void) | undefined
}
