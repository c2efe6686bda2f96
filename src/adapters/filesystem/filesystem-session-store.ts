import { Buffer } from 'node:buffer'
import { join, resolve } from 'node:path'
import { OperationLimit, SessionTurns } from '../../async/order-of-work.js'
import { LeaseLock } from '../../lease/lease-lock.js'
import type { SessionLock } from '../../lease/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../../store/session-store.js'
import { type FileLockEntry, FileLockTable, lockPlaceOf } from './file-lock-table.js'
import { type Durability, type FileSystemSessionStoreOptions, resolveOptions } from './filesystem-session-store-options.js'
import { assertNotLegacy } from './folder-contents.js'
import { fileNamesIn, readRecord } from './read-records.js'
import { applyBatch } from './record-batch.js'
import { isSingleRecord, MAX_RECORD_BYTES } from './record-file.js'
import { type BatchFolderView, caseFoldingFolderView, exactFolderView, RecordNames } from './record-names.js'
import { HIDDEN_FOLDER } from './session-folder-name.js'
import { SessionFolders } from './session-folders.js'
import { type FolderUse, SessionUpkeep } from './session-upkeep.js'
import { onDisk } from './storage-failure.js'

/** How many files one store may have open at once. */
const OPEN_FILES = 32
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Keeps sessions as `useMultiFileAuthState` does: `<directory>/<prefix><session id>/creds.json` and `<type>-<id>.json`.
 * A folder of either works with the other. Each record is replaced in one step, so a crash leaves the old one or the new
 * one, whole. Several processes of one host may share the directory; its lock keeps them apart.
 *
 * A folder is a session's when it holds creds, a lifecycle record or the store's own files, or nothing but records. `list` leaves out
 * the others. `delete` rejects with `STORE_UNAVAILABLE` for them, and removes from a session's folder only what belongs to the session.
 */
