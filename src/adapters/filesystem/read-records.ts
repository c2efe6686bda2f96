import { join } from 'node:path'
import { isSessionError } from '../../errors.js'
import type { StoredRecord } from '../../store/session-store.js'
import { namesIn } from './atomic-file.js'
import type { PendingBatch } from './batch-manifest.js'
import { BACKUP_FILE, CREDS_FILE } from './creds-backup.js'
import { readRecordFile } from './record-file.js'
import { onDisk } from './storage-failure.js'

/** A session's folder as it is read: with the batch that counts and is not carried out yet. */
export interface ReadableFolder {
  /** The folder. */
  path: string
  /** The session. */
  sessionId: string
  /** The batch, if there is one. */
  pending: PendingBatch | null
}

/** The value of a record. */
type Found = Pick<StoredRecord, 'value' | 'restoredFrom'>

/** The names of all files, those that the batch adds among them. */
export async function fileNamesIn({ path, sessionId, pending }: ReadableFolder): Promise<Set<string>> {
  const names = new Set(await onDisk({ verb: 'list', path, sessionId }, () => namesIn(path)))
  for (const fileName of pending?.removals ?? []) names.delete(fileName)
  for (const fileName of pending?.writes.keys() ?? []) names.add(fileName)
  return names
}

/** What a record's file says, or `null` when there is none. */
export async function readRecord(folder: ReadableFolder, fileName: string): Promise<Found | null> {
  if (fileName === CREDS_FILE) return readCreds(folder)
  const value = await readText(folder, fileName)
  return value === null ? null : { value }
}

/** The creds, or their backup when they are there and cannot be read. Creds that are absent stay absent. */
async function readCreds(folder: ReadableFolder): Promise<Found | null> {
  let value: string | null
  try {
    value = await readText(folder, CREDS_FILE)
  } catch (error) {
    const backup = isSessionError(error, 'RECORD_CORRUPT') ? await readBackup(folder) : null
    if (backup === null) throw error
    return { value: backup, restoredFrom: 'backup' }
  }
  if (value === null) return null
  if (isWholeJson(value)) return { value }
  const backup = await readBackup(folder)
  return backup !== null && isWholeJson(backup) ? { value: backup, restoredFrom: 'backup' } : { value }
}

async function readBackup(folder: ReadableFolder): Promise<string | null> {
  try {
    return await readText(folder, BACKUP_FILE)
  } catch (error) {
    // What could not be looked at may be right.
    if (!isSessionError(error, 'RECORD_CORRUPT')) throw error
    return null
  }
}

async function readText({ path, sessionId, pending }: ReadableFolder, fileName: string): Promise<string | null> {
  if (pending?.removals.has(fileName) === true) return null
  const temporary = pending?.writes.get(fileName)
  // One that is gone was renamed by now.
  const text = temporary === undefined ? null : await readRecordFile(join(path, temporary), sessionId)
  return text ?? readRecordFile(join(path, fileName), sessionId)
}

function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
