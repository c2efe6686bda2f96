import { requireOptions } from '../../option-checks.js'
import { type ConnectionRecord, newConnectionRecord } from '../../repository/connection-repository.js'
import { fromRow, toRow } from '../../repository/connection-rows.js'
import { fromColumn, toColumn } from '../column-text.js'
import { requireName } from './postgres-client.js'

/** The column of each field; `null` or `false` for a field that the table has no column for. */
export type ConnectionColumns = Partial<Record<keyof ConnectionRecord, string | null | false>>

/** What a column holds: text, a point in time, or JSON. */
type Kind = 'text' | 'date' | 'json'

const FIELDS: Readonly<Record<keyof ConnectionRecord, readonly [column: string, kind: Kind]>> = Object.freeze({
  sessionId: ['session_id', 'text'],
  status: ['status', 'text'],
  reason: ['reason', 'text'],
  phoneNumber: ['phone_number', 'text'],
  lastConnectedAt: ['last_connected_at', 'date'],
  lastDisconnect: ['last_disconnect', 'json'],
  owner: ['owner', 'text'],
  updatedAt: ['updated_at', 'date'],
  metadata: ['metadata', 'json'],
})

/** A field that the table has a column for. */
export interface MappedColumn {
  readonly field: string
  readonly column: string
  readonly kind: Kind
}

/** The columns that a table has, that of the id first. */
export type MappedColumns = readonly [id: MappedColumn, ...MappedColumn[]]

/** The columns that a table has, the usual ones where none are named. Throws TypeError or RangeError for what cannot be used. */
export function resolveColumns(columns: ConnectionColumns = {}): MappedColumns {
  requireOptions('columns', columns, Object.keys(FIELDS))
  const named = new Map<string, unknown>(Object.entries(columns))
  const [id, ...others] = Object.entries(FIELDS).flatMap(([field, [usual, kind]]) => {
    const given = named.get(field)
    const column = given === undefined ? usual : given
    return column === null || column === false ? [] : [{ field, column: requireName(`columns.${field}`, column), kind }]
  })
  if (id?.field !== 'sessionId') throw new RangeError('Option "columns.sessionId" must name a column: a row without an id belongs to no session.')
  const twice = others.find(({ column }, index) => column === id.column || others.slice(0, index).some((other) => other.column === column))
  if (twice !== undefined) throw new RangeError(`Option "columns.${twice.field}" must name a column of its own, but "${twice.column}" is named twice.`)
  return [id, ...others]
}

/** Changes by column, as they go into JSON. Throws `TypeError` for what no column holds. */
export function toColumns(columns: MappedColumns, changes: Partial<ConnectionRecord>): Map<string, unknown> {
  const row = toRow(changes)
  return new Map(
    columns
      .filter(({ field }) => row[field] !== undefined)
      .map(({ field, column, kind }) => {
        const value = row[field]
        if (kind === 'json' || value === null) return [column, mapTexts(value, toColumn)]
        if (typeof value !== 'string') throw new TypeError(`${field} of a connection must be a string, a date or null, but is of type ${typeof value}`)
        return [column, toColumn(value)]
      }),
  )
}

/** A row, by field, as the application sees it. Throws for what is no date, or no JSON. */
export function fromColumns(columns: MappedColumns, sessionId: string, row: object): ConnectionRecord {
  const values = new Map<string, unknown>(Object.entries(row))
  const fields = columns.map(({ field, kind }): [string, unknown] => {
    const value = values.get(field)
    if (typeof value !== 'string') return [field, kind === 'json' ? mapTexts(value, fromColumn) : value]
    if (kind === 'date') return [field, withZone(value)]
    // A column of text may hold the JSON.
    return [field, kind === 'json' ? mapTexts(JSON.parse(value), fromColumn) : fromColumn(value)]
  })
  return fromRow(sessionId, Object.fromEntries(fields))
}

/** The record of a session that is new, as a row. */
export function newColumns(columns: MappedColumns, sessionId: string): Map<string, unknown> {
  return toColumns(columns, newConnectionRecord(sessionId))
}

/** A column without a time zone holds what was written there, which is UTC. */
function withZone(date: string): string {
  return /(?:Z|[+-]\d\d(?::?\d\d)?)$/u.test(date) ? date : `${date}Z`
}

/** Every text in a piece of JSON, names included, as it can be stored, or as it was. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]: [string, unknown]) => [change(name), mapTexts(member, change)]))
}
