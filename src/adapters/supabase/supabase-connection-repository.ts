import { SessionTurns } from '../../async/order-of-work.js'
import { SessionError } from '../../errors.js'
import { requireMethods, requireOptions } from '../../option-checks.js'
import { connectionChanges, type ConnectionRecord, type ConnectionRepository } from '../../repository/connection-repository.js'
import { fromColumn, toColumn } from '../column-text.js'
import { convertConnection } from '../convert-connection.js'
import { type ConnectionColumns, fromColumns, type MappedColumns, newColumns, resolveColumns, toColumns } from '../postgres/connection-columns.js'
import { requireName } from '../postgres/postgres-client.js'
import { textOf } from '../postgres/postgres-connection.js'
import { ConnectionRequests } from './connection-requests.js'
import type { SupabaseTableClient } from './supabase-client.js'
import { SupabaseConnection } from './supabase-connection.js'
import type { SupabaseAction } from './supabase-failure.js'
import { mayNotSeeAllRows } from './supabase-key.js'

/** Where a {@link SupabaseConnectionRepository} keeps its connections. */
export interface SupabaseConnectionRepositoryOptions {
  /** A client of `@supabase/supabase-js` with a secret or service-role key, on which nobody signs in. A schema is an option of its own. */
  client: SupabaseTableClient
  /**
   * The table, which has to be there. The column of the id needs a primary key or a UNIQUE constraint.
   *
   * @defaultValue 'whatsapp_connections'
   */
  table?: string
  /**
   * The column of each field, where it is not called as usual: `session_id`, `status`, `reason`, `phone_number`, `last_connected_at`,
   * `last_disconnect`, `owner`, `updated_at`, `metadata`. `null` or `false` for one that the table has no column for: it is not kept, and
   * reads as if it never was.
   */
  columns?: ConnectionColumns
}

const NAMES = Object.keys({ client: 0, table: 0, columns: 0 } satisfies Record<keyof SupabaseConnectionRepositoryOptions, 0>)

/** How many rows are asked for at once. The server may give fewer, so only a page without rows is the end. */
const PAGE_ROWS = 1000

/** How often a row is looked for and made, before it counts as hidden: in between others may make and remove it. */
const ROUNDS = 2

/**
 * Keeps connections in a table of Supabase, or of any PostgREST: it changes the columns that are named, and leaves all others as they are.
 * Text goes into columns of text, varchar or enum, dates into timestamps or text, the rest into jsonb, json or text. It has no `close`.
 *
 * A new session is a new row, so columns of your own need a default, or allow NULL; or create the row first. `postgresConnectionsTable` of
 * `baileys-sessions/postgres` has the SQL of a table for those who have none.
 *
 * Policies (RLS) hide rows without a word. A client whose key is neither a secret nor a service-role key gets a warning of the process,
 * once, and a save that did not reach a row rejects.
 *
 * Rejects with `REPOSITORY_FAILED`; the message and the cause have the code of PostgREST.
 */
export class SupabaseConnectionRepository implements ConnectionRepository {
  readonly #connection: SupabaseConnection
  readonly #columns: MappedColumns
  readonly #requests: ConnectionRequests
  readonly #turns = new SessionTurns()

  /**
   * Asks the server nothing yet.
   *
   * @throws TypeError or RangeError for an option that cannot be used.
   */
  constructor(options: SupabaseConnectionRepositoryOptions) {
    requireOptions('', options, NAMES)
    const { client, table = 'whatsapp_connections', columns } = options
    requireMethods('client', client, ['from'])
    this.#connection = new SupabaseConnection(client, requireName('table', table))
    this.#columns = resolveColumns(columns)
    this.#requests = new ConnectionRequests(this.#columns)
    if (mayNotSeeAllRows(client)) process.emitWarning(LIMITED_KEY, { code: 'BAILEYS_SESSIONS_SUPABASE' })
  }

  async findAll(): Promise<ConnectionRecord[]> {
    const records: ConnectionRecord[] = []
    for (let after: string | null = null; ;) {
      const last: string | null = after
      const page = await this.#connection.rows(action('read', undefined), (table) => this.#requests.page(table, last, PAGE_ROWS))
      for (const row of page) records.push(this.#record(fromColumn(textOf(row, 'sessionId') ?? ''), row))
      after = textOf(page.at(-1), 'sessionId')
      if (after === null) return records
    }
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    const [row] = await this.#connection.rows(action('read', sessionId), (table) => this.#requests.find(table, toColumn(sessionId)))
    return row === undefined ? null : this.#record(sessionId, row)
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    // Taken now: what the caller does to its objects later is no part of this.
    const changed = convertConnection(sessionId, () => toColumns(this.#columns, connectionChanges(changes)))
    const row = new Map([...newColumns(this.#columns, sessionId), ...changed])
    await this.#turns.run(sessionId, () => this.#save(sessionId, changed, row))
  }

  async delete(sessionId: string): Promise<void> {
    await this.#turns.run(sessionId, () => this.#connection.rows(action('delete', sessionId), (table) => this.#requests.delete(table, toColumn(sessionId))))
  }

  /** First the row that is there: an insert would be refused for want of the application's own columns, even where it comes to nothing. */
  async #save(sessionId: string, changed: ReadonlyMap<string, unknown>, row: ReadonlyMap<string, unknown>): Promise<void> {
    const write = action('write', sessionId)
    for (let round = 0; round < ROUNDS; round += 1) {
      const found = await this.#connection.rows(write, (table) => this.#requests.change(table, toColumn(sessionId), changed))
      if (found.length > 0) return
      const made = await this.#connection.rows(write, (table) => this.#requests.insert(table, row))
      if (made.length > 0) return
    }
    throw new SessionError('REPOSITORY_FAILED', hidden(sessionId), { sessionId })
  }

  #record(sessionId: string, row: unknown): ConnectionRecord {
    return convertConnection(sessionId, () => fromColumns(this.#columns, sessionId, typeof row === 'object' && row !== null ? row : {}))
  }
}

const LIMITED_KEY =
  'The client of SupabaseConnectionRepository has neither a secret key (sb_secret_...) nor a service-role key, or signs in as somebody: policies (RLS) may hide connections from it, and what is hidden reads as if it was not there. Create a client with a secret key for it, on your server.'

function hidden(sessionId: string): string {
  return `The connection of session "${sessionId}" was saved to Supabase, but cannot be read back: a policy (RLS) of the table hides its row, or a trigger drops it. Use a client with a secret or service-role key, or add policies for SELECT and UPDATE.`
}

function action(verb: string, sessionId: string | undefined): SupabaseAction {
  const what = sessionId === undefined ? 'the connections' : `the connection of session "${sessionId}"`
  return { verb: `${verb} ${what} in`, sessionId }
}
