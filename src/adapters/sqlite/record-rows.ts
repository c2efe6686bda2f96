import { SessionError } from '../../errors.js'
import type { RecordChange, RecordKey, StoredRecord } from '../../store/session-store.js'
import { toColumn } from '../column-text.js'
import { type SqliteRow, type SqliteStatements, textOf } from './sqlite-statements.js'

/** The key of a record as it stands in its columns. */
export interface KeyColumns {
  type: string
  id: string
}

/** One change, as it goes into the columns. */
export interface ChangedRow extends KeyColumns {
  value: string | null
}

// One statement for all types, because each sees the database at a moment of its own.
const READ = `SELECT record.type AS type, record.id AS id, record.value AS value FROM json_each(?) AS wanted CROSS JOIN baileys_sessions_record AS record
  WHERE session_key = (SELECT session_key FROM baileys_sessions_session WHERE session_id = ?)
  AND record.type = json_extract(wanted.value, '$.type') AND record.id IN (SELECT value FROM json_each(wanted.value, '$.ids'))`
const UPSERT = 'INSERT INTO baileys_sessions_record VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'
const REMOVE = 'DELETE FROM baileys_sessions_record WHERE session_key = ? AND type = ? AND id = ?'
const REMOVE_ALL = 'DELETE FROM baileys_sessions_record WHERE session_key = ?'

const keys = (operator: '>' | '>='): string => `SELECT type, id FROM baileys_sessions_record
  WHERE session_key = (SELECT session_key FROM baileys_sessions_session WHERE session_id = ?) AND (type, id) ${operator} (?, ?) ORDER BY type, id LIMIT ?`
const KEYS_FIRST = keys('>=')
const KEYS_NEXT = keys('>')

/** Changes as they go into the columns: copies, taken now. Throws `TypeError` for a value that is no text. */
export function toChangedRows(changes: readonly RecordChange[]): ChangedRow[] {
  return changes.map(({ type, id, value }) => {
    if (value !== null && typeof value !== 'string')
      throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
    return { type: toColumn(type), id: toColumn(id), value: value === null ? null : toColumn(value) }
  })
}

/** Applies changes, one after the other. */
export function applyChanges(statements: SqliteStatements, sessionKey: number, changes: readonly ChangedRow[]): void {
  for (const { type, id, value } of changes) {
    if (value === null) statements.run(REMOVE, sessionKey, type, id)
    else statements.run(UPSERT, sessionKey, type, id, value)
  }
}

/** Removes all records of a session. */
export function removeRecords(statements: SqliteStatements, sessionKey: number): void {
  statements.run(REMOVE_ALL, sessionKey)
}

/** The records among some keys that are there, all of one moment. */
export function readRecords(statements: SqliteStatements, sessionId: string, wanted: readonly RecordKey[]): StoredRecord[] {
  const idsByType = new Map<string, string[]>()
  for (const { type, id } of wanted) {
    const ids = idsByType.get(type)
    if (ids === undefined) idsByType.set(type, [toColumn(id)])
    else ids.push(toColumn(id))
  }
  const asked = [...idsByType].map(([type, ids]) => ({ type: toColumn(type), ids }))
  return statements.rows(READ, JSON.stringify(asked), toColumn(sessionId)).map((row) => {
    const { type, id } = keyOf(row)
    const value = textOf(row, 'value')
    if (value === null)
      throw new SessionError('RECORD_CORRUPT', `Record "${type}" "${id}" of session "${sessionId}" is not text in the SQLite database. Nothing was changed.`, {
        sessionId,
      })
    return { type, id, value }
  })
}

/** Some keys of a session's records, in the order of the database, after one of them. */
export function listKeys(statements: SqliteStatements, sessionId: string, after: RecordKey | null, limit: number): RecordKey[] {
  const { type, id } = after ?? { type: '', id: '' }
  const rows = statements.rows(after === null ? KEYS_FIRST : KEYS_NEXT, toColumn(sessionId), toColumn(type), toColumn(id), limit)
  return rows.map(keyOf)
}

function keyOf(row: SqliteRow): RecordKey {
  return { type: textOf(row, 'type') ?? '', id: textOf(row, 'id') ?? '' }
}
