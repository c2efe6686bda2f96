import { SessionError } from '../../errors.js'
import { assertKnownSchema, migrate, outdatedSchema, readSchemaVersion, SCHEMA_VERSION } from './schema.js'
import { isClosed, type ResolvedSqliteOptions, type SqliteDatabase } from './sqlite-database.js'
import { problemOf, type SqliteAction, sqliteFailure } from './sqlite-failure.js'
import { SqliteStatements } from './sqlite-statements.js'

const LONGEST_PAUSE_MS = 20

/** Work on the database: it reads and writes at once, and may be run again when the database was locked. */
export type SqliteWork<Result> = (statements: SqliteStatements) => Result

/** How a store or a repository talks to its database: prepared, with retries, and every failure a `SessionError`. */
export class SqliteConnection {
  readonly #database: SqliteDatabase
  readonly #statements: SqliteStatements
  readonly #busyTimeoutMs: number
  readonly #durability: 'power' | 'process'
  readonly #reads = new BusyWait()
  readonly #writes = new BusyWait()
  #isReady = false
  /** Set before each transaction, because others may share the database object and want it otherwise. */
  #synchronous = 'FULL'

  /** Touches no table yet. */
  constructor({ database, busyTimeoutMs, durability }: ResolvedSqliteOptions) {
    this.#database = database
    this.#statements = new SqliteStatements(database)
    this.#busyTimeoutMs = busyTimeoutMs
    this.#durability = durability
  }

  /** Reads. */
  async read<Result>(action: SqliteAction, work: SqliteWork<Result>): Promise<Result> {
    return this.#attempt(this.#reads, action, () => work(this.#statements))
  }

  /** Reads several things as they are at one moment. */
  async readAtOnce<Result>(action: SqliteAction, work: SqliteWork<Result>): Promise<Result> {
    return this.#attempt(this.#reads, action, () => this.#transaction(() => work(this.#statements), 'BEGIN'))
  }

  /** Does all of the work, or nothing, while no other connection writes. */
  async write<Result>(action: SqliteAction, work: SqliteWork<Result>): Promise<Result> {
    return this.#attempt(this.#writes, action, () =>
      this.#transaction(() => {
        // A newer version may have come in meanwhile, in another process.
        assertKnownSchema(this.#statements)
        return work(this.#statements)
      }),
    )
  }

  async #attempt<Result>(waiting: BusyWait, action: SqliteAction, work: () => Result): Promise<Result> {
    try {
      return await waiting.run(this.#busyTimeoutMs, isInTheWay, () => {
        this.#prepare()
        return work()
      })
    } catch (error) {
      throw asFailure(action, error)
    }
  }

  #prepare(): void {
    if (isClosed(this.#database)) throw new Error('The database is not open')
    if (this.#isReady) return
    // When SQLite itself waits for a lock, the event loop stops; and whoever has the lock may be in this process.
    this.#database.exec('PRAGMA busy_timeout = 0')
    // Without a log, NORMAL could damage the database when the power fails.
    this.#synchronous = this.#useLog() && this.#durability === 'process' ? 'NORMAL' : 'FULL'
    const version = readSchemaVersion(this.#statements)
    if (version < SCHEMA_VERSION) this.#bringUpToDate(version)
    this.#isReady = true
  }

  #bringUpToDate(version: number): void {
    try {
      this.#transaction(() => migrate(this.#statements))
    } catch (error) {
      if (problemOf(error) === 'readOnly') throw outdatedSchema(version, error)
      throw error
    }
  }

  /** Turns the write-ahead log on, and says whether it is: not every database can have one. */
  #useLog(): boolean {
    if (this.#pragma('journal_mode') === 'wal') return true
    // The journal mode is kept in the file, and SQLite changes it even for a connection that has promised to change nothing.
    if (Number(this.#pragma('query_only')) === 1) return false
    try {
      return this.#pragma('journal_mode', 'WAL') === 'wal'
    } catch (error) {
      // What can only be read can be read all the same.
      if (problemOf(error) === 'readOnly') return false
      throw error
    }
  }

  /** What a setting of the connection is, after it was set when a value is given. */
  #pragma(name: string, value?: string): unknown {
    return this.#statements.rows(`PRAGMA ${name}${value === undefined ? '' : ` = ${value}`}`)[0]?.[name]
  }

  #transaction<Result>(work: () => Result, begin: 'BEGIN' | 'BEGIN IMMEDIATE' = 'BEGIN IMMEDIATE'): Result {
    this.#database.exec(`PRAGMA synchronous = ${this.#synchronous}`)
    this.#database.exec(begin)
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

function isInTheWay(error: unknown): boolean {
  return ['busy', 'inTransaction'].includes(problemOf(error))
}

/** The error with the session and the code of the action; only a `SessionError` of the work itself stays as it is. */
function asFailure(action: SqliteAction, error: unknown): SessionError {
  const failure = sqliteFailure(action, error)
  if (failure.code !== 'STORE_UNAVAILABLE' || action.code === undefined || action.code === failure.code) return failure
  return new SessionError(action.code, failure.message, { sessionId: action.sessionId, cause: failure })
}

/**
 * Waits for a lock that somebody else has, and leaves the event loop to others meanwhile. Of all that wait one tries again, for
 * as long as it fails: each for itself, hundreds of sessions would have no time for anything else.
 */
export class BusyWait {
  #pause: Promise<void> | undefined

  /**
   * Runs work at once, or when those before it had their turn, and again for as long as `mayTryAgain` says so of its error.
   * Rejects with the error of its last try, which is made `timeoutMs` from now.
   */
  async run<Result>(timeoutMs: number, mayTryAgain: (error: unknown) => boolean, work: () => Result): Promise<Result> {
    // By a clock that nobody sets.
    const deadline = performance.now() + timeoutMs
    for (let tries = 1; ; tries += 1) {
      while (this.#pause !== undefined && performance.now() < deadline) await this.#pause
      try {
        return work()
      } catch (error) {
        if (!mayTryAgain(error) || performance.now() >= deadline) throw error
      }
      this.#pause ??= this.#pauseAfter(tries)
    }
  }

  async #pauseAfter(tries: number): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS))
    })
    this.#pause = undefined
  }
}
