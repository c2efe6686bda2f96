import { SessionTurns } from '../../async/order-of-work.js'
import { LeaseLock } from '../../lease/lease-lock.js'
import type { SessionLock } from '../../lease/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../../store/session-store.js'
import { fromColumn, toColumn } from '../column-text.js'
import { applyChanges, listKeys, readRecords, removeRecords, toChangedRows } from './record-rows.js'
import { SqliteConnection, type SqliteWork } from './sqlite-connection.js'
import { resolveSqliteOptions, resolveStaleAfterMs, type SqliteSessionStoreOptions } from './sqlite-database.js'
import type { SqliteAction } from './sqlite-failure.js'
import { addSession, type SessionRow, SqliteLockTable } from './sqlite-lock-table.js'
import { type SqliteStatements, textOf } from './sqlite-statements.js'

/** How many rows are had at once; the event loop goes on between them. */
const PAGE = 500

const UPDATE = `UPDATE baileys_sessions_session SET has_records = NOT has_records WHERE session_key = ?
  AND has_records <> EXISTS (SELECT 1 FROM baileys_sessions_record AS record WHERE record.session_key = baileys_sessions_session.session_key)`

// All ids of a page in one text: as rows, drivers take four times as long to hand them out.
// The condition stands as it does in the index: SQLite uses that for no other.
const listed = (operator: '>' | '>='): string => `SELECT json_group_array(session_id) AS ids FROM (
  SELECT session_id FROM baileys_sessions_session WHERE has_records = 1 AND session_id ${operator} ? ORDER BY session_id LIMIT ?)`
const LIST_FIRST = listed('>=')
const LIST_NEXT = listed('>')

/**
 * Notes on the row of a session whether it has records, which makes it one that is listed: to look for a record of each
 * session takes ten times as long as to list them. Belongs in the transaction that has removed records, or added the first.
 */
function noteWhetherListed(statements: SqliteStatements, sessionKey: number): void {
  statements.run(UPDATE, sessionKey)
}

/** Some ids of sessions that have records, in the order of the database, after one of them. */
function listSessions(statements: SqliteStatements, after: string | null, limit: number): string[] {
  const [row] = statements.rows(after === null ? LIST_FIRST : LIST_NEXT, toColumn(after ?? ''), limit)
  const ids: unknown = JSON.parse(textOf(row, 'ids') ?? '[]')
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string').map(fromColumn) : []
}

/**
 * Keeps all sessions in one SQLite database, in tables whose names begin with `baileys_sessions_`. A write is one transaction that
 * also checks its fencing token: after a crash, all of it is there, or nothing. Several processes on one host may share the file.
 *
 * On its first call it creates or updates the tables, and turns on the write-ahead log. It sets `synchronous`, and sets
 * `busy_timeout` of the connection to 0, because it waits by itself. It refuses a database with tables of a newer version, and does
 * not change it. `close` releases what the store holds and leaves the database open: close that afterwards.
 */
export class SqliteSessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #table: SqliteLockTable
  readonly #lock: LeaseLock<SessionRow>
  readonly #connection: SqliteConnection
  readonly #turns = new SessionTurns()

  /**
   * Does not touch any table yet.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: SqliteSessionStoreOptions) {
    this.#connection = new SqliteConnection(resolveSqliteOptions(options))
    this.#table = new SqliteLockTable(this.#connection)
    this.#lock = new LeaseLock({ table: this.#table, staleAfterMs: resolveStaleAfterMs(options) })
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    const next = (after: string | null): Promise<string[]> =>
      this.#read({ verb: 'list the sessions in' }, (statements) => listSessions(statements, after, PAGE))
    for await (const page of pages(next)) for (const sessionId of page) yield sessionId
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    const action = { verb: `list the records of session "${sessionId}" in`, sessionId }
    const next = (after: RecordKey | null): Promise<RecordKey[]> => this.#read(action, (statements) => listKeys(statements, sessionId, after, PAGE))
    for await (const page of pages(next)) for (const key of page) yield { ...key }
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const action = { verb: `read records of session "${sessionId}" in`, sessionId, damageCode: 'RECORD_CORRUPT' as const }
    const wanted = keys.map((key) => ({ ...key }))
    const records = await this.#read(action, (statements) => readRecords(statements, sessionId, wanted.slice(0, 2 * PAGE)))
    for (let start = 2 * PAGE; start < wanted.length; start += 2 * PAGE) {
      await breathe()
      records.push(...(await this.#read(action, (statements) => readRecords(statements, sessionId, wanted.slice(start, start + 2 * PAGE)))))
    }
    return records
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    const rows = toChangedRows(changes)
    const { fencingToken, replaceAll = false } = options
    const writesNothing = rows.every(({ value }) => value === null)
    const leavesOne = typeof rows.at(-1)?.value === 'string'
    await this.#turns.run(sessionId, () =>
      this.#table.write(this.#lock, { sessionId, fencingToken, verb: 'write' }, (session) => (statements) => {
        if (session.sessionKey === null && writesNothing) return
        const sessionKey = session.sessionKey ?? addSession(statements, sessionId)
        if (replaceAll) removeRecords(statements, sessionKey)
        applyChanges(statements, sessionKey, rows)
        if (!session.hasRecords || !leavesOne) noteWhetherListed(statements, sessionKey)
      }),
    )
  }

  async delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    const { fencingToken } = options
    await this.#turns.run(sessionId, () =>
      this.#table.write(this.#lock, { sessionId, fencingToken, verb: 'delete' }, ({ sessionKey }) => (statements) => {
        if (sessionKey === null) return
        removeRecords(statements, sessionKey)
        noteWhetherListed(statements, sessionKey)
      }),
    )
  }

  close(): Promise<void> {
    return this.#lock.close(() => this.#turns.idle())
  }

  async #read<Result>(action: SqliteAction, work: SqliteWork<Result>): Promise<Result> {
    this.#lock.assertOpen(action.sessionId)
    return this.#connection.read(action, work)
  }
}

/** Pages of rows, each asked for by the last row of the one before. Whole pages: a promise for each row would cost more than the row. */
async function* pages<Row>(next: (after: Row | null) => Promise<Row[]>): AsyncIterable<readonly Row[]> {
  for (let after: Row | null = null; ;) {
    const page: Row[] = await next(after)
    yield page
    after = page.at(-1) ?? null
    if (page.length < PAGE) return
    await breathe()
  }
}

/** Lets the event loop go on. */
async function breathe(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}
