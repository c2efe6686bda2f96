import { join } from 'node:path'
import { errorCode, isSessionError } from '../../errors.js'
import type { RecordChange } from '../../store/session-store.js'
import { discard, namesIn, syncFolder, temporaryName, unlinkFile, writeNewFile } from './atomic-file.js'
import { type BatchFinish, finishBatch, formatManifest, MANIFEST_FILE, type PendingBatch, putInPlace, removeRecords } from './batch-manifest.js'
import { BACKUP_FILE, CREDS_FILE, renewBackup } from './creds-backup.js'
import { waitsForDisk } from './filesystem-session-store-options.js'
import { removableRecords } from './folder-contents.js'
import { toFile } from './record-file.js'
import { type BatchFolderView, keyText, nameRows, type RecordNames } from './record-names.js'
import { onDisk } from './storage-failure.js'

/** What one write of a store does to the folder of a session, and how. */
export interface RecordBatch extends BatchRequest, Omit<BatchFinish, 'pending'> {}

/** What came of a batch. */
export interface AppliedBatch {
  /** The names from now on. */
  names: RecordNames
  /** Whether a part of it is still to be carried out; whoever reads the folder has to look at its manifest. */
  isPending: boolean
}

/**
 * Applies a batch, all of it or nothing, whatever happens in the middle. Everything is written under temporary names first, so
 * that what can fail has failed before the first record changes. A single file is renamed then. Several of them count from the
 * moment in which their manifest is in place; what fails after that is carried out later, and no failure of the write.
 */
export async function applyBatch(batch: RecordBatch): Promise<AppliedBatch> {
  const plan = await planBatch(batch)
  if (!isSingle(plan)) return applyTogether(batch, plan)
  await applySingle(batch, plan)
  return { names: plan.names, isPending: false }
}

/** The backup is no part of what a reader sees, and may lag behind. */
function isSingle({ writes, removals, names }: BatchPlan): boolean {
  const files = [...writes.map(({ fileName }) => fileName), ...removals].filter((fileName) => fileName !== BACKUP_FILE)
  return files.length <= 1 && !names.isChanged
}

async function applySingle(batch: RecordBatch, { writes, removals }: BatchPlan): Promise<void> {
  const { folder, sessionId, limit } = batch
  const isDurable = waitsForDisk(batch.durability, [...writes.map(({ fileName }) => fileName), ...removals])
  const [records, backups] = [writes.filter(({ fileName }) => fileName !== BACKUP_FILE), writes.filter(({ fileName }) => fileName === BACKUP_FILE)]
  try {
    await limit.map(records, (file) => prepare(batch, file, isDurable))
    await batch.beforeCommit()
    for (const { temporary, fileName } of records) await putInPlace(join(folder, temporary), join(folder, fileName), sessionId)
  } catch (error) {
    await limit.map(records, ({ temporary }) => discard(join(folder, temporary)))
    throw error
  }
  await limit.map(backups, ({ fileName, text }) => renewBackup(join(folder, fileName), text, { isDurable }))
  await removeRecords(batch, new Set(removals))
  if (isDurable) await onDisk({ verb: 'write', path: folder, sessionId }, () => syncFolder(folder))
}

async function applyTogether(batch: RecordBatch, { writes, removals, names }: BatchPlan): Promise<AppliedBatch> {
  const { folder, sessionId, limit } = batch
  const pending: PendingBatch = {
    writes: new Map(writes.map(({ fileName, temporary }) => [fileName, temporary])),
    removals: new Set(removals),
    names: names.isChanged ? nameRows(names) : null,
  }
  const isDurable = waitsForDisk(batch.durability, [...pending.writes.keys(), ...removals])
  const manifest: PlannedWrite = { fileName: MANIFEST_FILE, text: formatManifest(pending), temporary: temporaryName() }
  const files = [...writes, manifest]
  const discardAll = (): Promise<unknown> => limit.map(files, ({ temporary }) => discard(join(folder, temporary)))
  try {
    await limit.map(files, (file) => prepare(batch, file, isDurable))
    await batch.beforeCommit()
    await putInPlace(join(folder, manifest.temporary), join(folder, MANIFEST_FILE), sessionId)
  } catch (error) {
    await discardAll()
    throw error
  }
  try {
    if (isDurable) await onDisk({ verb: 'write in', path: folder, sessionId }, () => syncFolder(folder))
  } catch (error) {
    if (await withdraw(folder)) await discardAll()
    throw error
  }
  return { names, isPending: await isLeftPending({ ...batch, pending }) }
}

