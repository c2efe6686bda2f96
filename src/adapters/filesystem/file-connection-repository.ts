import { dirname, resolve } from 'node:path'
import { errorCode, SessionError } from '../../errors.js'
import { LeaseLock } from '../../lease/lease-lock.js'
import type { SessionLease } from '../../lease/session-lock.js'
import { requireOptions } from '../../option-checks.js'
import { openRegularFile } from '../../regular-file.js'
import { connectionChanges, type ConnectionRecord, type ConnectionRepository, newConnectionRecord } from '../../repository/connection-repository.js'
import { type ConnectionRow, type ConnectionTable, formatTable, fromRow, parseTable, toRow } from '../../repository/connection-rows.js'
import { makeFolder, replaceFile } from './disk.js'
import { type FileLockEntry, FileLockTable } from './file-lock-table.js'
import { LOCK_ENDING } from './folder-contents.js'
import { TokenFiles } from './token-files.js'

/** How long to wait for others. Each holds it for as long as one file takes to be read and replaced. */
const PATIENCE_MS = 30_000

const LONGEST_WAIT_MS = 50

/** The one lock in its folder. */
const LOCK = 'mutex'

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
 * Keeps connections in one JSON file: `{ "connections": [{ "sessionId": …, … }] }`, with dates as ISO text. It keeps fields that
 * this library does not know, so your application may add its own. Several processes on one host may share the file.
 *
 * Rejects with `REPOSITORY_FAILED`. It never overwrites a file that it cannot read. Each change replaces the whole file, which is
 * fine for hundreds of connections; use a database for more.
 */
export class FileConnectionRepository implements ConnectionRepository {
  readonly #file: string
  readonly #mutex: FileMutex
  #waiting: WaitingChange[] = []
  #isWriting = false

  /**
   * Does not touch the disk yet.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: FileConnectionRepositoryOptions) {
    requireOptions('', options, ['file'])
    const { file } = options
    if (typeof file !== 'string') throw new TypeError(`file must be a path, but is of type ${typeof file}.`)
    if (file === '' || file.includes('\0')) throw new RangeError(`file must be a non-empty path, but is ${JSON.stringify(file)}.`)
    this.#file = resolve(file)
    this.#mutex = new FileMutex(`${this.#file}${LOCK_ENDING}`)
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
    await this.#mutex.run(async (assertStillMine) => {
      const table = await this.#read()
      const changed = changes.filter((change) => applyChange(table, change))
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
      throw new Error(`${why}. Nothing was changed. Repair the file, or move it away`, { cause: error })
    }
  }

  async #attempt<Result>(sessionId: string | undefined, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new SessionError('REPOSITORY_FAILED', `The connections file ${this.#file} cannot be used: ${why}.`, { sessionId, cause: error })
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

/** Lets one of all objects in all processes at a file at a time, for a moment. */
class FileMutex {
  readonly #folder: string
  readonly #tokens: TokenFiles
  readonly #lock: LeaseLock<FileLockEntry>

  /** Takes the folder of the lock; it is made on first use. */
  constructor(folder: string) {
    this.#folder = folder
    this.#tokens = new TokenFiles(folder)
    const place = { tokens: this.#tokens, olderTokens: null }
    this.#lock = new LeaseLock({ table: new FileLockTable({ folder, placeOf: async () => place, heartbeats: null }), beatIntervalMs: null })
  }

  /**
   * Runs `work` while nobody else does. It is given a function that rejects when somebody took it for dead and went on
   * without it; to be called right before a change is made.
   */
  async run<Result>(work: (assertStillMine: () => Promise<void>) => Promise<Result>): Promise<Result> {
    const lease = await this.#acquire()
    const assertStillMine = async (): Promise<void> => {
      if ((await this.#tokens.newest()).token !== lease.fencingToken) throw new Error('another process took over the lock')
    }
    try {
      return await work(assertStillMine)
    } finally {
      await lease.release()
    }
  }

  async #acquire(): Promise<SessionLease> {
    const deadline = performance.now() + PATIENCE_MS
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const lease = await this.#lock.acquire(LOCK)
      if (lease !== null) return lease
      if (performance.now() > deadline)
        throw new Error(`${(await this.#lock.owner(LOCK)) ?? 'another process'} has held the lock in ${this.#folder} for ${PATIENCE_MS / 1000} s`)
      await new Promise((wake) => setTimeout(wake, waitMs * (0.5 + Math.random())))
    }
  }
}
