import type { SessionError } from '../errors.js'
import { requireOptions } from '../option-checks.js'
import { type SessionFailure, type BatchOptions, runBatch } from '../store/session-batch.js'
import { requireStore } from '../store/require-store.js'
import type { SessionStore } from '../store/session-store.js'
import { copySession } from './copy-session.js'

const NAMES = Object.keys({ sessions: 0, onProgress: 0, signal: 0, overwrite: 0 } satisfies Record<keyof CopyOptions, 0>)

/**
 * Copies sessions from one store to another of any kind, for example from `useMultiFileAuthState` or a folder to a database, and
 * back. The source's records never change.
 *
 * It copies one session at a time, under the leases of both stores, so a running session is refused and the others continue. It
 * reads all records of a session, writes them in one step, and reads them back. Whatever stops it, the target has a session
 * completely or not at all; run it again to continue. If one record cannot be read, its session fails, and nothing of it is
 * written.
 *
 * It copies what the stores return: from an encrypted store to a plain one it decrypts, and the other way round it encrypts. If the
 * signal aborts, it resolves with the report so far.
 * @throws TypeError or RangeError for an argument that cannot be used; SessionError when the source cannot list its sessions.
 */
export async function copySessions(from: SessionStore, to: SessionStore, options: CopyOptions = {}): Promise<CopyReport> {
  requireStore('from', from)
  requireStore('to', to)
  if (from === to) throw new RangeError('copySessions() needs two different stores, but both are the same.')
  requireOptions('', options, NAMES)
  const { overwrite = false, signal } = options
  const { changed, unchanged, failed, progressError } = await runBatch(from, options, (sessionId) =>
    copySession({ from, to, sessionId, overwrite, isAskedFor: options.sessions !== undefined, signal }),
  )
  return { copied: changed, unchanged, failed, progressError }
}

/** The options of `copySessions`. */
export interface CopyOptions extends BatchOptions {
  /**
   * Replaces a session that differs in the target, or belongs to another phone there. Without it, such a session is refused,
   * because messages are lost if you continue from an older state. What the target had is gone then.
   *
   * @defaultValue false
   */
  overwrite?: boolean | undefined
}

/** The result of a copy: each session is in one of the lists. */
export interface CopyReport {
  /** Copied, and read back from the target record by record. */
  copied: string[]
  /** The target already had exactly these records, or there were none. */
  unchanged: string[]
  /**
   * Not copied, with the reason: `OWNED_ELSEWHERE` if it is running, here or there; `ALREADY_PAIRED` if the target has it in
   * another state; `RECORD_CORRUPT`, `WRONG_KEY` or `LEGACY_SESSION` if it cannot be read; `ABORTED`; or what a store reported.
   */
  failed: SessionFailure[]
  /** The first error that `onProgress` threw, as `LISTENER_FAILED`; it changed nothing else. */
  progressError: SessionError | undefined
}
