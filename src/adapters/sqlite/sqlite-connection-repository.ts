import { SessionError } from '../../errors.js'
import type { ConnectionRecord, ConnectionRepository } from '../../repository/connection-repository.js'
import { connectionChanges, newConnectionRecord } from '../../repository/merge-connection-record.js'
import { SessionTurns } from '../filesystem/order-of-work.js'
import { CONNECTION_COLUMNS, fromColumns, toColumns } from './connection-columns.js'
import { SqliteConnection } from './sqlite-connection.js'
import type { SqliteAction } from './sqlite-failure.js'
import { resolveSqliteOptions, type SqliteOptions } from './sqlite-options.js'
import { type SqliteRow, type SqliteStatements, textOf } from './sqlite-statements.js'
import { toColumn } from './stored-text.js'

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
      await new Promise<void>((resolve) => { setImmediate(resolve) })
      page = await this.#rows(NEXT, last)
    }
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    const [row] = await this.#connection.read(action('read', sessionId), statements => statements.rows(FIND, toColumn(sessionId)))
    return row === undefined ? null : readRow(row)
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    // Taken now: what the caller does to its objects later is no part of this.
    const columns = attempt(sessionId, () => toColumns(connectionChanges(changes)))
    const empty = toColumns(newConnectionRecord(sessionId))
    const key = toColumn(sessionId)
    await this.#change(sessionId, 'write', (statements) => {
      statements.run(INSERT, key, ...CONNECTION_COLUMNS.map(column => empty.get(column) ?? null))
      if (columns.size === 0) return
      const assignments = [...columns.keys()].map(column => `${column} = ?`).join(', ')
      statements.run(`UPDATE baileys_sessions_connection SET ${assignments} WHERE session_id = ?`, ...columns.values(), key)
    })
  }

  async delete(sessionId: string): Promise<void> {
    await this.#change(sessionId, 'delete', statements => statements.run(DELETE, toColumn(sessionId)))
  }

  async #rows(sql: string, ...after: string[]): Promise<SqliteRow[]> {
    return this.#connection.read(action('read', undefined), statements => statements.rows(sql, ...after))
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
  return attempt(sessionId, () => fromColumns(sessionId, row))
}

/** What is in a row, or is to go there, may be no JSON, or no date; the message of the JSON parser quotes what it found. */
function attempt<Result>(sessionId: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const why = error instanceof SyntaxError || !(error instanceof Error) ? 'it is not JSON' : error.message
    throw new SessionError('REPOSITORY_FAILED', `The connection of session "${sessionId}" could not be used: ${why}.`, { sessionId, cause: error })
  }
}
