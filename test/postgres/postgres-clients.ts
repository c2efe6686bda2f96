import pg from 'pg'
import postgres from 'postgres'
import type { PostgresClient } from '../../src/adapters/postgres/postgres-client.js'

/** A client that a test has to end. */
export interface OpenClient extends PostgresClient {
  end(): Promise<unknown>
}

/** One of the clients that the documentation names. */
export interface ClientKind {
  readonly name: string
  /** Connects to a server when it is first used. */
  open(url: string): OpenClient
}

/** A pool of `pg`. */
export const PG_POOL: ClientKind = { name: 'a Pool of pg', open: openPool }

/** A pool of `pg` that outlives its connections. */
export function openPool(url: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 5, ...options })
  // Without this the process ends when the server closes a connection that is not in use.
  pool.on('error', () => undefined)
  return pool
}

/** Every client that the documentation names, as it says to pass it. */
export const CLIENT_KINDS: readonly ClientKind[] = [
  PG_POOL,
  {
    name: 'postgres.js',
    open: (url) => {
      // One statement at a time on a connection: PgBouncer may never answer several that are sent at once.
      const sql = postgres(`${url}?max_pipeline=0`, { max: 5, onnotice: () => undefined })
      return { query: async (text, params) => ({ rows: await sql.unsafe(text, params) }), end: () => sql.end({ timeout: 5 }) }
    },
  },
]
