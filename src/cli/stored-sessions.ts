import { join } from 'node:path'
import { BACKUP_FILE, CREDS_FILE, readRecordFile } from '../adapters/filesystem/record-file.js'
import { needsKeys, readStoredText } from '../encryption/envelope.js'
import { isSessionError } from '../errors.js'
import { withLease } from '../lease/session-lock.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordKey, type SessionStore } from '../store/session-store.js'
import { asStoreError } from '../store/store-failure.js'
import { inspectFolder } from './doctor/inspect-folder.js'
import { inspectJournals } from './doctor/inspect-journals.js'
import { countRecords } from './doctor/record-census.js'
import type { SessionsFolder } from './stores/sessions-folder.js'
import { READ_TIMEOUT_MS, type StoreView } from './store-view.js'

/** Whether a store holds anything that is encrypted. Every session is looked at: some may have been stored before, or after, the others were encrypted. */
export async function holdsSealedSession(store: SessionStore): Promise<boolean> {
  for await (const sessionId of store.list()) {
    for (const key of [CREDS_KEY, LIFECYCLE_KEY]) if (await isSealed(store, sessionId, key)) return true
    const key = await firstKey(store, sessionId)
    if (key !== null && (await isSealed(store, sessionId, key))) return true
  }
  return false
}

/** Whether any record of these sessions is encrypted. Every record is looked at, until one is. */
export async function holdsSealedRecord(store: SessionStore, sessionIds: readonly string[], signal: AbortSignal): Promise<boolean> {
  const view: StoreView = { raw: store, open: store, currentKeyId: null }
  for (const sessionId of sessionIds) {
    if (signal.aborted) break
    // What cannot be read is told of when it is to be encrypted.
    const { encrypted } = await countRecords(view, sessionId, READ_TIMEOUT_MS).catch(() => ({ encrypted: 0 }))
    if (encrypted > 0) return true
  }
  return false
}

/** A Signal key stands for the others of its session. */
async function firstKey(store: SessionStore, sessionId: string): Promise<RecordKey | null> {
  try {
    for await (const key of store.records(sessionId)) if (key.id !== '') return key
  } catch {
    // It is told of when the session is copied.
  }
  return null
}

/** What cannot be read is not, as far as anybody can tell. */
async function isSealed(store: SessionStore, sessionId: string, key: RecordKey): Promise<boolean> {
  const [record] = await store.read(sessionId, [key]).catch(() => [])
  return needsKeys(record?.value)
}

/** A store of files, and the key that everything in it is to be under. */
export interface CredsCopies {
  readonly store: SessionStore
  readonly folder: SessionsFolder
  readonly currentKeyId: string
}

/**
 * Brings the copies of credentials under the current key that were not written with them: a write that was cut off leaves the older
 * one, and one whose credentials are gone is no record at all. Resolves with what is left as it was, a sentence each; so is a journal that
 * could not be brought into the files.
 */
export async function renewCredsCopies(copies: CredsCopies, sessionIds: readonly string[]): Promise<string[]> {
  const left: string[] = []
  for (const sessionId of sessionIds) {
    try {
      const path = await renewCopy(copies, sessionId)
      if (path !== null)
        left.push(
          `${path} contains a copy of credentials that is not encrypted with the current key, and it could not be renewed. If there is no ${CREDS_FILE} next to it, rename it to that and run this again, with --allow-plain if it is plain; otherwise delete it.`,
        )
      const journal = await findLeftJournal(copies, sessionId)
      if (journal !== null)
        left.push(
          `A journal in ${journal} may have older values that are not encrypted, and it could not be brought into the files. Run "doctor --repair", which says why.`,
        )
    } catch (error) {
      left.push(asStoreError(sessionId, error).message)
    }
  }
  return left
}

/** Whether the copy of the credentials of one of these sessions is encrypted: then they were once, whatever they are now. */
export async function holdsSealedCopy(sessions: SessionsFolder, sessionIds: readonly string[]): Promise<boolean> {
  for (const sessionId of sessionIds) {
    const folder = await inspectFolder(sessions, sessionId).catch(() => null)
    if (folder === null || !folder.hasBackup) continue
    const text = await readRecordFile(join(folder.path, BACKUP_FILE), sessionId).catch(() => null)
    if (text !== null && needsKeys(text)) return true
  }
  return false
}

/** Resolves with the path of a copy that is left as it was. */
async function renewCopy(copies: CredsCopies, sessionId: string): Promise<string | null> {
  if ((await findOldCopy(copies, sessionId)) === null) return null
  await rewriteCreds(copies.store, sessionId)
  return findOldCopy(copies, sessionId)
}

/** The path of a copy that is not under the current key. */
async function findOldCopy({ folder: sessions, currentKeyId }: CredsCopies, sessionId: string): Promise<string | null> {
  const folder = await inspectFolder(sessions, sessionId)
  if (folder === null || !folder.hasBackup) return null
  const path = join(folder.path, BACKUP_FILE)
  return (await isCurrent(path, sessionId, currentKeyId)) ? null : path
}

/** The folder of a session that nobody runs, and that has a journal all the same: the lease that was given back has folded all others. */
async function findLeftJournal({ store, folder: sessions }: CredsCopies, sessionId: string): Promise<string | null> {
  const folder = await inspectFolder(sessions, sessionId)
  if (folder === null || (await inspectJournals(folder.path, sessionId)) === null) return null
  return (await store.lock.owner(sessionId)) === null ? folder.path : null
}

/** One that is damaged is not: plain text may be left in it. */
async function isCurrent(path: string, sessionId: string, currentKeyId: string): Promise<boolean> {
  try {
    const text = await readRecordFile(path, sessionId)
    if (text === null) return true
    const stored = readStoredText(text)
    return stored.kind === 'sealed' && stored.envelope.keyId === currentKeyId
  } catch (error) {
    if (isSessionError(error, 'RECORD_CORRUPT')) return false
    throw error
  }
}

/** As they are: the store writes their copy with them. */
async function rewriteCreds(store: SessionStore, sessionId: string): Promise<void> {
  await withLease(store.lock, sessionId, async ({ fencingToken }) => {
    const [creds] = await store.read(sessionId, [CREDS_KEY])
    if (creds !== undefined) await store.write(sessionId, [{ ...CREDS_KEY, value: creds.value }], { fencingToken })
  })
}
