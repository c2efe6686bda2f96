import { openSqliteDatabase } from '../adapters/sqlite/open-sqlite-database.js'
import { readSchemaVersion } from '../adapters/sqlite/schema.js'
import type { SqliteDatabase } from '../adapters/sqlite/sqlite-database.js'
import { sqliteFailure } from '../adapters/sqlite/sqlite-failure.js'
import { SqliteSessionStore } from '../adapters/sqlite/sqlite-session-store.js'
import { SqliteStatements } from '../adapters/sqlite/sqlite-statements.js'
import { CommandError } from './command-error.js'
import type { OpenedStore, StorePurpose } from './opened-store.js'
import type { StoreName } from './store-name.js'

/** Opens a database of sessions. Loaded only when one was named: it looks for drivers that need not be installed. */
export async function openDatabase(name: StoreName, purpose: StorePurpose): Promise<OpenedStore> {
  const database = await openSqliteDatabase(name.path, { create: purpose === 'fill' })
  try {
    prepare(database, name, purpose)
  } catch (error) {
    database.close()
    throw error instanceof CommandError ? error : sqliteFailure({ verb: `open ${name.path} as` }, error)
  }
  const store = new SqliteSessionStore({ database })
  return {
    store,
    removeTraces: async () => {
      database.exec('VACUUM')
      // What was replaced stands in the log, too.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    close: async () => {
      await store.close()
      database.close()
    },
  }
}

function prepare(database: SqliteDatabase, { text, path }: StoreName, purpose: StorePurpose): void {
  if (purpose === 'fill') return
  // The store would make its tables, also in a database of something else.
  if (readSchemaVersion(new SqliteStatements(database)) === 0) {
    throw new CommandError(`There is no store "${text}": ${path} is a database without sessions of baileys-sessions.`)
  }
  if (purpose === 'look') database.exec('PRAGMA query_only = ON')
}
