import { Redis } from 'ioredis'
import pg from 'pg'
import { FileSystemSessionStore, type SessionStore } from '../../src/index.js'
import { type PostgresClient, PostgresSessionStore } from '../../src/postgres.js'
import { RedisSessionStore } from '../../src/redis.js'
import { openSqliteDatabase, SqliteSessionStore } from '../../src/sqlite.js'

/** Where sessions are, as it can be told to another process. */
export type StoreAddress =
  | { readonly kind: 'files'; readonly directory: string }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis' | 'postgres'; readonly port: number; readonly leaseMs: number }

/** A store, and what closes it with all that it was opened on. */
export interface OpenedStore {
  readonly store: SessionStore
  /** How many requests were sent to its server so far; 0 where there is none. */
  readonly requests: () => number
  close(): Promise<void>
}

/** Opens the store at an address. */
export async function openStore(address: StoreAddress): Promise<OpenedStore> {
  switch (address.kind) {
    case 'files': {
      const store = new FileSystemSessionStore({ directory: address.directory })
      return { store, requests: noRequests, close: () => store.close() }
    }
    case 'sqlite': {
      const database = await openSqliteDatabase(address.file)
      const store = new SqliteSessionStore({ database })
      return { store, requests: noRequests, close: () => store.close().then(() => void database.close()) }
    }
    case 'redis':
      return openRedis(address)
    case 'postgres':
      return openPostgres(address)
  }
}

function openRedis({ port, leaseMs }: { readonly port: number; readonly leaseMs: number }): OpenedStore {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 200 })
  // Told to whoever asks something of it.
  client.on('error', () => undefined)
  let requests = 0
  const call = (command: string, ...args: string[]): Promise<unknown> => {
    requests += 1
    return client.call(command, ...args)
  }
  const store = new RedisSessionStore({ client: { call }, leaseMs })
  return { store, requests: () => requests, close: () => store.close().finally(() => client.disconnect()) }
}

function openPostgres({ port, leaseMs }: { readonly port: number; readonly leaseMs: number }): OpenedStore {
  const client = new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`, max: 5 })
  client.on('error', () => undefined)
  let requests = 0
  const query: PostgresClient['query'] = (text, params) => {
    requests += 1
    return client.query(text, params)
  }
  const store = new PostgresSessionStore({ client: { query }, leaseMs })
  return { store, requests: () => requests, close: () => store.close().finally(() => client.end()) }
}

function noRequests(): number {
  return 0
}
