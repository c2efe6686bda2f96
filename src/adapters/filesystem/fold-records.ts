import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { OperationLimit } from '../../async/order-of-work.js'
import { errorCode } from '../../errors.js'
import { discard, namesIn, onDisk, removeThrough, renameFile, syncFolder, temporaryName, writeNewFile } from './disk.js'
import { removableRecords } from './folder-contents.js'
import type { PendingChange } from './pending-changes.js'
import { BACKUP_FILE, CREDS_FILE, toFile } from './record-file.js'
import { type BatchFolderView, formatNames, NAMES_FILE, type RecordNames } from './record-names.js'

/** Where changes are folded, and how. */
export interface FoldTarget {
  /** The folder of the session. */
  readonly folder: string
  /** The session. */
  readonly sessionId: string
  /** The folder of the writer. Everything goes through it, so that nothing gets past a seal. */
  readonly leaseFolder: string
  /** The names in force. They stay as they are. */
  readonly names: RecordNames
  /** The folder as names are chosen. */
  readonly view: BatchFolderView
  /** How many files may be open. */
  readonly limit: OperationLimit
  /** Told of the names as they are while files change: those of new ones are in it already, those of old ones still. */
  readonly onNames: (names: RecordNames) => void
  /** Whether the table of names must be whole after a loss of power, whatever is folded: without it other records cannot be read. */
  readonly keepsTableWhole: boolean
}

/** What is to be brought into the files. */
export interface FoldOrder {
  /** The changes, one for each record. */
  readonly changes: readonly PendingChange[]
  /** Whether every other record goes. */
  readonly replacesAll: boolean
  /** Whether nothing is to change unless all new files could be written. */
  readonly isAllOrNothing: boolean
}

/** What came of it. */
export interface FoldResult {
  /** The changes that are in the files. */
  readonly folded: readonly PendingChange[]
  /** Why others are not. */
  readonly failures: readonly unknown[]
  /** Whether anything was changed, or there was nothing to change. */
  readonly hasChanged: boolean
}

/** The new text of a file. */
interface NewFile {
  readonly fileName: string
  readonly text: string
  readonly isDurable: boolean
  /** What it stands for; the copy of the creds stands for nothing. */
  readonly change: PendingChange | null
}

/** A file that goes. */
interface OldFile {
  readonly fileName: string
  readonly change: PendingChange | null
}

/** Files that come after all others: creds must not speak of keys that are not there, and their copy must never be newer than they. */
const LAST_WRITTEN: readonly string[] = [CREDS_FILE, BACKUP_FILE]
/** Files that go before all others. A copy must never outlive its creds. */
const FIRST_REMOVED: readonly string[] = [BACKUP_FILE, CREDS_FILE]

/**
 * Brings changes into the files of a session. It can be done again as often as it fails or is cut off: the journal has the changes until
 * they are in place. The table of names has those of new files before there are any, and of old ones until they are gone.
 */
export async function foldRecords(target: FoldTarget, order: FoldOrder): Promise<FoldResult> {
  const fold = new Fold(target, order.changes)
  const prepared = new Map<NewFile, string>()
  try {
    const plan = await planFold(target, order)
    await fold.prepare(plan.files, prepared)
    if (order.isAllOrNothing && fold.failures.length > 0) return unchanged(fold.failures)
    const { names } = plan
    if (names.isChanged) await fold.storeNames(names)
    target.onNames(names.asStored())
    return await carryOut(fold, plan, prepared)
  } catch (error) {
    if (fold.hasChanged) throw error
    return unchanged([error])
  } finally {
    await fold.discard(prepared)
  }
}

async function carryOut(fold: Fold, { removals, untouched, names }: FoldPlan, prepared: Map<NewFile, string>): Promise<FoldResult> {
  await fold.put(prepared)
  await fold.remove(removals)
  await fold.storeNamesWithout(names)
  await fold.finish()
  return { folded: [...fold.done, ...untouched], failures: fold.failures, hasChanged: fold.hasChanged || fold.failures.length === 0 }
}

function unchanged(failures: readonly unknown[]): FoldResult {
  return { folded: [], failures, hasChanged: false }
}

/** One way from temporary files to the records. What fails for one file holds up no other. */
class Fold {
  readonly failures: unknown[] = []
  readonly done: PendingChange[] = []
  readonly #removed: string[] = []
  readonly #target: FoldTarget
  readonly #isDurable: boolean

  constructor(target: FoldTarget, changes: readonly PendingChange[]) {
    this.#target = target
    this.#isDurable = changes.some((change) => change.isDurable)
  }

  /** Whether any file is not what it was. */
  get hasChanged(): boolean {
    return this.done.length + this.#removed.length > 0
  }