async function prepare({ folder, sessionId }: RecordBatch, { temporary, text }: PlannedWrite, isDurable: boolean): Promise<void> {
  await onDisk({ verb: 'write in', path: folder, sessionId }, () => writeNewFile(join(folder, temporary), text, { isDurable }))
}

/** Takes a manifest back that perhaps never reached the disk, and says whether that worked. */
async function withdraw(folder: string): Promise<boolean> {
  return unlinkFile(join(folder, MANIFEST_FILE)).then(
    () => true,
    (error: unknown) => errorCode(error) === 'ENOENT',
  )
}

async function isLeftPending(finish: BatchFinish): Promise<boolean> {
  try {
    await finishBatch(finish)
    return false
  } catch (error) {
    // Whether the next holder has carried it out cannot be known here.
    if (isSessionError(error, 'STALE_WRITER')) throw error
    return true
  }
}

/** What one write of a store asks for. */
export interface BatchRequest {
  /** The folder of the session. */
  folder: string
  /** The session. */
  sessionId: string
  /** What is to change. */
  changes: readonly RecordChange[]
  /** Whether every other record goes. */
  replaceAll: boolean
  /** The names in force. They stay as they are: the plan has its own. */
  names: RecordNames
  /** The folder as the names are chosen. */
  view: BatchFolderView
}

/** A file that gets a new text. */
export interface PlannedWrite {
  /** The file. */
  fileName: string
  /** What stands in it then. */
  text: string
  /** Where that is written first. */
  temporary: string
}

/** What one write does to the folder of a session. */
export interface BatchPlan {
  /** Files that get a new text. */
  writes: PlannedWrite[]
  /** Files that go. */
  removals: string[]
  /** The names from then on. */
  names: RecordNames
}

/** Decides which files a write changes. */
export async function planBatch(request: BatchRequest): Promise<BatchPlan> {
  const { folder, sessionId, view } = request
  const names = request.replaceAll ? request.names.copyForReplacement() : request.names.copy()
  // Of several changes to one record the last one counts.
  const changes = new Map(request.changes.map((change) => [keyText(change), change]))
  const texts = new Map<string, string>()
  const removals = new Set<string>()
  for (const { type, id, value } of changes.values()) {
    if (value === null) {
      const fileName = names.fileOf({ type, id })
      if (fileName !== null && !(await view.holdsTwin(fileName))) removals.add(fileName)
      continue
    }
    const fileName = await onDisk({ verb: 'read', path: folder, sessionId }, () => names.claim({ type, id }, view))
    view.add(fileName)
    texts.set(fileName, toFile(value))
  }
  if (request.replaceAll) {
    const present = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
    if (present.includes(BACKUP_FILE)) removals.add(BACKUP_FILE)
    for (const fileName of removableRecords(present, names)) removals.add(fileName)
  }
  addBackup(texts, removals)
  for (const fileName of texts.keys()) removals.delete(fileName)
  for (const fileName of removals) names.drop(fileName)
  return { writes: [...texts].map(([fileName, text]) => ({ fileName, text, temporary: temporaryName() })), removals: [...removals], names }
}

/** The backup says what the creds say, and goes when they go. */
function addBackup(texts: Map<string, string>, removals: Set<string>): void {
  const creds = texts.get(CREDS_FILE)
  if (creds !== undefined) texts.set(BACKUP_FILE, creds)
  else if (removals.has(CREDS_FILE)) removals.add(BACKUP_FILE)
}
