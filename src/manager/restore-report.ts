import type { SessionError } from '../errors.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'
import type { StatusReason } from '../status/status-reasons.js'

/**
 * How a restore ended.
 *
 * - `restored`: connected;
 * - `already_connected`: it was connected before;
 * - `retrying`: the retries of the start are used up, and the session goes on trying by itself;
 * - `skipped`: there was nothing to restore, or it is not to be restored; the reason says which;
 * - `failed`: it was tried, and needs a person.
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
  /** What went wrong, when that is known in detail. */
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
  /** Still trying by themselves. */
  retrying: RestoreResult[]
  /** Not to be restored, or connected before. */
  skipped: RestoreResult[]
  /** Tried, and in need of a person. */
  failed: RestoreResult[]
  /** How long all of it took, in milliseconds. */
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
  /** How many go on trying by themselves. */
  retrying: number
  /** How many were not to be restored. */
  skipped: number
  /** How many need a person. */
  failed: number
  /** The result that came last. */
  result: RestoreResult
}

/** A session that could be restored, before anybody has looked at what is stored. */
export interface RestoreCandidate {
  /** The session. */
  sessionId: string
  /** What the repository knows of it; `null` when it knows nothing, or could not be asked. */
  record: ConnectionRecord | null
}

/** How `restoreAll` is to be done. */
export interface RestoreAllOptions {
  /** How many restores may be under way at once; one whose dial was not answered goes on beside them. Defaults to the manager's `restore.concurrency`. */
  concurrency?: number | undefined
  /** The time between two starts, in milliseconds. Defaults to the manager's `restore.delayMs`. */
  delayMs?: number | undefined
  /** Leaves out sessions for which it returns `false`; they are not in the report. */
  filter?: ((candidate: RestoreCandidate) => boolean) | undefined
  /** Sessions with a higher number are started earlier. All are 0 by default, and so is what is no number. */
  priority?: ((candidate: RestoreCandidate) => number) | undefined
  /** Calls it off: what was not started is reported as skipped, `aborted`. */
  signal?: AbortSignal | undefined
  /** Called after each result. What it throws is reported as an `error` event. */
  onProgress?: ((progress: RestoreProgress) => void) | undefined
}
