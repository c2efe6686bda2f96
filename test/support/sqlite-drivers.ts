import { createRequire } from 'node:module'
import type { SqliteDatabase } from '../../src/adapters/sqlite/sqlite-database.js'

/** One way to open a SQLite database. */
export interface SqliteDriver {
  /** Its name, as it is imported. */
  readonly name: string
  /** Opens a database. */
  open(path: string, options?: { readonly?: boolean }): SqliteDatabase
}

type Constructor = new (path: string, options?: Record<string, unknown>) => SqliteDatabase

/** Every driver that is there: `libsql` always, `node:sqlite` on later versions of Node, `better-sqlite3` if somebody installed it. */
export const SQLITE_DRIVERS: readonly SqliteDriver[] = [
  driver('libsql', packaged('libsql')),
  driver('better-sqlite3', packaged('better-sqlite3')),
  driver('node:sqlite', builtIn()),
].filter((found) => found !== null)

/** The driver with this name. */
export function sqliteDriver(name: string | undefined): SqliteDriver {
  const found = SQLITE_DRIVERS.find((each) => each.name === name) ?? SQLITE_DRIVERS[0]
  if (found === undefined) throw new Error('There is no driver for SQLite.')
  return found
}

function driver(name: string, constructor: Constructor | null): SqliteDriver | null {
  if (constructor === null) return null
  return { name, open: (path, { readonly = false } = {}) => (readonly ? openForReading(name, path, constructor) : new constructor(path)) }
}

function openForReading(name: string, path: string, constructor: Constructor): SqliteDatabase {
  if (name !== 'libsql') return new constructor(path, name === 'node:sqlite' ? { readOnly: true } : { readonly: true })
  // It knows no such option.
  const database = new constructor(path)
  database.exec('PRAGMA query_only = ON')
  return database
}

function packaged(name: string): Constructor | null {
  // A folder with more of them may be given, for a run by hand.
  for (const place of [import.meta.url, process.env['SQLITE_DRIVERS_FROM']]) {
    try {
      if (place !== undefined) return createRequire(place)(name) as Constructor
    } catch {
      // Not there, or not built for this version of Node.
    }
  }
  return null
}

function builtIn(): Constructor | null {
  const module =
    typeof process.getBuiltinModule === 'function'
      ? (process.getBuiltinModule('node:sqlite') as unknown as { DatabaseSync?: Constructor } | undefined)
      : undefined
  return module?.DatabaseSync ?? null
}
