import { requireOptions } from '../../option-checks.js'

/** Below this a process that is merely busy would be taken for dead. */
const SHORTEST_STALE_MS = 1000

const NAMES = Object.keys({ database: 0, durability: 0, busyTimeoutMs: 0, staleAfterMs: 0 } satisfies Record<keyof SqliteSessionStoreOptions, 0>)

/** A value for a parameter of a statement. */
export type SqliteValue = string | number | null

/** A prepared statement with positional parameters. */
export interface SqliteStatement<Value = SqliteValue> {
  /** Runs it. */
  run(...values: Value[]): unknown
  /** Its first row, if it has one. */
  get(...values: Value[]): unknown
  /** All of its rows, as objects by column name. */
  all(...values: Value[]): unknown[]
}

/**
 * A synchronous SQLite database: `DatabaseSync` of `node:sqlite` (Node 22.13 or later), or a `Database` of `better-sqlite3` or
 * `libsql`. Drivers declare different values for their statements: `SqliteDatabase<never>` fits any of them.
 */
export interface SqliteDatabase<Value = SqliteValue> {
  /** Runs statements that have no parameters and return no rows. */
  exec(sql: string): unknown
  /** Prepares a statement. */
  prepare(sql: string): SqliteStatement<Value>
  /** Closes it. The stores never do: it belongs to whoever opened it. */
  close(): unknown
}

const EXPECTED = 'database must be an open, synchronous database: a DatabaseSync of node:sqlite, or a Database of better-sqlite3 or libsql'

/** Checks what the application passed as its database. Throws `TypeError` when it works in another way; touches no table. */
export function requireSqliteDatabase(value: unknown): SqliteDatabase {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${EXPECTED}, but it is ${value === null ? 'null' : `of type ${typeof value}`}.`)
  const missing = ['exec', 'prepare', 'close'].filter((name) => typeof Reflect.get(value, name) !== 'function')
  if (missing.length > 0) throw new TypeError(`${EXPECTED}; this object has no ${missing.join(', no ')}.`)
  const database = value as SqliteDatabase
  const answer = tryOut(database)
  if (answer !== null) throw new TypeError(`${EXPECTED}; ${answer}.`)
  return database
}

/** What is wrong with its answers; `null` when nothing is, or when it cannot answer now, which the first call will tell. */
function tryOut(database: SqliteDatabase): string | null {
  let statement: unknown
  let rows: unknown
  try {
    statement = database.prepare('SELECT 1 AS one')
    if (!hasVerbs(statement)) return 'the statements of this one have no run, get and all methods'
    rows = statement.all()
  } catch {
    return null
  }
  if (rows instanceof Promise) {
    rows.catch(() => undefined)
    return 'this one returns promises'
  }
  if (!Array.isArray(rows)) return 'this one returns rows in another form'
  const row: unknown = rows[0]
  return typeof row === 'object' && row !== null && Number(Reflect.get(row, 'one')) === 1 ? null : 'its rows are not objects by column name'
}

function hasVerbs(statement: unknown): statement is SqliteStatement {
  return typeof statement === 'object' && statement !== null && ['run', 'get', 'all'].every((name) => typeof Reflect.get(statement, name) === 'function')
}

/** Whether it was closed. One of the drivers goes on with statements prepared before, and each tells it by another name. */
export function isClosed(database: SqliteDatabase): boolean {
  return Reflect.get(database, 'open') === false || Reflect.get(database, 'isOpen') === false
}

/** How a store or a repository uses a database. */
export interface SqliteOptions {
  /**
   * The database. A store and a repository may share it, and several processes may share its file. Best give it its own connection:
   * if your application leaves a transaction open on it, every write waits.
   */
  database: SqliteDatabase<never>
  /**
   * What a resolved write survives. `'power'`: a system crash or power failure, at the cost of an fsync (`synchronous = FULL`).
   * `'process'`: the end of the process, however it ends; a power failure may lose the last moments, each transaction as a whole
   * (`synchronous = NORMAL`). If the database cannot keep a write-ahead log, it is always `'power'`.
   *
   * @defaultValue 'power'
   */
  durability?: 'power' | 'process'
  /**
   * How long a call retries while another connection locks the database, in milliseconds. The event loop keeps running meanwhile.
   * Keep it below the manager's `storeTimeoutMs`.
   *
   * @defaultValue 5000
   */
  busyTimeoutMs?: number
}

/** Where a {@link SqliteSessionStore} keeps its sessions. */
export interface SqliteSessionStoreOptions extends SqliteOptions {
  /**
   * How long a lock holder that this process cannot see, such as one in another container, may show no sign of life before it
   * counts as dead, in milliseconds. All processes that share the file must use the same value. Processes on the same system are
   * checked directly.
   *
   * @defaultValue 60_000
   */
  staleAfterMs?: number
}

/** The options with their defaults, and the database found to work. */
export interface ResolvedSqliteOptions extends Required<SqliteOptions> {
  database: SqliteDatabase
}

/** The options with their defaults. Throws for one that cannot be used. */
export function resolveSqliteOptions(options: SqliteOptions): ResolvedSqliteOptions {
  requireOptions('', options, NAMES)
  const { durability = 'power', busyTimeoutMs = 5000 } = options
  if (!['power', 'process'].includes(durability)) throw new RangeError(`durability must be 'power' or 'process', but is ${JSON.stringify(durability)}.`)
  requireDuration('busyTimeoutMs', busyTimeoutMs, 0)
  return { database: requireSqliteDatabase(options.database), durability, busyTimeoutMs }
}

/** `staleAfterMs`, or its default. Throws when it cannot be used. */
export function resolveStaleAfterMs({ staleAfterMs = 60_000 }: SqliteSessionStoreOptions): number {
  requireDuration('staleAfterMs', staleAfterMs, SHORTEST_STALE_MS)
  return staleAfterMs
}

function requireDuration(option: string, value: unknown, least: number): void {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number of milliseconds, but is of type ${typeof value}.`)
  if (!(value >= least && value <= 2 ** 31 - 1)) throw new RangeError(`${option} must be between ${least} and ${2 ** 31 - 1} ms, but is ${value}.`)
}
