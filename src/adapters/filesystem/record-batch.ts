import { rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordChange } from '../../store/session-store.js'
import { discard, syncFolder, writeTemporary } from './atomic-file.js'
import { namesIn } from './legacy-session.js'
import type { OperationLimit } from './operation-limit.js'
import { isSingleRecord } from './record-file-name.js'
import { toFile } from './record-file.js'
import type { BatchFolderView } from './record-folder-view.js'
import { writeRecordNames } from './record-names-file.js'
import { type RecordNames, keyText } from './record-names.js'
import { onDisk } from './storage-failure.js'
import { errorCode } from '../../system/system-error.js'

/** What one write of a store does to the folder of a session. */
export interface RecordBatch {
  /** The folder. */
  folder: string
  /** The session. */
  sessionId: string
  /** What is to change. */
  changes: readonly RecordChange[]
  /** Whether every other record goes. */
  replaceAll: boolean
  /** The names in force. */
  names: RecordNames
  /** The folder as the names are chosen. */
  view: BatchFolderView
  /** How many files may be open. */
  limit: OperationLimit
  /** Called when everything is prepared: rejects when it must not be done after all. */
  beforeCommit: () => Promise<void>
}

interface PreparedFile {
  fileName: string
  value: string
  /** Creds and lifecycle are worth a wait for the disk; keys are many. */
  isDurable: boolean
  temporary: string
}

const CREDS_FILE = 'creds.json'

/**
 * Applies a batch. Everything is written under temporary names first, so that what can fail has failed before the first
 * record changes. Creds come after the keys that they speak of, and nothing is removed before all is written.
 */
export async function applyBatch(batch: RecordBatch): Promise<void> {
  const { writes, removals } = await planBatch(batch)
  try {
    await batch.limit.map(writes, async file => {
      const action = { verb: 'write in', path: batch.folder, sessionId: batch.sessionId }
      file.temporary = await onDisk(action, () => writeTemporary(batch.folder, toFile(file.value), file))
    })
    await batch.beforeCommit()
    await commitWrites(batch, writes)
  } catch (error) {
    await batch.limit.map(writes.filter(file => file.temporary !== ''), file => discard(file.temporary))
    throw error
  }
  await commitRemovals(batch, removals)
}

async function planBatch(batch: RecordBatch): Promise<{ writes: PreparedFile[]; removals: string[] }> {
  const { names, view } = batch
  // Of several changes to one record the last one counts.
  const changes = new Map(batch.changes.map(change => [keyText(change), change]))
  const writes: PreparedFile[] = []
  const removals = new Set<string>()
  for (const { type, id, value } of changes.values()) {
    const fileName = value === null
      ? names.fileOf({ type, id })
      : await onDisk({ verb: 'read', path: batch.folder, sessionId: batch.sessionId }, () => names.claim({ type, id }, view))
    if (fileName === null) continue
    if (value === null) {
      if (!(await view.holdsTwin(fileName))) removals.add(fileName)
      continue
    }
    view.add(fileName)
    writes.push({ fileName, value, isDurable: isSingleRecord({ type, id }), temporary: '' })
  }
  if (batch.replaceAll) {
    for (const fileName of await namesIn(batch.folder)) if (names.recordOf(fileName) !== null) removals.add(fileName)
  }
  for (const { fileName } of writes) removals.delete(fileName)
  return { writes, removals: [...removals] }
}

async function commitWrites(batch: RecordBatch, writes: readonly PreparedFile[]): Promise<void> {
  const { folder, sessionId, limit } = batch
  await writeRecordNames(folder, batch.names, sessionId)
  const put = (file: PreparedFile): Promise<void> => {
    const path = join(folder, file.fileName)
    return onDisk({ verb: 'write', path, sessionId }, async () => {
      await rename(file.temporary, path)
      file.temporary = ''
    })
  }
  await limit.map(writes.filter(file => file.fileName !== CREDS_FILE), put)
  await limit.map(writes.filter(file => file.fileName === CREDS_FILE), put)
  if (writes.some(file => file.isDurable)) await onDisk({ verb: 'write', path: folder, sessionId }, () => syncFolder(folder))
}

async function commitRemovals(batch: RecordBatch, removals: readonly string[]): Promise<void> {
  if (removals.length === 0) return
  const { folder, sessionId, names, limit } = batch
  const remove = (fileName: string): Promise<void> => {
    const path = join(folder, fileName)
    return onDisk({ verb: 'delete', path, sessionId }, () => removeRecord(path))
  }
  // Creds go before the keys that they speak of.
  await limit.map(removals.filter(fileName => fileName === CREDS_FILE), remove)
  await limit.map(removals.filter(fileName => fileName !== CREDS_FILE), remove)
  for (const fileName of removals) names.drop(fileName)
  await writeRecordNames(folder, names, sessionId)
  if (batch.replaceAll || removals.includes(CREDS_FILE)) await onDisk({ verb: 'delete', path: folder, sessionId }, () => syncFolder(folder))
}

async function removeRecord(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    // A folder in the place of a record: systems disagree on the code.
    await rm(path, { recursive: true, force: true })
  }
}
