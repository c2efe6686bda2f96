import { join } from 'node:path'
import { isSessionError } from '../../errors.js'
import { replaceFile, type ReplaceOptions } from './atomic-file.js'
import { isRecordFileName } from './record-file-name.js'
import { corrupt, readRecordFile } from './record-file.js'
import { RecordNames } from './record-names.js'
import { onDisk } from './storage-failure.js'

/** The table of the names that do not tell whose they are: `[[fileName, type, id], …]`. */
export const NAMES_FILE = '.names.json'

/** One row of the table. */
export type NameRow = [fileName: string, type: string, id: string]

/** Reads the table of a session's folder; most have none. One that is damaged leaves the names that need none. */
export async function readRecordNames(folder: string, sessionId: string): Promise<RecordNames> {
  const path = join(folder, NAMES_FILE)
  try {
    const text = await readRecordFile(path, sessionId)
    if (text === null) return new RecordNames()
    const rows = readRows(text)
    if (rows === null) throw corrupt(path, sessionId, 'it is not the table of record names that this store wrote')
    return namesOf(rows)
  } catch (error) {
    if (!isSessionError(error, 'RECORD_CORRUPT')) throw error
    return new RecordNames([], error)
  }
}

/** Stores the table. */
export async function writeNameRows(folder: string, rows: readonly NameRow[], sessionId: string, options: ReplaceOptions): Promise<void> {
  const path = join(folder, NAMES_FILE)
  await onDisk({ verb: 'write', path, sessionId }, () => replaceFile(path, JSON.stringify(rows), options))
}

/** The rows of a table. */
export function nameRows(names: RecordNames): NameRow[] {
  return names.entries().map(([fileName, { type, id }]) => [fileName, type, id])
}

/** The table of some rows. */
export function namesOf(rows: readonly NameRow[]): RecordNames {
  return new RecordNames(rows.map(([fileName, type, id]) => [fileName, { type, id }]))
}

/** Whether a value is a table. The file names are checked too: one that was tampered with must not lead out of the folder. */
export function areNameRows(rows: unknown): rows is NameRow[] {
  return Array.isArray(rows) && rows.every(isRow)
}

function isRow(row: unknown): row is NameRow {
  return Array.isArray(row) && row.length === 3 && row.every(field => typeof field === 'string') && isRecordFileName(row[0])
}

function readRows(text: string): NameRow[] | null {
  try {
    const rows: unknown = JSON.parse(text)
    return areNameRows(rows) ? rows : null
  } catch {
    return null
  }
}
