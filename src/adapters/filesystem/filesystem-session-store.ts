import { join, resolve } from 'node:path'
import { SessionError } from '../../errors.js'
import type { SessionLock } from '../../ownership/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../../store/session-store.js'
import { FileLock } from './file-lock.js'
import { type FileSystemSessionStoreOptions, resolveOptions } from './filesystem-session-store-options.js'
import { assertNotLegacy, namesIn } from './legacy-session.js'
import { OperationLimit } from './operation-limit.js'
import { applyBatch } from './record-batch.js'
import { isSingleRecord } from './record-file-name.js'
import { readRecordFile } from './record-file.js'
import { type BatchFolderView, caseFoldingFolderView, exactFolderView } from './record-folder-view.js'
import { readRecordNames } from './record-names-file.js'
import { RecordNames } from './record-names.js'
import { HIDDEN_FOLDER } from './session-folder-name.js'
import { SessionFolders } from './session-folders.js'
import { SessionTurns } from './session-turns.js'
import { onDisk } from './storage-failure.js'

/** How many files one store may have open at once. */
const OPEN_FILES = 32
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Keeps sessions as `useMultiFileAuthState` does: `<directory>/<prefix><session id>/creds.json` and `<type>-<id>.json`.
 * A folder of either works with the other. Each record is replaced in one step, so a crash leaves the old one or the new
 * one, whole. Several processes of one host may share the directory; its lock keeps them apart.
 *
 * Everything in a session's folder belongs to the session and goes with `delete`.
 */
export class FileSystemSessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #lock: FileLock
  readonly #folders: SessionFolders
  readonly #limit = new OperationLimit(OPEN_FILES)
  readonly #turns = new SessionTurns()
  #closing: Promise<void> | undefined

  /**
   * Touches nothing on the disk yet.
   *
   * @throws TypeError or RangeError for an option that cannot be used.
   */
  constructor(options: FileSystemSessionStoreOptions) {
    const { directory, prefix } = resolveOptions(options)
    const path = resolve(directory)
    this.#folders = new SessionFolders(path, prefix)
    this.#lock = new FileLock({ folder: join(path, HIDDEN_FOLDER), assertWritable: sessionId => this.#folders.assertWritable(sessionId) })
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    this.#assertOpen()
    yield* await this.#folders.list()
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    this.#assertOpen(sessionId)
    const { path, exists } = await this.#folders.locate(sessionId)
    if (!exists) return
    const names = await readRecordNames(path, sessionId)
    const fileNames = await onDisk({ verb: 'list', path, sessionId }, () => namesIn(path))
    for (const fileName of fileNames) {
      const key = names.recordOf(fileName)
      if (key !== null) yield { ...key }
    }
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    this.#assertOpen(sessionId)
    const { path, exists } = await this.#folders.locate(sessionId)
    if (!exists) return []
    const names = await this.#namesFor(keys, path, sessionId)
    const view = await this.#viewOf(path, sessionId)
    const values = await this.#limit.map(keys, async key => {
      const fileName = names.fileOf(key)
      return fileName === null || (await view.holdsTwin(fileName)) ? null : readRecordFile(join(path, fileName), sessionId)
    })
    if (keys.some((key, index) => key.type === 'creds' && isSingleRecord(key) && values[index] === null)) {
      await assertNotLegacy(path, sessionId)
    }
    return keys.flatMap(({ type, id }, index) => {
      const value = values[index] ?? null
      return value === null ? [] : [{ type, id, value }]
    })
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.#assertOpen(sessionId)
    assertStorable(changes)
    // Taken now: what the caller does to its objects later is no part of this write.
    const copies = changes.map(change => ({ ...change }))
    await this.#turns.run(sessionId, () => this.#write(sessionId, copies, options))
  }

  async delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    this.#assertOpen(sessionId)
    await this.#turns.run(sessionId, async () => {
      await this.#lock.check(sessionId, options.fencingToken)
      await this.#folders.remove(sessionId)
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#turns.idle()
    await this.#lock.close()
  }

  async #write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions): Promise<void> {
    const { fencingToken, replaceAll = false } = options
    const checkWriter = (): Promise<void> => this.#lock.check(sessionId, fencingToken)
    const { exists } = await this.#folders.locate(sessionId)
    if (!exists) await checkWriter()
    // Nothing to remove, and nothing to make a folder for.
    if (!exists && changes.every(change => change.value === null)) return
    try {
      const folder = await this.#folders.ensure(sessionId)
      const names = replaceAll ? await readRecordNames(folder, sessionId) : await this.#namesFor(changes, folder, sessionId)
      const view = await this.#viewOf(folder, sessionId)
      await applyBatch({ folder, sessionId, changes, replaceAll, names, view, limit: this.#limit, beforeCommit: checkWriter })
    } catch (error) {
      this.#folders.forget(sessionId)
      if (!exists || !(await this.#folders.isGone(sessionId))) throw error
      // Another process has deleted the session since it was seen here: this write begins it anew.
      await this.#write(sessionId, changes, options)
    }
  }

  /** The names of some records. Creds and lifecycle need no table, and stay readable when the table does not. */
  async #namesFor(keys: readonly RecordKey[], folder: string, sessionId: string): Promise<RecordNames> {
    return keys.every(isSingleRecord) ? new RecordNames() : readRecordNames(folder, sessionId)
  }

  async #viewOf(folder: string, sessionId: string): Promise<BatchFolderView> {
    if (!this.#folders.foldsCase) return exactFolderView(folder)
    return onDisk({ verb: 'list', path: folder, sessionId }, () => caseFoldingFolderView(folder))
  }

  #assertOpen(sessionId?: string): void {
    if (this.#closing !== undefined) throw new SessionError('STORE_UNAVAILABLE', 'The store was closed. Make a new one.', { sessionId })
  }
}

function assertStorable(changes: readonly RecordChange[]): void {
  for (const { type, id, value } of changes) {
    if (value === null) continue
    if (typeof value !== 'string') throw new TypeError(`The value of record "${type}" "${id}" must be a text or null, not ${typeof value}.`)
    // A file cannot keep it as it is, and a value that changes in storage is worse than none.
    if (LONE_SURROGATE.test(value)) throw new TypeError(`The value of record "${type}" "${id}" holds half of a character (a lone surrogate), which UTF-8 cannot hold.`)
  }
}
