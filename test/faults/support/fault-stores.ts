import { join } from 'node:path'
import { FileSystemSessionStore, type SessionStore } from '../../../src/index.js'
import { openSqliteDatabase, SqliteSessionStore } from '../../../src/sqlite.js'

/** The stores that real faults are tried on. */
export const FAULT_STORES = ['fs', 'sqlite'] as const

/** One of them. */
export type FaultStore = (typeof FAULT_STORES)[number]

const OPEN: Readonly<Record<FaultStore, (directory: string) => Promise<SessionStore>>> = {
  fs: async (directory) => new FileSystemSessionStore({ directory }),
  sqlite: async (directory) => {
    const database = await openSqliteDatabase(join(directory, 'sessions.db'))
    return new ClosingStore({ database }, () => {
      database.close()
    })
  },
}

/** Makes one on a folder. */
export function openStore(kind: FaultStore, directory: string): Promise<SessionStore> {
  return OPEN[kind](directory)
}

/** A store that closes its database, too: nobody else uses it. */
class ClosingStore extends SqliteSessionStore {
  readonly #closeDatabase: () => void

  constructor(options: ConstructorParameters<typeof SqliteSessionStore>[0], closeDatabase: () => void) {
    super(options)
    this.#closeDatabase = closeDatabase
  }

  override async close(): Promise<void> {
    await super.close()
    this.#closeDatabase()
  }
}
