/** What is bound to the parameters of a statement. */
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
 * A SQLite database of the synchronous kind: `DatabaseSync` of `node:sqlite` (Node 22.13 or later), or a `Database` of
 * `better-sqlite3` or `libsql`. Drivers declare different values for their statements: `SqliteDatabase<never>` is any of them.
 */
export interface SqliteDatabase<Value = SqliteValue> {
  /** Runs statements that take no parameters and give no rows. */
  exec(sql: string): unknown
  /** Prepares a statement. */
  prepare(sql: string): SqliteStatement<Value>
  /** Closes it. The stores never do: it belongs to whoever opened it. */
  close(): unknown
}

const EXPECTED = 'database must be an open database of the synchronous kind: a DatabaseSync of node:sqlite, or a Database of better-sqlite3 or libsql'

/** Checks what the application passed as its database. Throws `TypeError` when it works in another way; touches no table. */
export function requireSqliteDatabase(value: unknown): SqliteDatabase {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${EXPECTED}, not ${value === null ? 'null' : typeof value}.`)
  const missing = ['exec', 'prepare', 'close'].filter(name => typeof Reflect.get(value, name) !== 'function')
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
    if (!hasVerbs(statement)) return 'what this one prepares has no run, get and all'
    rows = statement.all()
  } catch {
    return null
  }
  if (rows instanceof Promise) {
    rows.catch(() => undefined)
    return 'this one answers with promises'
  }
  if (!Array.isArray(rows)) return 'the rows of this one come in another way'
  const row: unknown = rows[0]
  return typeof row === 'object' && row !== null && Number(Reflect.get(row, 'one')) === 1 ? null : 'its rows are not objects by column name'
}

function hasVerbs(statement: unknown): statement is SqliteStatement {
  return typeof statement === 'object' && statement !== null && ['run', 'get', 'all'].every(name => typeof Reflect.get(statement, name) === 'function')
}

/** Whether it was closed. One of the drivers goes on with statements prepared before, and each tells it by another name. */
export function isClosed(database: SqliteDatabase): boolean {
  return Reflect.get(database, 'open') === false || Reflect.get(database, 'isOpen') === false
}
