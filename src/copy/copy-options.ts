import type { SessionError } from '../errors.js'
import type { SessionFailure, SweepOptions } from '../sweep/sweep-sessions.js'

/** How sessions are to be copied. */
export interface CopyOptions extends SweepOptions {
  /**
   * Replaces a session that the target holds in another state, or of another phone. Without it such a session is refused, since
   * going on from an older state costs messages. What the target held is gone then.
   *
   * @defaultValue false
   */
  overwrite?: boolean | undefined
}

/** What became of a copy: each session is in one of the lists. */
export interface CopyReport {
  /** Copied, and read back from the target record by record. */
  copied: string[]
  /** The target had exactly these records already, or there were none. */
  unchanged: string[]
  /**
   * Not copied, with the reason: `OWNED_ELSEWHERE` for one that is being run, here or there; `ALREADY_PAIRED` when the target has it
   * in another state; `RECORD_CORRUPT`, `WRONG_KEY` or `LEGACY_SESSION` when it cannot be read; `ABORTED`; or what a store said.
   */
  failed: SessionFailure[]
  /** What `onProgress` threw first, as `LISTENER_FAILED`; nothing else came of it. */
  progressError: SessionError | undefined
}
