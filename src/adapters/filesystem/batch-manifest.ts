import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { OperationLimit } from '../../async/order-of-work.js'
import { errorCode } from '../../errors.js'
import { isTemporaryName, renameFile, syncFolder, unlinkFile } from './atomic-file.js'
import { BACKUP_FILE, CREDS_FILE } from './creds-backup.js'
import { type Durability, waitsForDisk } from './filesystem-session-store-options.js'
import { isRecordFileName, readFileBytes } from './record-file.js'
import { areNameRows, type NameRow, writeNameRows } from './record-names.js'
import { onDisk } from './storage-failure.js'

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

/** A batch that counts and is to be carried out, for the first time or again. */
export interface BatchFinish {
  /** The folder of the session. */
  folder: string
  /** The session. */
  sessionId: string
  /** What its manifest says. */
  pending: PendingBatch
  /** How many files may be open. */
  limit: OperationLimit
  /** What a write survives, when it is not left to the record. */
  durability: Durability | undefined
  /** Rejects when somebody else writes this session by now. */
  beforeCommit: () => Promise<void>
}

/** Files that go, and come, after all others: creds must not speak of keys that are not there. */
const LAST_WRITTEN: readonly string[] = [CREDS_FILE, BACKUP_FILE]
/** Files that go before all others. A backup goes before its creds: it must never outlive them. */
const FIRST_REMOVED: readonly string[] = [BACKUP_FILE, CREDS_FILE]

/** Carries out a batch that counts. What was done before is not done again, so it can be repeated as often as it fails. */
export async function finishBatch(finish: BatchFinish): Promise<void> {
  const { folder, sessionId, pending, limit } = finish
  const isDurable = waitsForDisk(finish.durability, [...pending.writes.keys(), ...pending.removals])
  if (pending.names !== null) {
    // The next holder may have carried the batch out, and given more names since.
    await finish.beforeCommit()
    await writeNameRows(folder, pending.names, sessionId, { isDurable })
  }
  const put = ([fileName, temporary]: readonly [string, string]): Promise<void> => putAgain(join(folder, temporary), join(folder, fileName), sessionId)
  const writes = [...pending.writes]
  await limit.map(
    writes.filter(([fileName]) => !LAST_WRITTEN.includes(fileName)),
    put,
  )
  for (const write of writes.filter(([fileName]) => LAST_WRITTEN.includes(fileName))) await put(write)
  // From here on the next holder could be hurt, who has carried it out and gone on.
  await finish.beforeCommit()
  await removeRecords(finish, pending.removals)
  const path = join(folder, MANIFEST_FILE)
  await onDisk({ verb: 'delete', path, sessionId }, async () => {
    if (isDurable) await syncFolder(folder)
    await removeFile(path)
  })
}

/** Renames a prepared file to its name. */
export async function putInPlace(temporary: string, path: string, sessionId: string): Promise<void> {
  await onDisk({ verb: 'write', path, sessionId }, () => renameOver(temporary, path))
}

/** Removes the files of records. */
export async function removeRecords(
  { folder, sessionId, limit }: Pick<BatchFinish, 'folder' | 'sessionId' | 'limit'>,
  fileNames: ReadonlySet<string>,
): Promise<void> {
  const remove = (fileName: string): Promise<void> => {
    const path = join(folder, fileName)
    return onDisk({ verb: 'delete', path, sessionId }, () => removeFile(path))
  }
  for (const fileName of FIRST_REMOVED) if (fileNames.has(fileName)) await remove(fileName)
  await limit.map(
    [...fileNames].filter((fileName) => !FIRST_REMOVED.includes(fileName)),
    remove,
  )
}

/** A temporary file that is gone was renamed before. */
async function putAgain(temporary: string, path: string, sessionId: string): Promise<void> {
  await onDisk({ verb: 'write', path, sessionId }, async () => {
    try {
      await renameOver(temporary, path)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
  })
}

async function renameOver(temporary: string, path: string): Promise<void> {
  try {
    await renameFile(temporary, path)
  } catch (error) {
    if (!FOLDER_IN_PLACE.includes(errorCode(error))) throw error
    // An empty folder in the place of a record, as a container makes it for a mount that is missing, holds nothing to lose.
    await rmdir(path).catch(() => {
      throw error
    })
    await renameFile(temporary, path)
  }
}

/** What systems say to the name of a file that is to become that of a folder. */
const FOLDER_IN_PLACE: readonly string[] = ['EISDIR', 'EEXIST', 'ENOTEMPTY', 'EPERM', 'ENOTDIR']

/** Removes a record's file, or a folder that is in its place. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlinkFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    // A folder in the place of a record: systems disagree on the code.
    if (!['EISDIR', 'EPERM'].includes(errorCode(error))) throw error
    await rm(path, { recursive: true, force: true })
  }
}
