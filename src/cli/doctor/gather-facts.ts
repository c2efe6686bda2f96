import { type FolderInspection, inspectFolder } from './inspect-folder.js'
import { readStoredSession } from '../../auth/stored-session.js'
import type { SessionError } from '../../errors.js'
import { asStoreError } from '../../store/store-failure.js'
import type { StoreName } from '../store-name.js'
import { READ_TIMEOUT_MS } from '../read-timeout.js'
import type { StoreView } from '../store-view.js'
import { countRecords } from './record-census.js'
import type { RecordCensus, SessionFacts } from './session-facts.js'

const NO_RECORDS: RecordCensus = Object.freeze({
  total: 0, plain: 0, encrypted: 0, locked: 0, underOldKey: 0, unreadable: 0, hasRestoredCreds: false, hasLifecycle: false,
})

/** Looks at one session and changes nothing. Never rejects: what could not be looked at is a fact, too. */
export async function gatherFacts(name: StoreName, view: StoreView, sessionId: string): Promise<SessionFacts> {
  const failures: SessionError[] = []
  const attempt = async <Fact>(work: Promise<Fact>, otherwise: Fact): Promise<Fact> => {
    try {
      return await work
    } catch (cause) {
      failures.push(asStoreError(sessionId, cause))
      return otherwise
    }
  }
  const stored = await readStoredSession(view.open, sessionId, READ_TIMEOUT_MS).catch((cause: unknown) => ({ kind: 'unavailable' as const, error: asStoreError(sessionId, cause) }))
  const hasKeys = view.currentKeyId !== null
  // A browser profile is not ours to look through.
  if (stored.kind === 'legacy') return { sessionId, stored, records: NO_RECORDS, owner: null, folder: null, hasKeys, failures }
  return {
    sessionId,
    stored,
    owner: await attempt(view.raw.lock.owner(sessionId), null),
    records: await attempt(countRecords(view, sessionId, READ_TIMEOUT_MS), NO_RECORDS),
    folder: await attempt(lookAtFolder(name, sessionId), null),
    hasKeys,
    failures,
  }
}

/** What the file system knows of a session; `null` when it is no store of files, or has no folder. */
export async function lookAtFolder(name: StoreName, sessionId: string): Promise<FolderInspection | null> {
  return name.kind === 'fs' ? inspectFolder(name.path, name.prefix, sessionId) : null
}
