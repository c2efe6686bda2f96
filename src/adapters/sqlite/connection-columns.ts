import type { ConnectionRecord } from '../../repository/connection-repository.js'
import { type ConnectionRow, fromRow, toRow } from '../../repository/connection-rows.js'
import type { SqliteValue } from './sqlite-database.js'
import { type SqliteRow, textOf } from './sqlite-statements.js'
import { toColumn } from './stored-text.js'

/** A field of a connection and its column; `json` when the column holds JSON. */
type Column = readonly [field: Exclude<keyof ConnectionRecord, 'sessionId'>, column: string, kind?: 'json']

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
export const CONNECTION_COLUMNS: readonly string[] = COLUMNS.map(([, column]) => column)

/** Changes by column, as they are bound. Throws `TypeError` for what no column holds. */
export function toColumns(changes: Partial<ConnectionRecord>): Map<string, SqliteValue> {
  const row = toRow(changes)
  return new Map(COLUMNS.filter(([field]) => row[field] !== undefined).map(([field, column, kind]) => {
    const value = row[field]
    if (value === null) return [column, null]
    if (kind === 'json') return [column, JSON.stringify(value)]
    if (typeof value !== 'string') throw new TypeError(`${field} of a connection must be a text, a date or null, not ${typeof value}`)
    return [column, toColumn(value)]
  }))
}

/** A row as the application sees it. Throws for what is no date, or no JSON. */
export function fromColumns(sessionId: string, row: SqliteRow): ConnectionRecord {
  const fields = COLUMNS.map(([field, column, kind]) => {
    const text = textOf(row, column)
    return [field, kind === 'json' && text !== null ? JSON.parse(text) as unknown : text]
  })
  const connection: ConnectionRow = Object.fromEntries(fields) as ConnectionRow
  return fromRow(sessionId, connection)
}
