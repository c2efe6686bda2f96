import { Buffer } from 'node:buffer'
import { OperationLimit, SharedTurns } from '../../async/order-of-work.js'
import { SessionError } from '../../errors.js'
import { LeaseLock } from '../../lease/lease-lock.js'
import { assertCurrentWriter, type SessionLock } from '../../lease/session-lock.js'
import {
  CREDS_KEY,
  type DeleteOptions,
  keyText,
  type RecordChange,
  type RecordKey,
  type SessionStore,
  type StoredRecord,
  type WriteOptions,
} from '../../store/session-store.js'
import type { FileLockEntry, FileLocks } from './file-lock-table.js'
import { type FileSystemSessionStoreOptions, resolveOptions } from './filesystem-session-store-options.js'
import { FolderWriter } from './folder-writer.js'
import type { RecordWrite } from './journal-entry.js'
import { OpenJournals } from './journal.js'
import { newVisit } from './lease-folders.js'
import type { WriterTools } from './open-folder.js'
import { listRecords, readByStranger, type ReadableFolder, readRecords } from './read-records.js'
import { MAX_RECORD_BYTES } from './record-file.js'
import { StorePlaces } from './store-places.js'

/** How many files of records one store may have open at once. */
const OPEN_FILES = 32
/** How many journals it may have open beside them. */
const OPEN_JOURNALS = 128

/**
 * Keeps sessions as `useMultiFileAuthState` does: `<directory>/<prefix><session id>/creds.json` and `<type>-<id>.json`, or in the folder that
 * `folders` names for a session. Several processes of one host may share the directory and the folders; its lock keeps them apart.
 *
 * A write under a lease is one entry in the journal of that lease, beside the files: after a crash all of it is there, or nothing. A
 * second later, and before the lease is given back, it is in the files. So a folder of either works with the other, once its sessions
 * were closed; after a crash, the next lease of the session brings the journal into the files. The first creds of a session, a write
 * with `replaceAll`, and one without a lease are in the files before they resolve. Whoever takes a lease over takes the journal before
 * it away, so that nothing of its writer counts any more.
 *
 * A folder is a session's when it holds creds, a lifecycle record or the store's own files, or nothing but records. `list` leaves out
 * the others. `delete` rejects with `STORE_UNAVAILABLE` for them, and removes from a session's folder only what belongs to the session.
 */
