import { join } from 'node:path'
import type { RecordChange } from '../../store/session-store.js'
import { isTemporaryName } from './disk.js'
import type { RecordWrite } from './journal-entry.js'
import { BACKUP_FILE, isRecordFileName, MAX_RECORD_BYTES, readFileBytes, readRecordFile } from './record-file.js'
import { areNameRows, type NameRow, namesOf, readRecordNames, type RecordNames } from './record-names.js'

/**
 * Where versions without a journal told of a write of several records, from the moment in which it counted until it was carried out. One
 * that was cut off by a crash is still there.
 */
export const MANIFEST_FILE = '.batch.json'

/** A write that such a version had decided on. */
export interface UnfinishedBatch {
  /** What is still to be done of it. */
  readonly write: RecordWrite
  /** The names from then on, which may not be stored yet. */
  readonly names: RecordNames
}

/** What a manifest says. */
interface Manifest {
  /** Files with a new text, and the temporary file that holds it until it is renamed. */
  readonly writes: ReadonlyMap<string, string>
  /** Files that go. */
  readonly removals: readonly string[]
  /** The table of names from then on; `null` when it stays as it is. */
  readonly names: readonly NameRow[] | null
}

/**
 * The write that the manifest in a session's folder tells of, or `null` when there is none. One that is not whole never reached the disk
 * before power was lost, so its write never counted.
 */
export async function readUnfinishedBatch(folder: string, sessionId: string): Promise<UnfinishedBatch | null> {
  const bytes = await readFileBytes(join(folder, MANIFEST_FILE), sessionId, MAX_RECORD_BYTES)
  const manifest = bytes === null ? null : parseManifest(bytes.toString())
  if (manifest === null) return null
  const names = manifest.names === null ? await readRecordNames(folder, sessionId) : namesOf(manifest.names).asChanged()
  const changes: RecordChange[] = []
  for (const [fileName, temporary] of manifest.writes) {
    const key = fileName === BACKUP_FILE ? null : names.recordOf(fileName)
    // One that is gone was renamed by then.
    const value = key === null ? null : await readRecordFile(join(folder, temporary), sessionId)
    if (key !== null && value !== null) changes.push({ ...key, value })
  }
  for (const fileName of manifest.removals) {
    const key = fileName === BACKUP_FILE ? null : names.recordOf(fileName)
    if (key !== null) changes.push({ ...key, value: null })
  }
  return { write: { changes, replaceAll: false }, names }
}

// What it names is checked: a manifest that was tampered with must not lead out of the folder.
function parseManifest(text: string): Manifest | null {
  const fields = parseFields(text)
  const [writes, removals, names] = [fields.get('writes'), fields.get('removals'), fields.get('names')]
  if (!isListOf(writes, isWrite) || !isListOf(removals, isTarget) || !(names === null || areNameRows(names))) return null
  return { writes: new Map(writes.map(([temporary, fileName]) => [fileName, temporary])), removals, names }
}

function parseFields(text: string): Map<string, unknown> {
  try {
    const fields: unknown = JSON.parse(text)
    return new Map(typeof fields === 'object' && fields !== null ? Object.entries(fields) : [])
  } catch {
    return new Map()
  }
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(isItem)
}

function isWrite(pair: unknown): pair is [temporary: string, fileName: string] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && isTemporaryName(pair[0]) && isTarget(pair[1])
}

function isTarget(fileName: unknown): fileName is string {
  return fileName === BACKUP_FILE || isRecordFileName(fileName)
}
