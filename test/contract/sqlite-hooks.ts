import { join } from 'node:path'
import { SqliteConnectionRepository } from '../../src/adapters/sqlite/sqlite-connection-repository.js'
import type { SqliteDatabase, SqliteStatement } from '../../src/adapters/sqlite/sqlite-database.js'
import type { SessionRow } from '../../src/adapters/sqlite/sqlite-lock-table.js'
import { SqliteSessionStore } from '../../src/adapters/sqlite/sqlite-session-store.js'
import type { LeaseLock } from '../../src/lease/lease-lock.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import type { ConnectionRepositoryContractHooks, SessionLockContractHooks, SessionStoreContractHooks } from '../../src/testing/index.js'
import { NO_PID } from '../support/dead-holder.js'
import { openSqliteLock } from '../support/opened-locks.js'
import type { SqliteDriver } from '../support/sqlite-drivers.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A file and the connection to it that one subject of a contract has. */
interface Place {
  readonly file: string
  readonly database: BreakableDatabase
}

/** A database that fails as a driver does when the disk is gone, for as long as it is told to. */
class BreakableDatabase implements SqliteDatabase {
  isBroken = false
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  exec(sql: string): unknown {
    return this.#unlessBroken(() => this.#database.exec(sql))
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#unlessBroken(() => this.#database.prepare(sql))
    return {
      run: (...values) => this.#unlessBroken(() => statement.run(...values)),
      get: (...values) => this.#unlessBroken(() => statement.get(...values)),
      all: (...values) => this.#unlessBroken(() => statement.all(...values)),
    }
  }

  close(): unknown {
    return this.#database.close()
  }

  #unlessBroken<Result>(work: () => Result): Result {
    if (this.isBroken) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_READ' })
    return work()
  }
}

/** What the contracts are run on with one driver. */
export class SqliteSubjects {
  readonly #driver: SqliteDriver
  readonly #places = new WeakMap<object, Place>()
  readonly #storesOfLocks = new WeakMap<SessionLock, SqliteSessionStore>()

  constructor(driver: SqliteDriver) {
    this.#driver = driver
  }

  /** A store in a new file, or in that of another. */
  readonly openStore = (file: string = newFile()): SqliteSessionStore => {
    const database = this.#open(file)
    const store = new SqliteSessionStore({ database, durability: 'process' })
    this.#places.set(store, { file, database })
    this.#storesOfLocks.set(store.lock, store)
    return store
  }

  readonly storeHooks: SessionStoreContractHooks<SqliteSessionStore> = {
    reopen: (store) => this.openStore(this.#placeOf(store).file),
    openAnother: (store) => this.openStore(this.#placeOf(store).file),
    corrupt: (store, sessionId, { type, id }) => {
      this.#edit(
        this.#placeOf(store).file,
        `UPDATE baileys_sessions_record SET value = x'ff00'
        WHERE type = '${type}' AND id = '${id}' AND session_key = (SELECT session_key FROM baileys_sessions_session WHERE session_id = '${sessionId}')`,
      )
    },
    disconnect: (store) => this.#disconnect(store),
    takeOver: (store, sessionId) => this.#takeOver(this.#placeOf(store).file, sessionId),
  }

  /** The lock of a store. */
  readonly openStoreLock = (file?: string): SessionLock => this.openStore(file).lock

  readonly storeLockHooks: SessionLockContractHooks = {
    openAnother: (lock) => this.openStoreLock(this.#placeOf(this.#storeOf(lock)).file),
    disconnect: (lock) => this.#disconnect(this.#storeOf(lock)),
    takeOver: async (lock, sessionId) => {
      const lease = await this.#takeOver(this.#placeOf(this.#storeOf(lock)).file, sessionId)
      // The old holder finds out with its next write.
      await this.#storeOf(lock)
        .write(sessionId, [], { fencingToken: NaN })
        .catch(() => undefined)
      return lease
    },
    dispose: (lock) => this.#storeOf(lock).close(),
  }

  /** A lock that cannot judge other holders by their pid, so that it goes by their heartbeat. */
  readonly openLockElsewhere = (file: string = newFile()): LeaseLock<SessionRow> => {
    const database = this.#open(file)
    const lock = openSqliteLock(database, { describe: async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }) })
    this.#places.set(lock, { file, database })
    return lock
  }

  /** What the lock contract needs of it; a holder that is taken over was last heard of so long ago. */
  readonly elsewhereHooks = (silentForMs: number): SessionLockContractHooks<LeaseLock<SessionRow>> => ({
    openAnother: (lock) => this.openLockElsewhere(this.#placeOf(lock).file),
    disconnect: (lock) => this.#disconnect(lock),
    takeOver: async (lock, sessionId) => {
      const { file } = this.#placeOf(lock)
      const lastSignAt = Date.now() - silentForMs
      this.#edit(file, `UPDATE baileys_sessions_session SET held_since = ${lastSignAt}; UPDATE baileys_sessions_heartbeat SET beat_at = ${lastSignAt}`)
      const lease = await mustTake(this.openStoreLock(file), sessionId)
      await lock.owner(sessionId)
      return lease
    },
    dispose: (lock) => lock.close(),
  })

  /** A repository in a new file, or in that of another. */
  readonly openRepository = (file: string = newFile()): SqliteConnectionRepository => {
    const database = this.#open(file)
    const repository = new SqliteConnectionRepository({ database, durability: 'process' })
    this.#places.set(repository, { file, database })
    return repository
  }

  readonly repositoryHooks: ConnectionRepositoryContractHooks<SqliteConnectionRepository> = {
    reopen: (repository) => this.openRepository(this.#placeOf(repository).file),
    disconnect: (repository) => this.#disconnect(repository),
  }

  #open(file: string): BreakableDatabase {
    return new BreakableDatabase(this.#driver.open(file))
  }

  #placeOf(subject: object): Place {
    const place = this.#places.get(subject)
    if (place === undefined) throw new Error('It was not opened here.')
    return place
  }

  #storeOf(lock: SessionLock): SqliteSessionStore {
    const store = this.#storesOfLocks.get(lock)
    if (store === undefined) throw new Error('It is not the lock of a store.')
    return store
  }

  #disconnect(subject: object): () => void {
    const { database } = this.#placeOf(subject)
    database.isBroken = true
    return () => {
      database.isBroken = false
    }
  }

  /** Makes the holder of a lock look as if its process had ended, and takes the lock. */
  async #takeOver(file: string, sessionId: string): Promise<SessionLease> {
    this.#edit(file, `UPDATE baileys_sessions_session SET holder = json_set(holder, '$.pid', ${NO_PID}) WHERE session_id = '${sessionId}'`)
    return mustTake(this.openStoreLock(file), sessionId)
  }

  #edit(file: string, sql: string): void {
    const database = this.#driver.open(file)
    database.exec(sql)
    database.close()
  }
}

async function mustTake(lock: SessionLock, sessionId: string): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error(`The lock of ${sessionId} was not given to another.`)
  return lease
}

function newFile(): string {
  return join(temporaryFolder(), 'sessions.db')
}
