import { dirname, resolve } from 'node:path'
import { SessionError } from '../../errors.js'
import { requireOptions } from '../../options/option-checks.js'
import type { ConnectionRecord, ConnectionRepository } from '../../repository/connection-repository.js'
import { connectionChanges, newConnectionRecord } from '../../repository/merge-connection-record.js'
import { replaceFile } from './atomic-file.js'
import { type ConnectionRow, type ConnectionTable, formatTable, fromRow, parseTable, toRow } from './connection-rows.js'
import { FileMutex } from './file-mutex.js'
import { makeFolder } from './make-folder.js'
import { openRegularFile } from '../../system/regular-file.js'
import { errorCode } from '../../system/system-error.js'

/** Where a {@link FileConnectionRepository} keeps its records. */
export interface FileConnectionRepositoryOptions {
  /** The JSON file. It is made, readable by this user alone, with the first record. A folder `<file>.lock` is kept beside it. */
  file: string
}

/** A change that waits for its turn at the file. */
interface WaitingChange {
  sessionId: string
  /** The fields to change, or `null` to remove the row. */
  fields: ConnectionRow | null
  written: () => void
  failed: (error: unknown) => void
}

/**
 * Keeps connections in one JSON file: `{ "connections": [{ "sessionId": …, … }] }`, dates as ISO text. Fields that this
 * library does not know stay, so the application may add its own. Several processes of one host may share the file.
 *
 * Rejects with `REPOSITORY_FAILED`. A file that cannot be understood is never overwritten. Each change replaces the whole
 * file, which is right for hundreds of connections; use a database for more.
 */
export class FileConnectionRepository implements ConnectionRepository {
  readonly #file: string
  readonly #mutex: FileMutex
  #waiting: WaitingChange[] = []
  #isWriting = false

  /**
   * Touches nothing on the disk yet.
   *
   * @throws TypeError or RangeError for an option that cannot be used.
   */
  constructor(options: FileConnectionRepositoryOptions) {
    requireOptions('', options, ['file'])
    const { file } = options
    if (typeof file !== 'string') throw new TypeError(`file must be a path, not ${typeof file}.`)
    if (file === '' || file.includes('\0')) throw new RangeError(`file must be a path that is not empty, not ${JSON.stringify(file)}.`)
    this.#file = resolve(file)
    this.#mutex = new FileMutex(`${this.#file}.lock`)
  }

  async findAll(): Promise<ConnectionRecord[]> {
    return this.#attempt(undefined, async () => {
      const { rows } = await this.#read()
      return [...rows].map(([sessionId, row]) => fromRow(sessionId, row))
    })
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    return this.#attempt(sessionId, async () => {
      const row = (await this.#read()).rows.get(sessionId)
      return row === undefined ? null : fromRow(sessionId, row)
    })
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    // To JSON at once: what the caller does to its objects later is no part of this, and what is no JSON harms no other change.
    await this.#attempt(sessionId, async () => this.#change(sessionId, toRow(connectionChanges(changes))))
  }

  async delete(sessionId: string): Promise<void> {
    await this.#attempt(sessionId, () => this.#change(sessionId, null))
  }

  #change(sessionId: string, fields: ConnectionRow | null): Promise<void> {
    return new Promise((written, failed) => {
      this.#waiting.push({ sessionId, fields, written, failed })
      void this.#writeWaiting()
    })
  }

  /** Writes what waits, all in one go, until nothing does: a change costs a whole file, however many come with it. */
  async #writeWaiting(): Promise<void> {
    if (this.#isWriting) return
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const changes = this.#waiting
      this.#waiting = []
      try {
        await this.#write(changes)
        for (const change of changes) change.written()
      } catch (error) {
        for (const change of changes) change.failed(error)
      }
    }
    this.#isWriting = false
  }

  async #write(changes: readonly WaitingChange[]): Promise<void> {
    await makeFolder(dirname(this.#file))
    await this.#mutex.run(async assertStillMine => {
      const table = await this.#read()
      const changed = changes.filter(change => applyChange(table, change))
      if (changed.length === 0) return
      await assertStillMine()
      await replaceFile(this.#file, formatTable(table), { isDurable: true })
    })
  }

  async #read(): Promise<ConnectionTable> {
    let text: string
    try {
      text = await readText(this.#file)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return { rows: new Map(), others: {} }
      throw error
    }
    try {
      return parseTable(text)
    } catch (error) {
      // The message of the JSON parser quotes what it found.
      const why = error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : String(error)
      throw new Error(`${why}. It was left as it is; mend it, or move it away`, { cause: error })
    }
  }

  async #attempt<Result>(sessionId: string | undefined, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new SessionError('REPOSITORY_FAILED', `The connections in ${this.#file} could not be used: ${why}.`, { sessionId, cause: error })
    }
  }
}

async function readText(path: string): Promise<string> {
  const file = await openRegularFile(path)
  try {
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Changes the table, and says whether there was something to change. */
function applyChange({ rows }: ConnectionTable, { sessionId, fields }: WaitingChange): boolean {
  if (fields === null) return rows.delete(sessionId)
  rows.set(sessionId, { ...(rows.get(sessionId) ?? toRow(newConnectionRecord(sessionId))), ...fields })
  return true
}
