import type { LastDisconnect } from '../status/session-status.js'
import { type ConnectionRecord, newConnectionRecord } from './connection-repository.js'

/** One connection as it stands in the file: JSON, with dates as ISO text, and with whatever the application added. */
export type ConnectionRow = Readonly<Record<string, unknown>>

/** The file: its rows by session, and what else stands in it. */
export interface ConnectionTable {
  /** The rows. */
  rows: Map<string, ConnectionRow>
  /** Fields of the file that are not ours; they stay. */
  others: Readonly<Record<string, unknown>>
}

/** Reads the text of the file. Throws when it is not such a file. */
export function parseTable(text: string): ConnectionTable {
  const content: unknown = JSON.parse(text)
  if (!isObject(content)) throw new Error('it is not an object with a "connections" array')
  const { connections, ...others } = content
  if (!Array.isArray(connections)) throw new Error('it is not an object with a "connections" array')
  const rows = new Map<string, ConnectionRow>()
  for (const row of connections) {
    if (!isObject(row) || typeof row['sessionId'] !== 'string') throw new Error('one of its connections has no "sessionId"')
    rows.set(row['sessionId'], row)
  }
  return { rows, others }
}

/** The text of the file. */
export function formatTable({ rows, others }: ConnectionTable): string {
  return `${JSON.stringify({ ...others, connections: [...rows.values()] }, null, 2)}\n`
}

/** Changes as they go into a row. Throws for what is not JSON. */
export function toRow(changes: Partial<ConnectionRecord>): ConnectionRow {
  const row: unknown = JSON.parse(JSON.stringify(changes))
  return isObject(row) ? row : {}
}

/** A row as the application sees it: fields that are missing have the value of a new record. */
export function fromRow(sessionId: string, row: ConnectionRow): ConnectionRecord {
  // The texts of `status` and `reason` are this library's own, perhaps of a later version: they are shown as they are.
  const known = row as Partial<Record<keyof ConnectionRecord, unknown>> & Pick<Partial<ConnectionRecord>, 'status' | 'reason'>
  const empty = newConnectionRecord(sessionId)
  return {
    sessionId,
    status: known.status ?? empty.status,
    reason: known.reason ?? empty.reason,
    phoneNumber: textOrNull(known.phoneNumber),
    lastConnectedAt: dateOrNull(known.lastConnectedAt, 'lastConnectedAt'),
    lastDisconnect: lastDisconnect(known.lastDisconnect),
    owner: textOrNull(known.owner),
    updatedAt: dateOrNull(known.updatedAt, 'updatedAt') ?? new Date(0),
    metadata: isObject(known.metadata) ? known.metadata : empty.metadata,
  }
}

function lastDisconnect(value: unknown): LastDisconnect | null {
  if (!isObject(value)) return null
  const { code, cause, message, at } = value as Partial<Record<keyof LastDisconnect, unknown>> & Pick<Partial<LastDisconnect>, 'cause'>
  return {
    code: typeof code === 'number' ? code : null,
    cause: cause ?? 'unknown',
    message: textOrNull(message) ?? '',
    at: dateOrNull(at, 'lastDisconnect.at') ?? new Date(0),
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function dateOrNull(value: unknown, field: string): Date | null {
  if (value === null || value === undefined) return null
  const date = new Date(typeof value === 'string' ? value : NaN)
  if (Number.isNaN(date.getTime())) throw new Error(`"${field}" is not a date: ${JSON.stringify(value)}`)
  return date
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
