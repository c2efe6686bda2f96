import { rmdir } from 'node:fs/promises'
import { type OperationLimit, WorkQueue } from '../../async/order-of-work.js'
import { SessionError } from '../../errors.js'
import { CREDS_KEY, keyText } from '../../store/session-store.js'
import { onDisk, storageFailure, syncFolder } from './disk.js'
import { type Durability, waitsForDisk } from './filesystem-session-store-options.js'
import { foldRecords, type FoldResult } from './fold-records.js'
import type { RecordWrite } from './journal-entry.js'
import { Journal, type OpenJournals } from './journal.js'
import { journalPath, makeLeaseFolder, removeLeaseFolder } from './lease-folders.js'
import { PendingChanges } from './pending-changes.js'
import { needsTable, type ReadableFolder } from './read-records.js'
import { CREDS_FILE } from './record-file.js'
import { NAMES_FILE, readRecordNames, RecordNames } from './record-names.js'
import type { SessionLocator } from './session-locator.js'
import type { StoreFormat } from './store-format.js'

/** What all who write to a store share. */
export interface WriterTools {
  readonly folders: SessionLocator
  readonly format: StoreFormat
  readonly journals: OpenJournals
  /** How many files may be open. */
  readonly limit: OperationLimit
  /** How many may begin a journal at once. */
  readonly beginnings: OperationLimit
  readonly durability: Durability | undefined
}

/** Where a writer works. */
export interface WriterPlace {
  readonly sessionId: string
  /** The folder of the session. */
  readonly path: string
  /** That of the writer, in it. */
  readonly leaseFolder: string
  /** Whether every write goes to the files at once. */
  readonly isVisit: boolean
}

/** What a writer knows of the files of its session. */
export class KnownFiles {
  /** Whether the creds have a file. */
  hasCreds = false
  readonly #sessionId: string
  #names: RecordNames | null = null

  /** Takes the session. */
  constructor(sessionId: string) {
    this.#sessionId = sessionId
  }

  /** Takes in which files there are. */
  found(fileNames: readonly string[]): void {
    this.hasCreds = fileNames.includes(CREDS_FILE)
    this.#names = fileNames.includes(NAMES_FILE) ? null : new RecordNames()
  }

  /** Takes in the table of names as it is from now on. */
  renamed(names: RecordNames): void {
    this.#names = names.isDamaged ? null : names
  }

