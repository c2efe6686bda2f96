import type { RecordChange } from '../../store/session-store.js'
import { temporaryName } from './atomic-file.js'
import { BACKUP_FILE, CREDS_FILE } from './creds-backup.js'
import { removableRecords } from './folder-contents.js'
import { namesIn } from './folder-names.js'
import { toFile } from './record-file.js'
import type { BatchFolderView } from './record-folder-view.js'
import { keyText, type RecordNames } from './record-names.js'
import { onDisk } from './storage-failure.js'

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
  const changes = new Map(request.changes.map(change => [keyText(change), change]))
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
