import { open, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { errorCode, SessionError } from '../../errors.js'
import { makeFolder } from '../filesystem/disk.js'
import { requireSqliteDatabase, type SqliteDatabase } from './sqlite-database.js'
import { problemOf, sqliteFailure } from './sqlite-failure.js'

/** One that was installed is meant to be used; what comes with Node is there in any case. */
const SOURCES: readonly SqliteDriverSource[] = [
  ['better-sqlite3', () => createRequire(import.meta.url)('better-sqlite3') as unknown],
  ['libsql', () => createRequire(import.meta.url)('libsql') as unknown],
  [
    'node:sqlite',
    () => {
      // Not by an import: bundlers and older versions of Node do not know the module.
      const module: unknown = typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule('node:sqlite') : undefined
      return typeof module === 'object' && module !== null ? (Reflect.get(module, 'DatabaseSync') as unknown) : undefined
    },
  ],
]

/** The options of `openSqliteDatabase`. */
export interface OpenSqliteOptions {
  /**
   * Creates the file, for this user only, if it does not exist.
   *
   * @defaultValue true
   */
  create?: boolean
}

/** The path of a database without a file. */
const IN_MEMORY = ':memory:'

/**
 * Opens a SQLite database with the first driver that works: `better-sqlite3` or `libsql` if installed, otherwise `node:sqlite` of
 * Node 22.13 or later. A file that it creates has mode 0600, and so do those that SQLite puts next to it. Close the database after
 * the store.
 *
 * Rejects with `STORE_UNAVAILABLE` if the file cannot be opened, or there is no driver.
 *
 * @throws TypeError or RangeError for an invalid path.
 */
export async function openSqliteDatabase(path: string, { create = true }: OpenSqliteOptions = {}): Promise<SqliteDatabase> {
  if (typeof path !== 'string') throw new TypeError(`path must be a path, but is of type ${typeof path}.`)
  if (path === '' || path.includes('\0')) throw new RangeError(`path must be a non-empty path, but is ${JSON.stringify(path)}.`)
  const file = path === IN_MEMORY ? path : resolve(path)
  const driver = findSqliteDriver()
  try {
    if (file !== IN_MEMORY) await requireFile(file, create)
    return requireSqliteDatabase(new driver(file))
  } catch (error) {
    const problem = problemOf(error)
    if (problem !== 'other') throw sqliteFailure({ verb: `open ${file} as` }, error)
    const why = error instanceof Error ? error.message : String(error)
    throw new SessionError('STORE_UNAVAILABLE', `Could not open the SQLite database ${file}: ${why}.`, { cause: error })
  }
}

/** A file that SQLite makes itself may be read by everybody, and its log gets the same mode. */
async function requireFile(file: string, create: boolean): Promise<void> {
  if (await exists(file)) return
  if (!create) throw new Error('there is no such file')
  await makeFolder(dirname(file))
  await (await open(file, 'a', 0o600)).close()
}

async function exists(file: string): Promise<boolean> {
  try {
    if ((await stat(file)).isDirectory()) throw new Error('it is a folder')
    return true
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    return false
  }
}

/** Makes a database object for a path. */
type SqliteDriver = new (path: string) => unknown

/** A driver that may be there: its name, and what loads it. */
export type SqliteDriverSource = readonly [name: string, load: () => unknown]

/** The first driver that works. Throws `STORE_UNAVAILABLE`, and says of those that are there what is wrong with them. */
export function findSqliteDriver(sources: readonly SqliteDriverSource[] = SOURCES): SqliteDriver {
  const broken: string[] = []
  const failures: unknown[] = []
  for (const [name, load] of sources) {
    try {
      const driver = load()
      if (!isDriver(driver)) continue
      // One that was installed without its binary is found, and fails only with its first database.
      requireSqliteDatabase(new driver(':memory:')).close()
      return driver
    } catch (error) {
      failures.push(error)
      const [line = ''] = error instanceof Error ? error.message.split('\n') : []
      if (errorCode(error) !== 'MODULE_NOT_FOUND') broken.push(` ${name} is installed but does not work: ${line}`)
    }
  }
  throw new SessionError('STORE_UNAVAILABLE', `No SQLite driver was found. Install better-sqlite3 or libsql, or use Node 22.13 or later.${broken.join('')}`, {
    cause: new AggregateError(failures),
  })
}

function isDriver(value: unknown): value is SqliteDriver {
  return typeof value === 'function'
}
