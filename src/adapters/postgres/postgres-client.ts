import { requireDuration, requireMethods, requireOptions } from '../../option-checks.js'

/**
 * What runs statements on PostgreSQL: a `Pool` of `pg`, or anything that answers like one. With postgres.js it is
 * `{ query: async (text, params) => ({ rows: await sql.unsafe(text, params) }) }`.
 *
 * All that is asked of it: one statement a call, unnamed, with parameters that are text, numbers, booleans or `null`. Two statements
 * need not go to the same connection, so a pool works, and so does PgBouncer in transaction mode.
 */
export interface PostgresClient {
  /** Runs one statement, and resolves with its rows as objects by column name. */
  query(text: string, params: PostgresValue[]): PromiseLike<PostgresResult>
}

/** What a client makes of the answer to a statement. */
export interface PostgresResult {
  /** The rows, each an object by column name. */
  readonly rows: readonly unknown[]
}

/** A value for a parameter of a statement. */
export type PostgresValue = string | number | boolean | null

/** Where a {@link PostgresSessionStore} keeps its sessions. */
export interface PostgresSessionStoreOptions {
  /**
   * A connection pool, best one of its own with 5 to 20 connections. Not a single connection: one slow statement would hold up all
   * others, the renewal of the lease too, and a connection that was lost does not come back. The store never closes it.
   */
  client: PostgresClient
  /**
   * The schema that the tables are in. The store creates both if its user may.
   *
   * @defaultValue 'baileys_sessions'
   */
  schema?: string
  /**
   * How long this process keeps its sessions without renewing its lease, in milliseconds: after a crash, another process takes them
   * over when this time has passed. It renews ten times as often, with one statement for all sessions. At least 2000.
   *
   * @defaultValue 10_000
   */
  leaseMs?: number
}

/** The options with their defaults. */
export type ResolvedPostgresOptions = Required<PostgresSessionStoreOptions>

/** The schema when none is named. */
export const DEFAULT_SCHEMA = 'baileys_sessions'

/** PostgreSQL cuts longer names off. */
const LONGEST_NAME_BYTES = 63

/** Below this, a process that is merely busy would lose its leases. */
const SHORTEST_LEASE_MS = 2000

const NAMES = Object.keys({ client: 0, schema: 0, leaseMs: 0 } satisfies Record<keyof PostgresSessionStoreOptions, 0>)

/** The options with their defaults. Throws for one that cannot be used. */
export function resolvePostgresOptions(options: PostgresSessionStoreOptions): ResolvedPostgresOptions {
  requireOptions('', options, NAMES)
  const { client, schema = DEFAULT_SCHEMA, leaseMs = 10_000 } = options
  requireClient(client)
  requireName('schema', schema)
  return { client, schema, leaseMs: requireDuration('leaseMs', leaseMs, SHORTEST_LEASE_MS) }
}

/** Throws `TypeError` for what has no `query`. */
export function requireClient(client: PostgresClient): void {
  requireMethods('client', client, ['query'])
}

/** The name of something in the database. */
export function requireName(option: string, name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`Option "${option}" must be a name, but is of type ${typeof name}.`)
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > LONGEST_NAME_BYTES)
    throw new RangeError(`Option "${option}" must be a name of 1 to ${LONGEST_NAME_BYTES} bytes, but is ${JSON.stringify(name)}.`)
  return name
}

/** A name as it stands in a statement. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A statement in which `@` stands for the schema. */
export function inSchema(schema: string, statement: string): string {
  return statement.replaceAll('@', () => quoteName(schema))
}

/** A table as it stands in a statement, from `table` or `schema.table`. Throws TypeError or RangeError for what is no name. */
export function resolveTable(table = 'whatsapp_connections'): string {
  const parts = typeof table === 'string' ? table.split('.') : [table]
  if (parts.length > 2) throw new RangeError(`Option "table" must be "table" or "schema.table", but is ${JSON.stringify(table)}.`)
  return parts.map((part) => quoteName(requireName('table', part))).join('.')
}
