import type { PostgresClient } from '../../adapters/postgres/postgres-client.js'
import { withDeadline } from '../../async/deadline.js'
import type { Driver } from './load-driver.js'

/** Connections to a PostgreSQL server. */
export interface OpenPostgres {
  readonly client: PostgresClient
  /** Ends them. Never rejects, and never waits for a statement that is not answered. */
  readonly close: () => Promise<void>
}

/** As many as a copy of sessions can use. */
const MOST_CONNECTIONS = 5
/** How long a server may take to be reached. */
const CONNECT_MS = 10_000
/** How long to wait for statements that are under way when everything is closed. */
const CLOSE_MS = 2000

/** The drivers that a store on PostgreSQL is opened with, the first one that is installed. */
export const POSTGRES_DRIVERS: readonly Driver<OpenPostgres>[] = Object.freeze([
  {
    packageName: 'pg',
    load: async () => {
      const { Pool } = (await import('pg')).default
      return async (url) => {
        const pool = new Pool({ connectionString: url, max: MOST_CONNECTIONS, connectionTimeoutMillis: CONNECT_MS })
        pool.on('error', () => undefined)
        // A connection that waits for an answer does not keep the process alive, once everything is closed.
        const connections = new Set<object>()
        pool.on('connect', (connection) => connections.add(connection))
        pool.on('remove', (connection) => connections.delete(connection))
        return {
          client: pool,
          close: async () => {
            await withDeadline(pool.end(), CLOSE_MS, () => new Error('late')).catch(() => undefined)
            for (const connection of connections) {
              // It is missing from the types.
              const unref: unknown = Reflect.get(connection, 'unref')
              if (typeof unref === 'function') Reflect.apply(unref, connection, [])
            }
          },
        }
      }
    },
  },
  {
    packageName: 'postgres',
    load: async () => {
      const { default: connect } = await import('postgres')
      return async (url) => {
        // One statement at a time on a connection: PgBouncer may never answer several that are sent at once.
        const piped = new URL(url)
        piped.searchParams.set('max_pipeline', '0')
        const sql = connect(piped.href, { max: MOST_CONNECTIONS, connect_timeout: CONNECT_MS / 1000, onnotice: () => undefined })
        return {
          client: { query: async (text, params) => ({ rows: await sql.unsafe(text, params) }) },
          close: () => sql.end({ timeout: CLOSE_MS / 1000 }).catch(() => undefined),
        }
      }
    },
  },
] satisfies Driver<OpenPostgres>[])
