import { openSqliteDatabase } from '../../adapters/sqlite/open-sqlite-database.js'
import { readSchemaVersion, SCHEMA_VERSION } from '../../adapters/sqlite/schema.js'
import type { SqliteDatabase } from '../../adapters/sqlite/sqlite-database.js'
import { sqliteFailure } from '../../adapters/sqlite/sqlite-failure.js'
import { SqliteSessionStore } from '../../adapters/sqlite/sqlite-session-store.js'
import { SqliteStatements } from '../../adapters/sqlite/sqlite-statements.js'
import { CommandError } from '../command-environment.js'
import type { OpenedStore, StorePurpose } from './store-name.js'

/** The file of a database, and how it was named. */
interface DatabaseFile {
  readonly text: string
  readonly path: string
}

/** Opens a database of sessions. */
export async function openDatabase(file: DatabaseFile, purpose: StorePurpose): Promise<OpenedStore> {
  const database = await openSqliteDatabase(file.path, { create: purpose === 'fill' })
  try {
    prepare(database, file, purpose)
  } catch (error) {
    database.close()
    throw error instanceof CommandError ? error : sqliteFailure({ verb: `open ${file.path} as` }, error)
  }
  const store = new SqliteSessionStore({ database })
  return {
    store,
    server: null,
    removeTraces: async () => compact(database),
    close: async () => {
      await store.close()
      // Whoever copies the file alone should have all of it.
      if (purpose !== 'look') emptyLog(database)
      database.close()
    },
  }
}

/** Old texts stay in the free pages of a database, and in its log. */
function compact(database: SqliteDatabase): string[] {
  try {
    database.exec('VACUUM')
    if (!emptyLog(database)) throw new Error('Another connection is reading from its log.')
    return []
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [`The database may still contain old text in its free pages. Run this again when nothing uses the database, or run VACUUM. ${why}`]
  }
}

/** Moves what stands in the write-ahead log into the database, and says whether the log is empty now. */
function emptyLog(database: SqliteDatabase): boolean {
  try {
    const [row] = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
    return typeof row === 'object' && row !== null && Number(Reflect.get(row, 'busy')) === 0
  } catch {
    return false
  }
}

function prepare(database: SqliteDatabase, { text, path }: DatabaseFile, purpose: StorePurpose): void {
  if (purpose === 'fill') return
  // The store would make its tables, also in a database of something else.
  const version = readSchemaVersion(new SqliteStatements(database))
  if (version === 0) {
    throw new CommandError(`There is no store "${text}": the database ${path} contains no baileys-sessions tables.`)
  }
  if (purpose !== 'look') return
  if (version < SCHEMA_VERSION) {
    throw new CommandError(
      `The tables in ${path} have schema version ${version}, but this baileys-sessions reads version ${SCHEMA_VERSION}. This command only reads, so nothing was changed. To update them, start your application with this version, or run baileys-sessions doctor ${text} --repair. Older versions cannot use the database afterwards.`,
    )
  }
  database.exec('PRAGMA query_only = ON')
}
