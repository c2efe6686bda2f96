import { SessionTurns } from '../../async/order-of-work.js'
import { LeaseLock } from '../../lease/lease-lock.js'
import type { SessionLock } from '../../lease/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../../store/session-store.js'
import { toColumn } from '../column-text.js'
import { type PostgresSessionStoreOptions, resolvePostgresOptions } from './postgres-client.js'
import { PostgresConnection } from './postgres-connection.js'
import type { PostgresAction } from './postgres-failure.js'
import { type PostgresLockEntry, PostgresLockTable } from './postgres-lock-table.js'
import { PostgresSchema } from './postgres-schema.js'
import { changesAsJson, idsOf, keysAsJson, keysOf, recordsOf } from './record-rows.js'
import { sessionColumn } from './session-column.js'

/** How many rows are had at once. */
const PAGE = 500

/** A process renews its lease this often in the time that it lasts. */
const BEATS_PER_LEASE = 10
/** The part of its lease after which a process that could not renew it gives it up: its sockets are closed before others can have the sessions. */
const LAPSES_AFTER = 0.8

const READ = `SELECT json_agg(json_build_array(record.type, record.id, record.value))::text AS answer
  FROM @.session JOIN @.record USING (session_key) JOIN json_to_recordset($2::text::json) AS wanted(type text, id text)
    ON record.type = wanted.type COLLATE "C" AND record.id = wanted.id COLLATE "C"
  WHERE session_id = $1::text`

const LIST = `SELECT json_agg(json_build_array(session_id))::text AS answer FROM (
  SELECT session_id FROM @.session WHERE has_records AND ($1::text IS NULL OR session_id > $1::text COLLATE "C") ORDER BY session_id LIMIT ${PAGE}) AS page`

const KEYS = `SELECT json_agg(json_build_array(type, id))::text AS answer FROM (
  SELECT type, id FROM @.session JOIN @.record USING (session_key)
  WHERE session_id = $1::text AND ($2::text IS NULL OR (type, id) > ($2::text COLLATE "C", $3::text COLLATE "C")) ORDER BY type, id LIMIT ${PAGE}) AS page`

/**
 * Keeps all sessions in PostgreSQL 13 or later, in a schema of their own, for any number of processes on any number of machines. A write is
 * one statement and one transaction, which also checks its fencing token. Each process has one lease for all of its sessions, which runs
 * out by the server's clock.
 *
 * On its first call it creates the tables, if its user may; otherwise the error says what to run. It refuses tables of a newer version. `close`
 * gives back what the store holds, and leaves the client open: end that afterwards.
 *
 * What PostgreSQL promises is what it keeps: with asynchronous replication, a failover may lose the last writes.
 */
export class PostgresSessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #schema: PostgresSchema
  readonly #table: PostgresLockTable
  readonly #lock: LeaseLock<PostgresLockEntry>
  readonly #turns = new SessionTurns()

  /**
   * Asks the server nothing yet.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: PostgresSessionStoreOptions) {
    const { client, schema, leaseMs } = resolvePostgresOptions(options)
    this.#schema = new PostgresSchema(new PostgresConnection(client), schema)
    this.#table = new PostgresLockTable(this.#schema, leaseMs)
    this.#lock = new LeaseLock({
      table: this.#table,
      staleAfterMs: leaseMs,
      beatIntervalMs: leaseMs / BEATS_PER_LEASE,
      lapsesAfterMs: leaseMs * LAPSES_AFTER,
    })
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    const action = { verb: 'list the sessions in' }
    yield* pages(async (after: string | null) => idsOf(await this.#read(action, LIST, after === null ? null : toColumn(after))))
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    const action = { verb: `list the records of session "${sessionId}" in`, sessionId }
    yield* pages(async (after: RecordKey | null) => {
      const key = after === null ? [null, null] : [toColumn(after.type), toColumn(after.id)]
      return keysOf(await this.#read(action, KEYS, sessionColumn(sessionId), ...key))
    })
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const action = { verb: `read records of session "${sessionId}" in`, sessionId, damageCode: 'RECORD_CORRUPT' as const }
    return recordsOf(await this.#read(action, READ, sessionColumn(sessionId), keysAsJson(keys)))
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    const { fencingToken, replaceAll = false } = options
    const write = { sessionId, fencingToken, verb: 'write', replaceAll, changes: changesAsJson(changes) }
    await this.#turns.run(sessionId, () => this.#table.write(this.#lock, write))
  }

  async delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    const write = { sessionId, fencingToken: options.fencingToken, verb: 'delete', replaceAll: true, changes: changesAsJson([]) }
    await this.#turns.run(sessionId, () => this.#table.write(this.#lock, write))
  }

  close(): Promise<void> {
    return this.#lock.close(() => this.#turns.idle())
  }

  async #read(action: PostgresAction, sql: string, ...params: (string | null)[]): Promise<unknown> {
    this.#lock.assertOpen(action.sessionId)
    return this.#schema.read(action, sql, ...params)
  }
}

/** All rows, page by page, each asked for by the last row of the one before. */
async function* pages<Row>(next: (after: Row | null) => Promise<Row[]>): AsyncIterable<Row> {
  for (let after: Row | null = null; ;) {
    const page: Row[] = await next(after)
    yield* page
    after = page.at(-1) ?? null
    if (page.length < PAGE) return
  }
}
