import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { FileSystemSessionStore, type SessionStore } from '../../../src/index.js'
import { PostgresSessionStore } from '../../../src/postgres.js'
import { RedisSessionStore } from '../../../src/redis.js'
import { openSqliteDatabase, SqliteSessionStore } from '../../../src/sqlite.js'

/** The stores on a disk that real faults are tried on. */
export const FAULT_STORES = ['fs', 'sqlite'] as const

/** One of them. */
export type FaultStore = (typeof FAULT_STORES)[number]

/** One of them, or one on a server; its place is a folder, or a port. */
export type StoreKind = FaultStore | 'redis' | 'postgres'

/** How long a lease on a server is: short enough to wait for its end. */
export const SERVER_LEASE_MS = 3000

const OPEN: Readonly<Record<StoreKind, (place: string) => Promise<SessionStore>>> = {
  fs: async (directory) => new FileSystemSessionStore({ directory }),
  sqlite: async (directory) => {
    const database = await openSqliteDatabase(join(directory, 'sessions.db'))
    return new ClosingStore({ database }, () => {
      database.close()
    })
  },
  redis: async (port) => {
    const client = new Redis({ port: Number(port), host: '127.0.0.1', maxRetriesPerRequest: 1, retryStrategy: () => 50 })
    client.on('error', () => undefined)
    return new DisconnectingStore({ client, leaseMs: SERVER_LEASE_MS }, () => client.disconnect())
  },
  postgres: async (port) => {
    const pool = new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`, max: 5, connectionTimeoutMillis: 1000 })
    pool.on('error', () => undefined)
    return new PoolEndingStore({ client: pool, leaseMs: SERVER_LEASE_MS }, () => pool.end())
  },
}

/** Whether there is such a store. */
export function isStoreKind(kind: string): kind is StoreKind {
  return Object.hasOwn(OPEN, kind)
}

/** Makes one on a folder, or on the server at a port. */
export function openStore(kind: StoreKind, place: string): Promise<SessionStore> {
  return OPEN[kind](place)
}

/** A store that closes its client, too: nobody else uses it. */
class DisconnectingStore extends RedisSessionStore {
  readonly #disconnect: () => void

  constructor(options: ConstructorParameters<typeof RedisSessionStore>[0], disconnect: () => void) {
    super(options)
    this.#disconnect = disconnect
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      this.#disconnect()
    }
  }
}

/** A store that ends its pool, too: nobody else uses it. */
class PoolEndingStore extends PostgresSessionStore {
  readonly #end: () => Promise<void>

  constructor(options: ConstructorParameters<typeof PostgresSessionStore>[0], end: () => Promise<void>) {
    super(options)
    this.#end = end
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      await this.#end()
    }
  }
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
