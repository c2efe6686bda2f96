import { join } from 'node:path'
import { replaceFile } from './atomic-file.js'
import { isRecordFileName } from './record-file-name.js'
import { corrupt, readRecordFile } from './record-file.js'
import { RecordNames } from './record-names.js'
import { onDisk } from './storage-failure.js'

/** The table of the names that do not tell whose they are: `[[fileName, type, id], …]`. */
const NAMES_FILE = '.names.json'

/** Reads the table of a session's folder; most have none. */
export async function readRecordNames(folder: string, sessionId: string): Promise<RecordNames> {
  const path = join(folder, NAMES_FILE)
  const text = await readRecordFile(path, sessionId)
  if (text === null) return new RecordNames()
  const rows = parseRows(text)
  if (rows === null) throw corrupt(path, sessionId, 'it is not the table of record names that this store wrote')
  return new RecordNames(rows.map(([fileName, type, id]) => [fileName, { type, id }]))
}

/** Stores the table, when it changed. */
export async function writeRecordNames(folder: string, names: RecordNames, sessionId: string): Promise<void> {
  if (!names.isChanged) return
  const path = join(folder, NAMES_FILE)
  const rows: Row[] = names.entries().map(([fileName, { type, id }]) => [fileName, type, id])
  await onDisk({ verb: 'write', path, sessionId }, () => replaceFile(path, JSON.stringify(rows), { isDurable: false }))
}

type Row = [fileName: string, type: string, id: string]

function parseRows(text: string): Row[] | null {
  try {
    const rows: unknown = JSON.parse(text)
    return Array.isArray(rows) && rows.every(isRow) ? rows : null
  } catch {
    return null
  }
}

// The file names are checked too: a table that was tampered with must not lead out of the folder.
function isRow(row: unknown): row is Row {
  return Array.isArray(row) && row.length === 3 && row.every(field => typeof field === 'string') && isRecordFileName(row[0])
}
