import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FileConnectionRepository, FileSystemSessionStore, type ConnectionRepository, type SessionStore } from 'baileys-sessions'
import { openSqliteDatabase, SqliteConnectionRepository, SqliteSessionStore } from 'baileys-sessions/sqlite'

/** Where the sessions are kept. */
export interface Storage {
  store: SessionStore
  repository: ConnectionRepository
  /** Call it after the manager is closed. */
  close: () => Promise<void>
}

/** Files in a folder, for one process. */
export function openFiles(folder: string): Storage {
  const store = new FileSystemSessionStore({ directory: folder })
  const repository = new FileConnectionRepository({ file: join(folder, 'connections.json') })
  return { store, repository, close: async () => store.close() }
}

/** A SQLite database in a folder, which the processes of a cluster share. */
export async function openDatabase(folder: string): Promise<Storage> {
  const database = await openSqliteDatabase(join(folder, 'sessions.db'))
  const store = new SqliteSessionStore({ database })
  const close = async (): Promise<void> => {
    await store.close()
    database.close()
  }
  return { store, repository: new SqliteConnectionRepository({ database }), close }
}

/** Makes the folder. Throws an error with advice if it cannot be made. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}. It cannot hold the sessions: choose another folder with --data.`, { cause })
  }
}
