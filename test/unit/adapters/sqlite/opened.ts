import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { SqliteDatabase, SqliteSessionStoreOptions } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { SqliteSessionStore } from '../../../../src/adapters/sqlite/sqlite-session-store.js'
import type { SqliteDriver } from '../../../support/sqlite-drivers.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** A file that is not there yet, in a folder that goes when the test ends. */
export function newFile(): string {
  return join(temporaryFolder(), 'sessions.db')
}

/** Opens a database that is closed when the test ends. */
export function openDatabase(driver: SqliteDriver, file: string = newFile(), options?: { readonly?: boolean }): SqliteDatabase {
  const database = driver.open(file, options)
  // For what a test does with it itself.
  database.exec('PRAGMA busy_timeout = 5000')
  onTestFinished(() => {
    try {
      database.close()
    } catch {
      // The test has closed it.
    }
  })
  return database
}

/** A store that is closed when the test ends. */
export function openStore(database: SqliteDatabase, options: Partial<SqliteSessionStoreOptions> = {}): SqliteSessionStore {
  const store = new SqliteSessionStore({ database, ...options })
  // What fails then was made to fail by the test.
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

/** The first row of a query. */
export function firstRow(database: SqliteDatabase, sql: string): unknown {
  const [row] = database.prepare(sql).all()
  return row === undefined ? undefined : { ...(row as object) }
}
