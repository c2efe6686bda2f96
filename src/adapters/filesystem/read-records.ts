import { join } from 'node:path'
import type { OperationLimit } from '../../async/order-of-work.js'
import { isSessionError } from '../../errors.js'
import type { RecordKey, StoredRecord } from '../../store/session-store.js'
import { namesIn, onDisk } from './disk.js'
import { assertNotLegacy } from './folder-contents.js'
import { leaseFoldersAmong, readJournal } from './lease-folders.js'
import { PendingChanges } from './pending-changes.js'
import { BACKUP_FILE, CREDS_FILE, isSingleRecord, readRecordFile } from './record-file.js'
import { type BatchFolderView, readRecordNames, RecordNames } from './record-names.js'
import { MANIFEST_FILE, readUnfinishedBatch } from './unfinished-batch.js'

/** A session's folder as it is read: its files, and what journals say beyond them. */
export interface ReadableFolder {
  /** The folder. */
  readonly path: string
  /** The session. */
  readonly sessionId: string
  /** What is not in the files yet. */
  readonly pending: PendingChanges
  /** The table of names. */
  readonly names: () => Promise<RecordNames>
}

/** How often a folder is read again that is changed under the eyes of the reader. */
const LOOKS = 20

/**
 * Reads the folder of a session of which somebody else may have the lease: until twice the same was found, and the journals said the
 * same in between. Of a write of several records, some could be as they were before.
 */
export async function readByStranger<Result>(path: string, sessionId: string, read: (folder: ReadableFolder) => Promise<Result>): Promise<Result> {
  for (let looks = 1; ; looks += 1) {
    const folder = await readJournals(path, sessionId, false)
    const first = await outcomeOf(() => read(folder))
    const isUnchanged = isSame(folder, await readJournals(path, sessionId, false))
    const second = await outcomeOf(() => read(folder))
    if ((isUnchanged && JSON.stringify(first) === JSON.stringify(second)) || looks === LOOKS) {
      if ('error' in second) throw second.error
      return second.result
    }
  }
}

/** What came of reading. */
type Outcome<Result> = { readonly result: Result } | { readonly error: unknown }

async function outcomeOf<Result>(read: () => Promise<Result>): Promise<Outcome<Result>> {
  try {
    return { result: await read() }
  } catch (error) {
    return { error }
  }
}

function isSame(a: ReadableFolder, b: ReadableFolder): boolean {
  return a.pending.replacesAll === b.pending.replacesAll && JSON.stringify(a.pending.all()) === JSON.stringify(b.pending.all())
}

/** Reads what journals say beyond the files of a session, and whatever else of that a crash may have left. */
export async function readJournals(path: string, sessionId: string, isDurable: boolean): Promise<ReadableFolder> {
  const present = await onDisk({ verb: 'list', path, sessionId }, () => namesIn(path))
  const pending = new PendingChanges()
  const batch = present.includes(MANIFEST_FILE) ? await readUnfinishedBatch(path, sessionId) : null
  if (batch !== null) pending.apply(batch.write, isDurable)
  for (const { name } of leaseFoldersAmong(present)) {
    for (const entry of await readJournal(join(path, name), sessionId)) pending.apply(entry, isDurable)
  }
  let names: RecordNames | null = batch?.names ?? null
  return { path, sessionId, pending, names: async () => (names ??= await readRecordNames(path, sessionId)) }
}

/** The keys of all records. */
export function listRecords({ path, sessionId, names, ...folder }: ReadableFolder): Promise<RecordKey[]> {
  return withNames(names, async (table) => {
    // As it is now: what is folded while the files are listed would be in neither.
    const pending = folder.pending.copy()
    const keys: RecordKey[] = []
    const present = pending.replacesAll ? [] : await onDisk({ verb: 'list', path, sessionId }, () => namesIn(path))
    for (const fileName of present) {
      const key = table.recordOf(fileName)
      if (key !== null && pending.valueOf(key) === undefined) keys.push({ ...key })
    }
    for (const { type, id, value } of pending.all()) if (value !== null) keys.push({ type, id })
    return keys
  })
}

/** Reads with the table of names, and again when that has changed meanwhile: a file may have become another record's. */
async function withNames<Result>(names: () => Promise<RecordNames>, read: (table: RecordNames) => Promise<Result>): Promise<Result> {
  for (let looks = 1; ; looks += 1) {
    const table = await names()
    const result = await read(table)
    if (looks === LOOKS || table.isDamaged || (await names()) === table) return result
  }
}

/** How records are read. */
export interface ReadOptions {
  /** How many files may be open. */
  readonly limit: OperationLimit
  /** The folder as its names are told apart. */
  readonly view: () => Promise<BatchFolderView>
}

/** The records among `keys` that exist. */
export function readRecords(folder: ReadableFolder, keys: readonly RecordKey[], { limit, view }: ReadOptions): Promise<StoredRecord[]> {
  const pending = folder.pending.copy()
  const needsNames = needsTable(keys.filter((key) => pending.valueOf(key) === undefined))
  const none = new RecordNames()
  return withNames(needsNames ? folder.names : async () => none, async (table) => {
    const names = await view()
    const found = await limit.map(keys, async ({ type, id }): Promise<StoredRecord | null> => {
      const value = pending.valueOf({ type, id })
      if (value !== undefined) return value === null ? null : { type, id, value }
      const fileName = table.fileOf({ type, id })
      const file = fileName === null || (await names.holdsTwin(fileName)) ? null : await readFile(folder, fileName)
      return file === null ? null : { type, id, ...file }
    })
    const creds = keys.findIndex((key) => key.type === 'creds' && isSingleRecord(key))
    if (creds >= 0 && found[creds] === null) await assertNotLegacy(folder.path, folder.sessionId)
    return found.filter((record) => record !== null)
  })
}

/** Creds and lifecycle need no table of names, and stay readable when it is not. */
export function needsTable(keys: readonly RecordKey[]): boolean {
  return !keys.every(isSingleRecord)
}

/** What the file of a record says. */
type FileContents = Pick<StoredRecord, 'value' | 'restoredFrom'>

async function readFile({ path, sessionId }: ReadableFolder, fileName: string): Promise<FileContents | null> {
  if (fileName === CREDS_FILE) return readCreds(path, sessionId)
  const value = await readRecordFile(join(path, fileName), sessionId)
  return value === null ? null : { value }
}

/** The creds, or their copy when they are there and cannot be read. Creds that are absent stay absent. */
async function readCreds(path: string, sessionId: string): Promise<FileContents | null> {
  let value: string | null
  try {
    value = await readRecordFile(join(path, CREDS_FILE), sessionId)
  } catch (error) {
    const backup = isSessionError(error, 'RECORD_CORRUPT') ? await readBackup(path, sessionId) : null
    if (backup === null) throw error
    return { value: backup, restoredFrom: 'backup' }
  }
  if (value === null) return null
  if (isWholeJson(value)) return { value }
  const backup = await readBackup(path, sessionId)
  return backup !== null && isWholeJson(backup) ? { value: backup, restoredFrom: 'backup' } : { value }
}

async function readBackup(path: string, sessionId: string): Promise<string | null> {
  try {
    return await readRecordFile(join(path, BACKUP_FILE), sessionId)
  } catch (error) {
    // What could not be looked at may be right.
    if (!isSessionError(error, 'RECORD_CORRUPT')) throw error
    return null
  }
}

function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