  /** The table of names. One that is damaged is read again each time: somebody may put it right. */
  async names(path: string): Promise<RecordNames> {
    if (this.#names !== null) return this.#names
    const names = await readRecordNames(path, this.#sessionId)
    if (!names.isDamaged) this.#names ??= names
    return this.#names ?? names
  }
}

/** How long a journal may get before it is cut, whatever is appended meanwhile. */
const LONG_JOURNAL_BYTES = 1024 * 1024
/** How long a journal may get when it cannot be folded. */
const MAX_JOURNAL_BYTES = 64 * 1024 * 1024

/** The folder of a session with the journal of its one writer: writes are appended there, and folded into the files later. */
export class OpenFolder {
  /** What is not in the files yet. */
  readonly pending: PendingChanges = new PendingChanges()
  readonly #place: WriterPlace
  readonly #tools: WriterTools
  readonly #journal: Journal
  readonly #files: KnownFiles
  readonly #folds = new WorkQueue()
  /** Whether the names of the journal and its folder survive the loss of power. */
  #isAnchored = false

  private constructor(place: WriterPlace, tools: WriterTools, journal: Journal, files: KnownFiles) {
    this.#place = place
    this.#tools = tools
    this.#journal = journal
    this.#files = files
  }

  /** Makes the folder of a writer, and looks once more whether it may write: who took over before could not seal what was not there. */
  static async open(place: WriterPlace, tools: WriterTools, files: KnownFiles, assertNewest: () => Promise<void>): Promise<OpenFolder> {
    const { leaseFolder, sessionId } = place
    await tools.folders.assertWritable(sessionId)
    await tools.format.mark()
    const open = async (): Promise<OpenFolder> => {
      await makeLeaseFolder(leaseFolder)
      try {
        await assertNewest()
        return new OpenFolder(place, tools, await Journal.create(journalPath(leaseFolder), tools.journals), files)
      } catch (error) {
        await rmdir(leaseFolder).catch(() => undefined)
        throw error
      }
    }
    return onDisk({ verb: 'write in', path: place.path, sessionId }, () => tools.beginnings.run(open))
  }

  /** The folder of the writer. */
  get leaseFolder(): string {
    return this.#place.leaseFolder
  }

  /** Whether the files say all that was written, and nothing is left in the journal. */
  get isFolded(): boolean {
    return this.pending.isEmpty && this.#journal.length === 0
  }

  /** Whether the journal is to be folded soon. */
  get isLong(): boolean {
    return this.#journal.length >= LONG_JOURNAL_BYTES
  }

  /** Whether the journal is where it was. */
  isInPlace(): Promise<boolean> {
    const { path, sessionId } = this.#place
    return onDisk({ verb: 'read', path, sessionId }, () => this.#journal.isInPlace())
  }

  /** Carries out writes, in order. Resolves with `false` when the journal is not where it was: not all of them count then. */
  async write(writes: readonly RecordWrite[]): Promise<boolean> {
    await this.#assertNamed(writes)
    if (this.#journal.length >= MAX_JOURNAL_BYTES) await this.fold()
    if (!writes.some((write) => this.#belongsInFiles(write))) return this.#append(writes)
    for (const write of writes) {
      const counts = await (this.#belongsInFiles(write) ? this.#appendAndFold(write) : this.#append([write]))
      if (!counts) return false
    }
    return true
  }

  /** Brings the files up to date, and cuts the journal unless something was appended meanwhile. */
  fold(): Promise<void> {
    return this.#folds.add(() => this.#fold())
  }

  /** Brings into the files what writers before have left in theirs. */
  foldLeftovers(leftovers: ReadableFolder): Promise<void> {
    return this.#folds.add(async () => {
      const { failures } = await this.#bringIntoFiles(leftovers.pending, { names: await leftovers.names(), isAllOrNothing: false })
      if (failures.length > 0) throw await this.#failure(failures[0])
    })
  }

  /** Removes all records, in one step. Resolves with `false` when that could not be written down, as on a full disk, and removes nothing. */
  clear(): Promise<boolean> {
    return this.#folds.add(async () => {
      const counts = await this.#append([{ changes: [], replaceAll: true }]).catch(() => false)
      if (!counts) return false
      await this.#foldPending()
      await this.#cut()
      return true
    })
  }

  /** Forgets what was written, when records are removed one by one. */
  forgetAll(): Promise<void> {
    return this.#folds.add(async () => {
      await this.#cut()
      this.pending.clear()
    })
  }

  /** Folds, and removes the folder of the writer. When that fails, everything is still in the journal. */
  close(): Promise<void> {
    return this.#folds.add(async () => {
      try {
        await this.#fold()
      } catch (error) {
        throw await this.#unfolded(error)
      } finally {
        await this.#journal.close()
      }
      await onDisk({ verb: 'remove', path: this.leaseFolder, sessionId: this.#place.sessionId }, () => removeLeaseFolder(this.leaseFolder))
    })
  }

  /** Lets go of everything and changes nothing: somebody else has the session. */
  async abandon(): Promise<void> {
    await this.#journal.close().catch(() => undefined)
  }

  /** Throws when a record would need the table of names, and that cannot be read. */
  async #assertNamed(writes: readonly RecordWrite[]): Promise<void> {
    const changes = writes.filter(({ replaceAll }) => !replaceAll).flatMap((write) => write.changes)
    if (!needsTable(changes)) return
    const names = await this.#files.names(this.#place.path)
    for (const change of changes) names.assertTold(change)
  }

  /** Whether a write must be in the files before it counts: the first creds, and whatever replaces all records, as a pairing does. */
  #belongsInFiles({ changes, replaceAll }: RecordWrite): boolean {
    if (replaceAll || this.#place.isVisit) return true
    const creds = changes.findLast((change) => keyText(change) === keyText(CREDS_KEY))
    if (creds === undefined || creds.value === null) return false
    const pending = this.pending.valueOf(CREDS_KEY)
    return pending === null || (pending === undefined && !this.#files.hasCreds)
  }

  #isDurable({ changes, replaceAll }: RecordWrite): boolean {
    const { durability } = this.#tools
    return waitsForDisk(durability, changes) || (replaceAll && durability !== 'process')
  }