export class FileSystemSessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #table: FileLockTable
  readonly #lock: LeaseLock<FileLockEntry>
  readonly #folders: SessionFolders
  readonly #limit = new OperationLimit(OPEN_FILES)
  readonly #upkeep: SessionUpkeep
  readonly #durability: Durability | undefined
  readonly #turns = new SessionTurns()

  /**
   * Does not touch the disk yet.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: FileSystemSessionStoreOptions) {
    const { directory, prefix, durability } = resolveOptions(options)
    const path = resolve(directory)
    this.#durability = durability
    this.#folders = new SessionFolders(path, prefix, { isDurable: durability !== 'process' })
    const folder = join(path, HIDDEN_FOLDER)
    this.#table = new FileLockTable({
      folder,
      placeOf: async (sessionId) => lockPlaceOf(join(folder, 'locks'), sessionId, await this.#folders.nameOf(sessionId)),
      heartbeats: join(folder, 'heartbeats'),
      assertWritable: (sessionId) => this.#folders.assertWritable(sessionId),
    })
    this.#lock = new LeaseLock({
      table: this.#table,
      onAcquired: (sessionId, token) => this.#tidy(sessionId, token),
      onEnded: (sessionId) => this.#upkeep.forget(sessionId),
    })
    this.#upkeep = new SessionUpkeep((sessionId, token) => this.#lock.holds(sessionId, token))
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    this.#lock.assertOpen()
    // One by one: `yield*` waits several times for each.
    for (const sessionId of await this.#folders.list(this.#limit)) yield sessionId
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    this.#lock.assertOpen(sessionId)
    const { path, exists } = await this.#folders.locate(sessionId)
    if (!exists) return
    const pending = await this.#upkeep.pendingIn(path, sessionId)
    const names = await this.#upkeep.namesIn(path, sessionId, pending)
    for (const fileName of await fileNamesIn({ path, sessionId, pending })) {
      const key = names.recordOf(fileName)
      if (key !== null) yield { ...key }
    }
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    this.#lock.assertOpen(sessionId)
    const { path, exists } = await this.#folders.locate(sessionId)
    if (!exists) return []
    const pending = await this.#upkeep.pendingIn(path, sessionId)
    const names = needsTable(keys) ? await this.#upkeep.namesIn(path, sessionId, pending) : new RecordNames()
    const view = await this.#viewOf(path, sessionId)
    const found = await this.#limit.map(keys, async (key) => {
      const fileName = names.fileOf(key)
      return fileName === null || (await view.holdsTwin(fileName)) ? null : readRecord({ path, sessionId, pending }, fileName)
    })
    if (keys.some((key, index) => key.type === 'creds' && isSingleRecord(key) && found[index] === null)) {
      await assertNotLegacy(path, sessionId)
    }
    return keys.flatMap(({ type, id }, index) => {
      const record = found[index] ?? null
      return record === null ? [] : [{ type, id, ...record }]
    })
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    assertStorable(changes)
    // Taken now: what the caller does to its objects later is no part of this write.
    const copies = changes.map((change) => ({ ...change }))
    await this.#turns.run(sessionId, () => this.#write(sessionId, copies, options))
  }

  async delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    await this.#turns.run(sessionId, async () => {
      await this.#check(sessionId, options.fencingToken)
      this.#upkeep.forget(sessionId)
      await this.#folders.remove(sessionId, this.#limit)
    })
  }

  close(): Promise<void> {
    return this.#lock.close(() => this.#turns.idle())
  }

  async #write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions): Promise<void> {
    const { fencingToken, replaceAll = false } = options
    const { exists } = await this.#folders.locate(sessionId)
    if (!exists) await this.#check(sessionId, fencingToken)
    // Nothing to remove, and nothing to make a folder for.
    if (!exists && changes.every((change) => change.value === null)) return
    try {
      const use = this.#use(await this.#folders.ensure(sessionId), sessionId, fencingToken)
      await this.#upkeep.prepare(use)
      const names = needsTable(changes) || replaceAll ? await this.#upkeep.namesIn(use.folder, sessionId, null) : null
      const view = await this.#viewOf(use.folder, sessionId)
      const applied = await applyBatch({ ...use, changes, replaceAll, names: names ?? new RecordNames(), view })
      if (applied.isPending) this.#upkeep.forget(sessionId)
      // A write that did not look at the table says nothing of it.
      else if (names !== null) this.#upkeep.wrote(use, applied.names)
    } catch (error) {
      this.#folders.forget(sessionId)
      this.#upkeep.forget(sessionId)
      if (!exists || !(await this.#folders.isGone(sessionId))) throw error
      // Another process has deleted the session since it was seen here: this write begins it anew.
      await this.#write(sessionId, changes, options)
    }
  }

  /** Rejects with `STALE_WRITER` unless this writer may write. */
  #check(sessionId: string, fencingToken: number | undefined): Promise<void> {
    return this.#lock.check(sessionId, fencingToken, async () => {
      const { token, isHeld } = await this.#table.newest(sessionId)
      return { newestToken: token, isHeld }
    })
  }

  #use(folder: string, sessionId: string, fencingToken: number | undefined): FolderUse {
    return { folder, sessionId, fencingToken, limit: this.#limit, durability: this.#durability, beforeCommit: () => this.#check(sessionId, fencingToken) }
  }

  /** Puts the folder of a session in order whose lease was taken. What fails now is tried again before the first write. */
  async #tidy(sessionId: string, fencingToken: number): Promise<void> {
    try {
      const { path, exists } = await this.#folders.locate(sessionId)
      if (exists) await this.#upkeep.prepare(this.#use(path, sessionId, fencingToken))
    } catch {
      this.#upkeep.forget(sessionId)
    }
  }

  async #viewOf(folder: string, sessionId: string): Promise<BatchFolderView> {
    if (!this.#folders.foldsCase) return exactFolderView(folder)
    return onDisk({ verb: 'list', path: folder, sessionId }, () => caseFoldingFolderView(folder))
  }
}

function isTooLarge(value: string): boolean {
  // No character takes more than three bytes.
  return value.length * 3 >= MAX_RECORD_BYTES && Buffer.byteLength(value) >= MAX_RECORD_BYTES
}

/** Creds and lifecycle need no table of names, and stay readable when it is not. */
function needsTable(keys: readonly RecordKey[]): boolean {
  return !keys.every(isSingleRecord)
}

function assertStorable(changes: readonly RecordChange[]): void {
  for (const { type, id, value } of changes) {
    if (value === null) continue
    if (typeof value !== 'string') throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
    if (isTooLarge(value))
      throw new RangeError(`The value of record "${type}" "${id}" is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB, so the store could not read it back.`)
    // A file cannot keep it as it is, and a value that changes in storage is worse than none.
    if (LONE_SURROGATE.test(value))
      throw new TypeError(`The value of record "${type}" "${id}" contains half of a character (a lone surrogate), which UTF-8 cannot store.`)
  }
}
