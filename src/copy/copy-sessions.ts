import type { SessionError } from '../errors.js'
import { requireOptions } from '../option-checks.js'
import { type SessionFailure, type BatchOptions, runBatch } from '../store/session-batch.js'
import type { SessionStore } from '../store/session-store.js'
import { copySession } from './copy-session.js'

const NAMES = Object.keys({ sessions: 0, onProgress: 0, signal: 0, overwrite: 0 } satisfies Record<keyof CopyOptions, 0>)

/**
 * Copies sessions from one store to another, whatever their kinds: the way from `useMultiFileAuthState` or a folder to a database,
 * and back. The source's records never change.
 *
 * Session by session, each under the leases of both stores, so one that is being run is refused and the others go on. All records of
 * one are read, written in one step, and read back. Whatever stops it, a session is in the target whole or not at all; run again, it
 * goes on where it was. One record that cannot be read fails its session, of which nothing is written then.
 *
 * It copies what the stores hand out: from an encrypted store to a plain one it decrypts, and the other way round it encrypts.
 * Resolves with the report as it stands when the signal aborts.
 *
 * @throws TypeError or RangeError for an argument that cannot be used; SessionError when the source cannot list its sessions.
 */
export async function copySessions(from: SessionStore, to: SessionStore, options: CopyOptions = {}): Promise<CopyReport> {
  if (from === to) throw new RangeError('copySessions() needs two different stores, but both are the same.')
  requireOptions('', options, NAMES)
  const { overwrite = false, signal } = options
  const { changed, unchanged, failed, progressError } = await runBatch(from, options, (sessionId) =>
    copySession({ from, to, sessionId, overwrite, isAskedFor: options.sessions !== undefined, signal }),
  )
  return { copied: changed, unchanged, failed, progressError }
}

/** How sessions are to be copied. */
export interface CopyOptions extends BatchOptions {
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
