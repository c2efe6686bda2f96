import { requireOptions } from '../../options/option-checks.js'
import { requireSqliteDatabase, type SqliteDatabase } from './sqlite-database.js'

/** How a store or a repository uses a database. */
export interface SqliteOptions {
  /**
   * The database. It may be shared by a store and a repository, and its file by several processes. Best a connection of its
   * own: a transaction that the application leaves open on it holds every write up.
   */
  database: SqliteDatabase
  /**
   * What a write that has resolved survives. `'power'`: a crash of the system or loss of power, for the price of an fsync
   * (`synchronous = FULL`). `'process'`: the end of the process, however it ends; when the power fails the last moments may be
   * lost, each transaction as a whole (`synchronous = NORMAL`). Where the database cannot keep a write-ahead log it is
   * `'power'` in any case.
   *
   * @defaultValue 'power'
   */
  durability?: 'power' | 'process'
  /**
   * For how many milliseconds a call tries again when another connection has locked the database. The event loop goes on in
   * between. Keep it below `storeTimeoutMs` of the manager.
   *
   * @defaultValue 5000
   */
  busyTimeoutMs?: number
}

/** Where a {@link SqliteSessionStore} keeps its sessions. */
export interface SqliteSessionStoreOptions extends SqliteOptions {
  /**
   * After how many milliseconds without a sign of life a holder of a lock counts as dead when it cannot be seen from here: one
   * in another container. All processes that share the file must have the same. A process of the same system is looked at
   * itself.
   *
   * @defaultValue 60_000
   */
  staleAfterMs?: number
}

/** Below this a process that is merely busy would be taken for dead. */
const SHORTEST_STALE_MS = 1000

const NAMES = Object.keys({ database: 0, durability: 0, busyTimeoutMs: 0, staleAfterMs: 0 } satisfies Record<keyof SqliteSessionStoreOptions, 0>)

/** The options with their defaults. Throws for one that cannot be used. */
export function resolveSqliteOptions(options: SqliteOptions): Required<SqliteOptions> {
  requireOptions('', options, NAMES)
  const { durability = 'power', busyTimeoutMs = 5000 } = options
  if (!['power', 'process'].includes(durability)) throw new RangeError(`durability must be 'power' or 'process', not ${JSON.stringify(durability)}.`)
  requireDuration('busyTimeoutMs', busyTimeoutMs, 0)
  return { database: requireSqliteDatabase(options.database), durability, busyTimeoutMs }
}

/** `staleAfterMs`, or its default. Throws when it cannot be used. */
export function resolveStaleAfterMs({ staleAfterMs = 60_000 }: SqliteSessionStoreOptions): number {
  requireDuration('staleAfterMs', staleAfterMs, SHORTEST_STALE_MS)
  return staleAfterMs
}

function requireDuration(option: string, value: unknown, least: number): void {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number of milliseconds, not ${typeof value}.`)
  if (!(value >= least && value <= 2 ** 31 - 1)) throw new RangeError(`${option} must be from ${least} to ${2 ** 31 - 1} ms, not ${value}.`)
}
