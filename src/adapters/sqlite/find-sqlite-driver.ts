import { createRequire } from 'node:module'
import { SessionError } from '../../errors.js'
import { errorCode } from '../../system/system-error.js'
import { requireSqliteDatabase } from './sqlite-database.js'

/** Makes a database object for a path. */
export type SqliteDriver = new (path: string) => unknown

/** A driver that may be there: its name, and what loads it. */
export type SqliteDriverSource = readonly [name: string, load: () => unknown]

/** One that was installed is meant to be used; what comes with Node is there in any case. */
const SOURCES: readonly SqliteDriverSource[] = [
  ['better-sqlite3', () => createRequire(import.meta.url)('better-sqlite3') as unknown],
  ['libsql', () => createRequire(import.meta.url)('libsql') as unknown],
  ['node:sqlite', () => {
    // Not by an import: bundlers and older versions of Node do not know the module.
    const module: unknown = typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule('node:sqlite') : undefined
    return typeof module === 'object' && module !== null ? Reflect.get(module, 'DatabaseSync') as unknown : undefined
  }],
]

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
      if (errorCode(error) !== 'MODULE_NOT_FOUND') broken.push(` ${name} is there, and does not work: ${line}`)
    }
  }
  throw new SessionError('STORE_UNAVAILABLE', `There is nothing to open a SQLite database with. Install better-sqlite3 or libsql, or use Node 22.13 or later.${broken.join('')}`, { cause: new AggregateError(failures) })
}

function isDriver(value: unknown): value is SqliteDriver {
  return typeof value === 'function'
}
