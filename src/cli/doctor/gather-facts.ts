import { readStoredSession } from '../../auth/stored-session.js'
import type { SessionError } from '../../errors.js'
import { asStoreError } from '../../store/store-failure.js'
import { findMisnomer } from '../misnamed-store.js'
import type { OpenedStore, StoreName } from '../stores/store-name.js'
import { READ_TIMEOUT_MS, type StoreView } from '../store-view.js'
import type { RecordCensus, SessionFacts } from './diagnosis.js'
import type { ExaminedStore } from './doctor-report.js'
import type { Finding } from './finding.js'
import { type FolderInspection, inspectDirectory, inspectFolder } from './inspect-folder.js'
import { inspectJournals, type JournalInspection } from './inspect-journals.js'
import { adviseOnInodes } from './size-advice.js'
import { countRecords } from './record-census.js'

const NO_RECORDS: RecordCensus = Object.freeze({
  total: 0,
  preKeys: 0,
  plain: 0,
  encrypted: 0,
  locked: 0,
  underOldKey: 0,
  unreadable: 0,
  hasRestoredCreds: false,
  hasLifecycle: false,
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
  const stored = await readStoredSession(view.open, sessionId, READ_TIMEOUT_MS).catch((cause: unknown) => ({
    kind: 'unavailable' as const,
    error: asStoreError(sessionId, cause),
  }))
  const hasKeys = view.currentKeyId !== null
  // A browser profile is not ours to look through.
  if (stored.kind === 'legacy') return { sessionId, stored, records: NO_RECORDS, owner: null, folder: null, journal: null, hasKeys, failures }
  const folder = await attempt(lookAtFolder(name, sessionId), null)
  return {
    sessionId,
    stored,
    owner: await attempt(view.raw.lock.owner(sessionId), null),
    records: await attempt(countRecords(view, sessionId, READ_TIMEOUT_MS), NO_RECORDS),
    folder,
    journal: await attempt(lookAtJournals(folder, sessionId), null),
    hasKeys,
    failures,
  }
}

/** What the file system knows of a session; `null` when it is no store of files, or has no folder. */
export async function lookAtFolder({ folder }: StoreName, sessionId: string): Promise<FolderInspection | null> {
  return folder === null ? null : inspectFolder(folder, sessionId)
}

/** What is in journals in the folder of a session, where there is one. */
export async function lookAtJournals(folder: FolderInspection | null, sessionId: string): Promise<JournalInspection | null> {
  return folder === null ? null : inspectJournals(folder.path, sessionId)
}

/** Looks at a store as a whole. Rejects when its server does not answer. */
export async function examineStore(name: StoreName, { server }: OpenedStore, hasSessions: boolean): Promise<ExaminedStore> {
  if (server === null) return { store: name.text, server, findings: await examineFolder(name, hasSessions) }
  const { warnings, ...reported } = await server.report()
  const findings = warnings.map((message) => ({ code: 'server_may_lose_sessions' as const, message, needsPerson: true, canRepair: false }))
  return { store: name.text, server: reported, findings }
}

async function examineFolder(name: StoreName, hasSessions: boolean): Promise<Finding[]> {
  if (name.folder === null) return []
  const { path } = name.folder
  const { mode, isWritableByOthers, inodes } = await inspectDirectory(path)
  const findings: Finding[] = adviseOnInodes(inodes, path)
  if (isWritableByOthers) {
    findings.push({
      code: 'directory_writable',
      message: `Users other than the owner can move sessions in and out of ${path}: its mode is ${mode.toString(8).padStart(4, '0')}. Restrict it with chmod if nobody else needs it.`,
      needsPerson: true,
      canRepair: false,
    })
  }
  const misnomer = await findMisnomer(name, hasSessions)
  if (misnomer !== null) findings.push({ ...misnomer, needsPerson: true, canRepair: false })
  return findings
}