export class FileSystemSessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #places: StorePlaces
  readonly #table: FileLocks
  readonly #lock: LeaseLock<FileLockEntry>
  /** What the writers in all places share. */
  readonly #shared: Omit<WriterTools, 'folders' | 'format'>
  readonly #turns = new SharedTurns<RecordWrite>()
  /** The writers of the leases that are held here. */
  readonly #writers = new Map<string, FolderWriter>()

  /**
   * Does not touch the disk yet.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: FileSystemSessionStoreOptions) {
    const resolved = resolveOptions(options)
    const { durability } = resolved
    const [limit, beginnings] = [new OperationLimit(OPEN_FILES), new OperationLimit(OPEN_FILES)]
    this.#shared = { journals: new OpenJournals(OPEN_JOURNALS), limit, beginnings, durability }
    this.#places = new StorePlaces(resolved)
    this.#table = this.#places.locks
    this.#lock = new LeaseLock({
      table: this.#table,
      onAcquired: async (sessionId, token) => {
        await this.#begin(sessionId, token)
      },
      onReleasing: (sessionId) => this.#end(sessionId),
      onEnded: (sessionId) => this.#abandon(sessionId),
    })
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    this.#lock.assertOpen()
    // One by one: `yield*` waits several times for each.
    for (const sessionId of await this.#places.list(this.#shared.limit)) yield sessionId
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    for (const key of (await this.#look(sessionId, listRecords)) ?? []) yield key
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const { folders, limit } = this.#toolsFor(sessionId)
    // Whoever starts a session reads its creds: then it shows whether somebody has removed them by hand.
    if (keys.some((key) => keyText(key) === keyText(CREDS_KEY))) await this.#writers.get(sessionId)?.forgetRemoved()
    const read = (folder: ReadableFolder): Promise<StoredRecord[]> => readRecords(folder, keys, { limit, view: () => folders.viewOf(folder.path, sessionId) })
    return (await this.#look(sessionId, read)) ?? []
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    assertStorable(changes)
    const { fencingToken, replaceAll = false } = options
    // Taken now: what the caller does to its objects later is no part of this write.
    const copies = changes.map(({ type, id, value }) => ({ type, id, value }))
    const write = { changes: copies, replaceAll }
    const carryOut = (writes: readonly RecordWrite[]): Promise<void> => this.#withWriter(sessionId, fencingToken, (writer) => writer.write(writes))
    // Those that wait are appended, and synced, together.
    if (replaceAll) await this.#turns.run(sessionId, () => carryOut([write]))
    else await this.#turns.join(sessionId, fencingToken, write, carryOut)
  }

  async delete(sessionId: string, { fencingToken }: DeleteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    await this.#turns.run(sessionId, () => this.#withWriter(sessionId, fencingToken, (writer) => writer.remove()))
  }

  close(): Promise<void> {
    return this.#lock.close(() => this.#turns.idle())
  }

  #toolsFor(sessionId: string): WriterTools {
    const { folders, format } = this.#places.of(sessionId)
    return { ...this.#shared, folders, format }
  }

  /** Looks into the folder of a session; `null` when there is none. */
  async #look<Result>(sessionId: string, look: (folder: ReadableFolder) => Promise<Result>): Promise<Result | null> {
    this.#lock.assertOpen(sessionId)
    const { folders, format } = this.#toolsFor(sessionId)
    await format.assertKnown()
    const { path, exists } = await folders.locate(sessionId)
    if (!exists) return null
    const own = this.#writers.get(sessionId)?.read(path) ?? null
    return own === null ? readByStranger(path, sessionId, look) : look(own)
  }

  /** Works with the writer of the lease, or without a lease with one that is made for this alone. */
  async #withWriter(sessionId: string, fencingToken: number | undefined, work: (writer: FolderWriter) => Promise<void>): Promise<void> {
    await this.#places.of(sessionId).format.assertKnown()
    if (fencingToken !== undefined && this.#lock.holds(sessionId, fencingToken)) {
      // A release that failed has ended the writer, and not the lease.
      await work(this.#writers.get(sessionId) ?? (await this.#begin(sessionId, fencingToken)))
      return
    }
    await this.#check(sessionId, fencingToken)
    const { token, holders } = await this.#table.look(sessionId)
    const isAlone = holders.length === 0
    if (!isAlone && fencingToken === undefined) await this.#takeOver(sessionId, work)
    else await this.#visit({ sessionId, fencingToken, token, isAlone }, work)
  }

  /** Works under a token that was given back, or without any: what somebody does who has no lease is done before it resolves. */
  async #visit({ sessionId, fencingToken, token, isAlone }: Visit, work: (writer: FolderWriter) => Promise<void>): Promise<void> {
    const assertNewest = async (): Promise<void> => {
      await this.#check(sessionId, fencingToken)
      const newest = await this.#table.look(sessionId)
      // Somebody has taken the lock since, be it that they are dead by now.
      if (newest.token !== token || (isAlone && newest.holders.length > 0))
        assertCurrentWriter({ sessionId, fencingToken: undefined, newestToken: newest.token, isHeld: true })
    }
    const visitor = new FolderWriter({ sessionId, token, visit: newVisit(), isAlone, assertNewest }, this.#toolsFor(sessionId))
    try {
      await work(visitor)
    } finally {
      // What counts is in its journal, for the next one to fold.
      await visitor.close().catch(() => undefined)
    }
  }

  /** Works under a lease for this alone: the last holder is dead, as far as one can tell, and would have to be fenced off if it is not. */
  async #takeOver(sessionId: string, work: (writer: FolderWriter) => Promise<void>): Promise<void> {
    const lease = await this.#lock.acquireToFinish(sessionId)
    const writer = this.#writers.get(sessionId)
    if (lease === null || writer === undefined) {
      await this.#check(sessionId, undefined)
      throw new SessionError('STORE_UNAVAILABLE', `The lock of session "${sessionId}" could not be taken over. Try again.`, { sessionId })
    }
    // Its release waits for the turn in which this is done.
    this.#writers.delete(sessionId)
    try {
      await work(writer)
    } finally {
      await writer.close().catch(() => undefined)
      await lease.release()
    }
  }

  /** Rejects with `STALE_WRITER` unless this writer may write. */
  #check(sessionId: string, fencingToken: number | undefined): Promise<void> {
    return this.#lock.check(sessionId, fencingToken, async () => {
      const { token, isHeld } = await this.#table.newest(sessionId)
      return { newestToken: token, isHeld }
    })
  }

  async #begin(sessionId: string, token: number): Promise<FolderWriter> {
    const assertNewest = (): Promise<void> => this.#check(sessionId, token)
    const writer = new FolderWriter({ sessionId, token, visit: null, isAlone: true, assertNewest }, this.#toolsFor(sessionId))
    await writer.takeOver()
    this.#writers.set(sessionId, writer)
    return writer
  }

  /** The files say everything before the lock is free. When they cannot, it is free all the same: the next holder folds what is left. */
  async #end(sessionId: string): Promise<void> {
    const writer = this.#writers.get(sessionId)
    if (writer === undefined) return
    await this.#turns.run(sessionId, () => writer.close())
    if (this.#writers.get(sessionId) === writer) this.#writers.delete(sessionId)
  }

  #abandon(sessionId: string): void {
    this.#writers.get(sessionId)?.abandon()
    this.#writers.delete(sessionId)
  }
}

/** Who writes without a lease of this store. */
interface Visit {
  readonly sessionId: string
  readonly fencingToken: number | undefined
  /** The newest token. */
  readonly token: number
  /** Whether it was given back, or never handed out. */
  readonly isAlone: boolean
}

function isTooLarge(value: string): boolean {
  // No character takes more than three bytes.
  return value.length * 3 >= MAX_RECORD_BYTES && Buffer.byteLength(value) >= MAX_RECORD_BYTES
}

function assertStorable(changes: readonly RecordChange[]): void {
  for (const { type, id, value } of changes) {
    if (value === null) continue
    if (typeof value !== 'string') throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
    if (isTooLarge(value))
      throw new RangeError(`The value of record "${type}" "${id}" is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB, so the store could not read it back.`)
    // A file cannot keep it as it is, and a value that changes in storage is worse than none.
    if (!value.isWellFormed())
      throw new TypeError(`The value of record "${type}" "${id}" contains half of a character (a lone surrogate), which UTF-8 cannot store.`)
  }
}