  /** Writes temporary files, and lists those that were written with their paths. */
  async prepare(files: readonly NewFile[], prepared: Map<NewFile, string>): Promise<void> {
    await this.#each(files, async (file) => {
      const path = this.#temporary()
      await writeNewFile(path, file.text, file)
      prepared.set(file, path)
    })
  }

  /** Gives temporary files the names of their records, and takes them off the list. */
  async put(prepared: Map<NewFile, string>): Promise<void> {
    const put = async ([file, path]: readonly [NewFile, string]): Promise<void> => {
      await renameOver(path, join(this.#target.folder, file.fileName))
      prepared.delete(file)
      if (file.change !== null) this.done.push(file.change)
    }
    const files = [...prepared]
    const last = LAST_WRITTEN.map((fileName) => files.filter(([file]) => file.fileName === fileName))
    for (const group of [files.filter(([file]) => !LAST_WRITTEN.includes(file.fileName)), ...last]) await this.#each(group, put)
  }

  /** Removes files, by way of the folder of the writer. */
  async remove(files: readonly OldFile[]): Promise<void> {
    const remove = async ({ fileName, change }: OldFile): Promise<void> => {
      await removeThrough(this.#temporary(), join(this.#target.folder, fileName))
      this.#removed.push(fileName)
      if (change !== null) this.done.push(change)
    }
    const first = FIRST_REMOVED.map((fileName) => files.filter((file) => file.fileName === fileName))
    for (const group of [...first, files.filter(({ fileName }) => !FIRST_REMOVED.includes(fileName))]) await this.#each(group, remove)
  }

  /** Removes temporary files that are of no use. */
  async discard(prepared: ReadonlyMap<NewFile, string>): Promise<void> {
    await this.#each([...prepared.values()], discard)
  }

  /** Stores the table of names. */
  async storeNames(names: RecordNames): Promise<void> {
    const { folder } = this.#target
    await this.#onDisk(NAMES_FILE, async () => {
      const path = this.#temporary()
      await writeNewFile(path, formatNames(names), { isDurable: this.#isDurable || this.#target.keepsTableWhole })
      await renameFile(path, join(folder, NAMES_FILE))
      if (this.#isDurable) await syncFolder(folder)
    })
  }

  /** Takes the names of files that are gone out of the table. */
  async storeNamesWithout(names: RecordNames): Promise<void> {
    const gone = this.#removed.filter((fileName) => names.has(fileName))
    if (gone.length === 0) return
    for (const fileName of gone) names.drop(fileName)
    await this.storeNames(names)
    this.#target.onNames(names.asStored())
  }

  /** Makes the names of the files survive the loss of power. */
  async finish(): Promise<void> {
    if (this.#isDurable) await this.#onDisk('', () => syncFolder(this.#target.folder))
  }

  #temporary(): string {
    return join(this.#target.leaseFolder, temporaryName())
  }

  #onDisk(fileName: string, work: () => Promise<void>): Promise<void> {
    const { folder, sessionId } = this.#target
    return onDisk({ verb: 'write', path: join(folder, fileName), sessionId }, work)
  }

  async #each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    await this.#target.limit.map(items, (item) => work(item).catch((error: unknown) => void this.failures.push(error)))
  }
}

/** What a fold does. */
interface FoldPlan {
  readonly files: readonly NewFile[]
  readonly removals: readonly OldFile[]
  /** Records that go and have no file. */
  readonly untouched: readonly PendingChange[]
  /** The names from then on. */
  readonly names: RecordNames
}

/** Decides which files change. */
async function planFold({ folder, sessionId, names: current, view }: FoldTarget, { changes, replacesAll }: FoldOrder): Promise<FoldPlan> {
  const names = replacesAll ? current.copyForReplacement() : current.copy()
  const files: NewFile[] = []
  const removals = new Map<string, OldFile>()
  const untouched: PendingChange[] = []
  for (const change of changes) {
    const { value, isDurable } = change
    if (value === null) {
      const fileName = names.fileOf(change)
      if (fileName !== null && !(await view.holdsTwin(fileName))) removals.set(fileName, { fileName, change })
      else untouched.push(change)
      continue
    }
    const fileName = await onDisk({ verb: 'read', path: folder, sessionId }, () => names.claim(change, view))
    view.add(fileName)
    files.push({ fileName, text: toFile(value), isDurable, change })
    if (fileName === CREDS_FILE) files.push({ fileName: BACKUP_FILE, text: toFile(value), isDurable, change: null })
  }
  if (replacesAll) {
    const present = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
    const gone = [...present.filter((fileName) => fileName === BACKUP_FILE), ...removableRecords(present, names)]
    for (const fileName of gone) if (!removals.has(fileName)) removals.set(fileName, { fileName, change: null })
  }
  if (removals.has(CREDS_FILE)) removals.set(BACKUP_FILE, { fileName: BACKUP_FILE, change: null })
  for (const { fileName } of files) removals.delete(fileName)
  return { files, removals: [...removals.values()], untouched, names }
}

/** What systems say to the name of a file that is to become that of a folder. */
const FOLDER_IN_PLACE: readonly string[] = ['EISDIR', 'EEXIST', 'ENOTEMPTY', 'EPERM', 'ENOTDIR']

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
