import { missingKeys, needsKeys } from '../encryption/missing-keys.js'
import { SessionError } from '../errors.js'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionStore, type StoredRecord } from '../store/session-store.js'
import { requireRecords } from '../store/read-answer.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import { withDeadline } from '../time/deadline.js'
import { decodeLifecycle, freshLifecycle, type Lifecycle } from './lifecycle-record.js'
import { inspectStoredCreds, type StoredCreds } from './stored-creds.js'

/** What a store holds of a session, or why nobody can tell. */
export type StoredSession =
  | { readonly kind: 'absent'; readonly lifecycle: Lifecycle }
  | { readonly kind: 'readable'; readonly creds: Exclude<StoredCreds, { kind: 'corrupt' }>; readonly text: string; readonly lifecycle: Lifecycle; readonly isBackup: boolean }
  | { readonly kind: 'corrupt'; readonly error: SessionError }
  | { readonly kind: 'wrong-key'; readonly error: SessionError }
  | { readonly kind: 'legacy'; readonly error: SessionError }
  | { readonly kind: 'unavailable'; readonly error: SessionError }

/**
 * Reads creds and lifecycle of one session in one call, and says what they amount to. Rejects only with `INVALID_SESSION_ID`, when the
 * store cannot keep this id: that is for the caller to mend.
 */
export async function readStoredSession(store: SessionStore, sessionId: string, timeoutMs: number): Promise<StoredSession> {
  try {
    const records = await withDeadline(store.read(sessionId, [CREDS_KEY, LIFECYCLE_KEY]), timeoutMs, () => storeTimeout(sessionId, 'read', timeoutMs))
    return judge(sessionId, requireRecords(records))
  } catch (cause) {
    return explainFailure(sessionId, cause)
  }
}

function explainFailure(sessionId: string, cause: unknown): StoredSession {
  const error = asStoreError(sessionId, cause)
  if (error.code === 'INVALID_SESSION_ID') throw error
  if (error.code === 'RECORD_CORRUPT') return { kind: 'corrupt', error }
  if (error.code === 'WRONG_KEY') return { kind: 'wrong-key', error }
  if (error.code === 'LEGACY_SESSION') return { kind: 'legacy', error }
  return { kind: 'unavailable', error }
}

function judge(sessionId: string, records: readonly StoredRecord[]): StoredSession {
  const text = valueOf(records, CREDS_KEY.type)
  const isBackup = records.some(({ type, restoredFrom }) => type === CREDS_KEY.type && restoredFrom !== undefined)
  const lifecycle = valueOf(records, LIFECYCLE_KEY.type)
  if (needsKeys(text) || needsKeys(lifecycle)) return { kind: 'wrong-key', error: missingKeys(sessionId) }
  const remembered = lifecycle === undefined ? null : decodeLifecycle(lifecycle)
  if (text === undefined) return { kind: 'absent', lifecycle: remembered ?? freshLifecycle(null) }
  const creds = inspectStoredCreds(text)
  if (creds.kind === 'corrupt') {
    return { kind: 'corrupt', error: new SessionError('RECORD_CORRUPT',
      `The saved credentials of session "${sessionId}" cannot be read: ${creds.problem}. Nothing was changed. Restore them from a backup. Only when there is none, delete the session and pair again.`, { sessionId }) }
  }
  return { kind: 'readable', creds, text, lifecycle: lifecycleOf(remembered, creds.identity), isBackup }
}

/** What is remembered counts only for the identity it speaks of: somebody may have paired again with stock Baileys. */
function lifecycleOf(remembered: Lifecycle | null, identity: string): Lifecycle {
  return remembered !== null && remembered.identity === identity ? remembered : freshLifecycle(identity)
}

function valueOf(records: readonly StoredRecord[], type: string): string | undefined {
  return records.find(record => record.type === type && record.id === '')?.value
}
