import { SessionTurns } from '../../async/order-of-work.js'
import { connectionChanges, type ConnectionRecord, type ConnectionRepository, newConnectionRecord } from '../../repository/connection-repository.js'
import { fromRow, toRow } from '../../repository/connection-rows.js'
import { toColumn } from '../column-text.js'
import { convertConnection } from '../convert-connection.js'
import { SqliteConnection } from './sqlite-connection.js'
import { resolveSqliteOptions, type SqliteOptions, type SqliteValue } from './sqlite-database.js'
import type { SqliteAction } from './sqlite-failure.js'
import { type SqliteRow, type SqliteStatements, textOf } from './sqlite-statements.js'

/** Every field of a connection but its id. */
const COLUMNS: readonly Column[] = [
  ['status', 'status'],
  ['reason', 'reason'],
  ['phoneNumber', 'phone_number'],
  ['lastConnectedAt', 'last_connected_at'],
  ['lastDisconnect', 'last_disconnect', 'json'],
  ['owner', 'owner'],
  ['updatedAt', 'updated_at'],
  ['metadata', 'metadata', 'json'],
]

/** The names of all columns but the id. */
const CONNECTION_COLUMNS: readonly string[] = COLUMNS.map(([, column]) => column)

const PAGE = 500

const SELECT = `SELECT session_id, ${CONNECTION_COLUMNS.join(', ')} FROM baileys_sessions_connection`
const FIND = `${SELECT} WHERE session_id = ?`
const FIRST = `${SELECT} ORDER BY session_id LIMIT ${PAGE}`
const NEXT = `${SELECT} WHERE session_id > ? ORDER BY session_id LIMIT ${PAGE}`
const INSERT = `INSERT INTO baileys_sessions_connection (session_id, ${CONNECTION_COLUMNS.join(', ')})
  VALUES (?${', ?'.repeat(CONNECTION_COLUMNS.length)}) ON CONFLICT DO NOTHING`
const DELETE = 'DELETE FROM baileys_sessions_connection WHERE session_id = ?'

/**
 * Keeps connections in a table of a SQLite database, `baileys_sessions_connection`: a column for each field, dates as ISO
 * text, `last_disconnect` and `metadata` as JSON. Columns that the application adds stay as they are. It may share the database
 * with a {@link SqliteSessionStore}, and has no `close`.
 *
 * Rejects with `REPOSITORY_FAILED`.
 */
export class SqliteConnectionRepository implements ConnectionRepository {
  readonly #connection: SqliteConnection
  readonly #turns = new SessionTurns()

  /**
   * Touches no table yet.
   *
   * @throws TypeError or RangeError for an option that cannot be used.
   */
  constructor(options: SqliteOptions) {
    this.#connection = new SqliteConnection(resolveSqliteOptions(options))
  }

  async findAll(): Promise<ConnectionRecord[]> {
    const records: ConnectionRecord[] = []
    for (let page = await this.#rows(FIRST); ;) {
      for (const row of page) records.push(readRow(row))
      const last = page.at(-1)?.['session_id']
      if (page.length < PAGE || typeof last !== 'string') return records
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
      page = await this.#rows(NEXT, last)
    }
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    const [row] = await this.#connection.read(action('read', sessionId), (statements) => statements.rows(FIND, toColumn(sessionId)))
    return row === undefined ? null : readRow(row)
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    // Taken now: what the caller does to its objects later is no part of this.
    const columns = convertConnection(sessionId, () => toColumns(connectionChanges(changes)))
    const empty = toColumns(newConnectionRecord(sessionId))
    const key = toColumn(sessionId)
    await this.#change(sessionId, 'write', (statements) => {
      statements.run(INSERT, key, ...CONNECTION_COLUMNS.map((column) => empty.get(column) ?? null))
      if (columns.size === 0) return
      const assignments = [...columns.keys()].map((column) => `${column} = ?`).join(', ')
      statements.run(`UPDATE baileys_sessions_connection SET ${assignments} WHERE session_id = ?`, ...columns.values(), key)
    })
  }

  async delete(sessionId: string): Promise<void> {
    await this.#change(sessionId, 'delete', (statements) => statements.run(DELETE, toColumn(sessionId)))
  }

  async #rows(sql: string, ...after: string[]): Promise<SqliteRow[]> {
    return this.#connection.read(action('read', undefined), (statements) => statements.rows(sql, ...after))
  }

  async #change(sessionId: string, verb: string, work: (statements: SqliteStatements) => void): Promise<void> {
    await this.#turns.run(sessionId, () => this.#connection.write(action(verb, sessionId), work))
  }
}

function action(verb: string, sessionId: string | undefined): SqliteAction {
  const what = sessionId === undefined ? 'the connections' : `the connection of session "${sessionId}"`
  return { verb: `${verb} ${what} in`, sessionId, code: 'REPOSITORY_FAILED' }
}

function readRow(row: SqliteRow): ConnectionRecord {
  const sessionId = textOf(row, 'session_id') ?? ''
  return convertConnection(sessionId, () => fromColumns(sessionId, row))
}

/** A field of a connection and its column; `json` when the column holds JSON. */
type Column = readonly [field: Exclude<keyof ConnectionRecord, 'sessionId'>, column: string, kind?: 'json']

/** Changes by column, as they are bound. Throws `TypeError` for what no column holds. */
function toColumns(changes: Partial<ConnectionRecord>): Map<string, SqliteValue> {
  const row = toRow(changes)
  return new Map(
    COLUMNS.filter(([field]) => row[field] !== undefined).map(([field, column, kind]) => {
      const value = row[field]
      if (value === null) return [column, null]
      if (kind === 'json') return [column, JSON.stringify(value)]
      if (typeof value !== 'string') throw new TypeError(`${field} of a connection must be a string, a date or null, but is of type ${typeof value}`)
      return [column, toColumn(value)]
    }),
  )
}

/** A row as the application sees it. Throws for what is no date, or no JSON. */
function fromColumns(sessionId: string, row: SqliteRow): ConnectionRecord {
  const fields = COLUMNS.map(([field, column, kind]): [string, unknown] => {
    const text = textOf(row, column)
    return [field, kind === 'json' && text !== null ? JSON.parse(text) : text]
  })
  return fromRow(sessionId, Object.fromEntries(fields))
}
