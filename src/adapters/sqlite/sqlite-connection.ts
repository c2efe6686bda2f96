import { SessionError } from '../../errors.js'
import { assertKnownSchema, migrate, readSchemaVersion, SCHEMA_VERSION } from './schema.js'
import { isClosed, type SqliteDatabase } from './sqlite-database.js'
import { problemOf, type SqliteAction, sqliteFailure } from './sqlite-failure.js'
import type { SqliteOptions } from './sqlite-options.js'
import { SqliteStatements } from './sqlite-statements.js'

/** For how long SQLite itself waits for a lock, which stops the event loop: about as long as others take to commit. */
const BLOCKING_WAIT_MS = 40
const LONGEST_PAUSE_MS = 20

/** Work on the database: it reads and writes at once, and may be run again when the database was locked. */
export type SqliteWork<Result> = (statements: SqliteStatements) => Result

/** How a store or a repository talks to its database: prepared, with retries, and every failure a `SessionError`. */
export class SqliteConnection {
  readonly #database: SqliteDatabase
  readonly #statements: SqliteStatements
  readonly #busyTimeoutMs: number
  readonly #durability: 'power' | 'process'
  #isReady = false
  /** Set before each transaction, because others may share the database object and want it otherwise. */
  #synchronous = 'FULL'

  /** Touches no table yet. */
  constructor({ database, busyTimeoutMs, durability }: Required<SqliteOptions>) {
    this.#database = database
    this.#statements = new SqliteStatements(database)
    this.#busyTimeoutMs = busyTimeoutMs
    this.#durability = durability
  }

  /** Reads. */
  async read<Result>(action: SqliteAction, work: SqliteWork<Result>): Promise<Result> {
    return this.#attempt(action, () => work(this.#statements))
  }

  /** Does all of the work, or nothing, while no other connection writes. */
  async write<Result>(action: SqliteAction, work: SqliteWork<Result>): Promise<Result> {
    return this.#attempt(action, () => this.#transaction(() => {
      // A newer version may have come in meanwhile, in another process.
      assertKnownSchema(this.#statements)
      return work(this.#statements)
    }))
  }

  /** Begins at once, and tries again for as long as somebody else is in the way. */
  async #attempt<Result>(action: SqliteAction, work: () => Result): Promise<Result> {
    const deadline = Date.now() + this.#busyTimeoutMs
    for (;;) {
      try {
        this.#prepare()
        return work()
      } catch (error) {
        if (!['busy', 'inTransaction'].includes(problemOf(error)) || Date.now() >= deadline) throw asFailure(action, error)
      }
      await new Promise((resolve) => { setTimeout(resolve, 1 + Math.random() * LONGEST_PAUSE_MS) })
    }
  }

  #prepare(): void {
    if (isClosed(this.#database)) throw new Error('The database is not open')
    if (this.#isReady) return
    this.#database.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`)
    // Without a log, NORMAL could damage the database when the power fails.
    this.#synchronous = this.#useLog() && this.#durability === 'process' ? 'NORMAL' : 'FULL'
    if (readSchemaVersion(this.#statements) < SCHEMA_VERSION) this.#transaction(() => migrate(this.#statements))
    this.#isReady = true
  }

  /** Turns the write-ahead log on, and says whether it is: not every database can have one. */
  #useLog(): boolean {
    if (this.#journalMode('PRAGMA journal_mode') === 'wal') return true
    try {
      return this.#journalMode('PRAGMA journal_mode = WAL') === 'wal'
    } catch (error) {
      // What can only be read can be read all the same.
      if (problemOf(error) === 'readOnly') return false
      throw error
    }
  }

  #journalMode(pragma: string): unknown {
    return this.#statements.rows(pragma)[0]?.['journal_mode']
  }

  #transaction<Result>(work: () => Result): Result {
    this.#database.exec(`PRAGMA synchronous = ${this.#synchronous}`)
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  /** SQLite has ended the transaction itself after some failures. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // There is nothing left to take back.
    }
  }
}

/** The error with the session and the code of the action; only a `SessionError` of the work itself stays as it is. */
function asFailure(action: SqliteAction, error: unknown): SessionError {
  const failure = sqliteFailure(action, error)
  if (failure.code !== 'STORE_UNAVAILABLE' || action.code === undefined || action.code === failure.code) return failure
  return new SessionError(action.code, failure.message, { sessionId: action.sessionId, cause: failure })
}
