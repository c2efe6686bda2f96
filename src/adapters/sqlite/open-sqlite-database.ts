import { open, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { SessionError } from '../../errors.js'
import { errorCode } from '../../system/system-error.js'
import { makeFolder } from '../filesystem/make-folder.js'
import { findSqliteDriver } from './find-sqlite-driver.js'
import { requireSqliteDatabase, type SqliteDatabase } from './sqlite-database.js'
import { problemOf, sqliteFailure } from './sqlite-failure.js'

/** How a database is to be opened. */
export interface OpenSqliteOptions {
  /**
   * Makes the file, for this user alone, when there is none.
   *
   * @defaultValue true
   */
  create?: boolean
}

/** The path of a database without a file. */
const IN_MEMORY = ':memory:'

/**
 * Opens a SQLite database with the first driver that works: `better-sqlite3` or `libsql` if installed, else `node:sqlite` of
 * Node 22.13 or later. A file that is made here is made with mode 0600, and so are those that SQLite puts beside it. Close what
 * it resolves with, after the store.
 *
 * Rejects with `STORE_UNAVAILABLE` when the file cannot be opened, or no driver is there.
 *
 * @throws TypeError or RangeError for a path that cannot be used.
 */
export async function openSqliteDatabase(path: string, { create = true }: OpenSqliteOptions = {}): Promise<SqliteDatabase> {
  if (typeof path !== 'string') throw new TypeError(`path must be a path, not ${typeof path}.`)
  if (path === '' || path.includes('\0')) throw new RangeError(`path must be a path that is not empty, not ${JSON.stringify(path)}.`)
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
