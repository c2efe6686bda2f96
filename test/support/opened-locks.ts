import { join } from 'node:path'
import { type FileLockEntry, FileLockTable, type FileLockTableOptions, lockPlaceOf } from '../../src/adapters/filesystem/file-lock-table.js'
import { SqliteConnection } from '../../src/adapters/sqlite/sqlite-connection.js'
import { resolveSqliteOptions, type SqliteDatabase } from '../../src/adapters/sqlite/sqlite-database.js'
import { type SessionRow, SqliteLockTable } from '../../src/adapters/sqlite/sqlite-lock-table.js'
import { LeaseLock, type LeaseLockOptions } from '../../src/lease/lease-lock.js'

/** How a lock on files is opened. */
export interface FileLockOptions extends Partial<LeaseLockOptions<FileLockEntry>>, Pick<FileLockTableOptions, 'assertWritable'> {
  folder: string
}

/** A lock on files without a store around it, and the check that a store makes. It goes by the id. */
export class FileLock extends LeaseLock<FileLockEntry> {
  readonly #table: FileLockTable

  constructor({ folder, assertWritable, ...options }: FileLockOptions) {
    const table = new FileLockTable({
      folder,
      placeOf: async (sessionId) => lockPlaceOf(join(folder, 'locks'), sessionId),
      heartbeats: join(folder, 'heartbeats'),
      ...(assertWritable === undefined ? {} : { assertWritable }),
    })
    super({ ...options, table })
    this.#table = table
  }

  /** Rejects with `STALE_WRITER` unless this writer may write. */
  mayWrite(sessionId: string, fencingToken?: number): Promise<void> {
    return this.check(sessionId, fencingToken, async () => {
      const { token, isHeld } = await this.#table.newest(sessionId)
      return { newestToken: token, isHeld }
    })
  }
}

/** A lock in a database without a store around it. */
export function openSqliteLock(database: SqliteDatabase, options: Partial<LeaseLockOptions<SessionRow>> = {}): LeaseLock<SessionRow> {
  return new LeaseLock({ table: new SqliteLockTable(new SqliteConnection(resolveSqliteOptions({ database, durability: 'process' }))), ...options })
}