  async #append(writes: readonly RecordWrite[]): Promise<boolean> {
    const isDurable = writes.some((write) => this.#isDurable(write))
    const { path, sessionId } = this.#place
    return onDisk({ verb: 'write in', path, sessionId }, async () => {
      if (isDurable) await this.#anchor()
      return this.#journal.append(writes, {
        isDurable,
        onAppended: () => {
          for (const write of writes) this.pending.apply(write, this.#isDurable(write))
        },
      })
    })
  }

  async #anchor(): Promise<void> {
    if (this.#isAnchored) return
    await this.#tools.beginnings.run(async () => {
      await syncFolder(this.leaseFolder)
      await syncFolder(this.#place.path)
    })
    this.#isAnchored = true
  }

  #appendAndFold(write: RecordWrite): Promise<boolean> {
    return this.#folds.add(async () => {
      // Afterwards it is the only one in the journal, and can be taken back.
      await this.#fold()
      const names = await this.#files.names(this.#place.path)
      if (!(await this.#append([write]))) return false
      const { hasChanged, failures } = await this.#bringIntoFiles(this.pending, { names, isAllOrNothing: true })
      if (!hasChanged) {
        await this.#cut()
        this.pending.clear()
        throw await this.#failure(failures[0])
      }
      // From here on the journal has it; what is not in its file yet gets there with the next fold.
      if (failures.length === 0) await this.#cut().catch(() => undefined)
      return true
    })
  }

  async #fold(): Promise<void> {
    const { sequence } = this.#journal
    await this.#foldPending()
    await this.#journal.hold(async (cut) => {
      if (this.#journal.sequence !== sequence) {
        if (!this.isLong) return
        await this.#foldPending()
      }
      if (this.#journal.length > 0) await this.#carryOut(cut)
    })
  }

  #cut(): Promise<void> {
    return this.#journal.hold((cut) => this.#carryOut(cut))
  }

  async #carryOut(cut: () => Promise<void>): Promise<void> {
    const { path, sessionId } = this.#place
    await onDisk({ verb: 'cut a journal in', path, sessionId }, cut)
    this.pending.wasCut()
  }

  async #foldPending(): Promise<void> {
    if (this.pending.isEmpty) return
    const { failures } = await this.#bringIntoFiles(this.pending, { names: await this.#files.names(this.#place.path), isAllOrNothing: false })
    if (failures.length > 0) throw await this.#failure(failures[0])
  }

  async #bringIntoFiles(pending: PendingChanges, { names, isAllOrNothing }: { names: RecordNames; isAllOrNothing: boolean }): Promise<FoldResult> {
    const { sessionId, path, leaseFolder } = this.#place
    const { folders, limit, durability } = this.#tools
    const view = await folders.viewOf(path, sessionId)
    const order = { changes: pending.all(), replacesAll: pending.replacesAll, isAllOrNothing }
    const onNames = (current: RecordNames): void => this.#files.renamed(current)
    const target = { folder: path, sessionId, leaseFolder, names, view, limit, onNames, keepsTableWhole: durability !== 'process' }
    const result = await foldRecords(target, order)
    // Of a replacement that is in the files in part, all is needed for the rest: what it does not name is still to go.
    if (!result.hasChanged || (order.replacesAll && result.failures.length > 0)) return result
    const creds = result.folded.find((change) => keyText(change) === keyText(CREDS_KEY))
    this.#files.hasCreds = creds === undefined ? this.#files.hasCreds && !order.replacesAll : creds.value !== null
    pending.settle(result.folded)
    return result
  }

  async #unfolded(error: unknown): Promise<SessionError> {
    const { code, message, sessionId } = await this.#failure(error)
    const advice = 'The journal is kept there: nothing is lost, and the next process that runs the session brings it into the files.'
    return new SessionError(code, `${message} ${advice}`, { sessionId, cause: error })
  }

  #failure(cause: unknown): Promise<SessionError> {
    const { path, sessionId } = this.#place
    return storageFailure({ verb: 'bring the journal into the files of', path, sessionId }, cause)
  }
}
