import { join } from 'node:path'
import { isTemporaryName } from './atomic-file.js'
import { BACKUP_FILE } from './creds-backup.js'
import { isRecordFileName } from './record-file-name.js'
import { readFileBytes } from './record-file.js'
import { areNameRows, type NameRow } from './record-names-file.js'

/** Where a batch of several changes is told of, from the moment in which it counts until it is carried out. */
export const MANIFEST_FILE = '.batch.json'

/** What is still to be done to a session's folder for a batch that counts. */
export interface PendingBatch {
  /** Files with a new text, and the temporary file that holds it until it is renamed. */
  readonly writes: ReadonlyMap<string, string>
  /** Files that go. */
  readonly removals: ReadonlySet<string>
  /** The table of names from then on; `null` when it stays as it is. */
  readonly names: readonly NameRow[] | null
}

/** A batch as it stands in its manifest. */
export function formatManifest({ writes, removals, names }: PendingBatch): string {
  return JSON.stringify({ writes: [...writes].map(([fileName, temporary]) => [temporary, fileName]), removals: [...removals], names })
}

/**
 * The batch that a folder's manifest tells of, or `null` when there is none. One that is not whole never reached the disk before
 * power was lost, so its batch never counted.
 */
export async function readManifest(folder: string, sessionId: string): Promise<PendingBatch | null> {
  const bytes = await readFileBytes(join(folder, MANIFEST_FILE), sessionId)
  return bytes === null ? null : parseManifest(bytes.toString())
}

// What it names is checked: a manifest that was tampered with must not lead out of the folder.
function parseManifest(text: string): PendingBatch | null {
  const fields = parseFields(text)
  const [writes, removals, names] = [fields.get('writes'), fields.get('removals'), fields.get('names')]
  if (!isListOf(writes, isWrite) || !isListOf(removals, isTarget) || !(names === null || areNameRows(names))) return null
  return { writes: new Map(writes.map(([temporary, fileName]) => [fileName, temporary])), removals: new Set(removals), names }
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
