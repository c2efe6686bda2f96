import { SessionTurns } from '../../async/order-of-work.js'
import { requireOptions } from '../../option-checks.js'
import { connectionChanges, type ConnectionRecord, type ConnectionRepository } from '../../repository/connection-repository.js'
import { fromColumn, toColumn } from '../column-text.js'
import { convertConnection } from '../convert-connection.js'
import { type ConnectionColumns, fromColumns, type MappedColumns, newColumns, resolveColumns, toColumns } from './connection-columns.js'
import { ConnectionStatements } from './connection-statements.js'
import { type PostgresClient, requireClient, resolveTable } from './postgres-client.js'
import { PostgresConnection, textOf } from './postgres-connection.js'
import type { PostgresAction } from './postgres-failure.js'

/** Where a {@link PostgresConnectionRepository} keeps its connections. */
export interface PostgresConnectionRepositoryOptions {
  /** A connection pool, or what answers like one, such as PGlite. The repository never closes it. */
  client: PostgresClient
  /**
   * The table, which has to be there: `whatsapp_connections`, or `app.connections` for one in a schema. The column of the id needs a primary
   * key or a UNIQUE constraint.
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

const NAMES = Object.keys({ client: 0, table: 0, columns: 0 } satisfies Record<keyof PostgresConnectionRepositoryOptions, 0>)

/**
 * Keeps connections in a table of your application: it changes the columns that are named, and leaves all others as they are. Text goes into
 * columns of text, varchar or enum, dates into timestamps or text, the rest into jsonb, json or text. It has no `close`.
 *
 * A new session is a new row, so columns of your own need a default, or allow NULL; or create the row first. `postgresConnectionsTable` has
 * the SQL of a table for those who have none.
 *
 * Rejects with `REPOSITORY_FAILED`.
 */
export class PostgresConnectionRepository implements ConnectionRepository {
  readonly #connection: PostgresConnection
  readonly #columns: MappedColumns
  readonly #statements: ConnectionStatements
  readonly #turns = new SessionTurns()

  /**
   * Asks the server nothing yet.
   *
   * @throws TypeError or RangeError for an option that cannot be used.
   */
  constructor(options: PostgresConnectionRepositoryOptions) {
    requireOptions('', options, NAMES)
    requireClient(options.client)
    this.#connection = new PostgresConnection(options.client)
    this.#columns = resolveColumns(options.columns)
    this.#statements = new ConnectionStatements(resolveTable(options.table), this.#columns)
  }

  async findAll(): Promise<ConnectionRecord[]> {
    const records: ConnectionRecord[] = []
    for (let after: string | null = null; ;) {
      const statement = after === null ? this.#statements.firstPage() : this.#statements.nextPage(after)
      const answer = await this.#connection.ask(action('read', undefined), () => statement)
      const page: unknown[] = Array.isArray(answer) ? answer : []
      for (const row of page) records.push(this.#record(fromColumn(textOf(row, 'sessionId') ?? ''), row))
      after = textOf(page.at(-1), 'sessionId')
      if (page.length < this.#statements.pageSize || after === null) return records
    }
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    const row = await this.#connection.ask(action('read', sessionId), () => this.#statements.find(toColumn(sessionId)))
    return row === null ? null : this.#record(sessionId, row)
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    // Taken now: what the caller does to its objects later is no part of this.
    const columns = convertConnection(sessionId, () => toColumns(this.#columns, connectionChanges(changes)))
    const row = newColumns(this.#columns, sessionId)
    for (const [column, value] of columns) row.set(column, value)
    const statement = this.#statements.save(toColumn(sessionId), [...columns.keys()], row)
    await this.#turns.run(sessionId, () => this.#connection.ask(action('write', sessionId), () => statement))
  }

  async delete(sessionId: string): Promise<void> {
    await this.#turns.run(sessionId, () => this.#connection.ask(action('delete', sessionId), () => this.#statements.delete(toColumn(sessionId))))
  }

  #record(sessionId: string, row: unknown): ConnectionRecord {
    return convertConnection(sessionId, () => fromColumns(this.#columns, sessionId, typeof row === 'object' && row !== null ? row : {}))
  }
}

function action(verb: string, sessionId: string | undefined): PostgresAction {
  const what = sessionId === undefined ? 'the connections' : `the connection of session "${sessionId}"`
  return { verb: `${verb} ${what} in`, sessionId, code: 'REPOSITORY_FAILED', advice: ADVICE }
}

const ADVICE: NonNullable<PostgresAction['advice']> = Object.freeze({
  missing:
    'There is no such table, or it has not all of the columns. Name them in "table" and "columns", with null for a column that it has not; postgresConnectionsTable() of "baileys-sessions/postgres" has the SQL of a table.',
  notUnique: 'The column of the session id has no primary key or UNIQUE constraint of its own. Add one.',
  constraint: 'A constraint of the table refuses the row. Columns of your own need a default or allow NULL, or the row has to be there before its session is.',
  denied: 'This user may not do that. Grant it SELECT, INSERT, UPDATE and DELETE on the table.',
})
