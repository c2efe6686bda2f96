import assert from 'node:assert/strict'
import type { ConnectionRecord } from '../../../repository/connection-repository.js'

/** A record with every field set. */
export function fullRecord(sessionId: string): ConnectionRecord {
  return {
    sessionId,
    status: 'reconnecting',
    reason: 'connection_lost',
    phoneNumber: '5511999',
    lastConnectedAt: new Date('2024-01-02T03:04:05.678Z'),
    lastDisconnect: { code: 428, cause: 'connection_closed', message: 'Connection Closed', at: new Date('2024-01-02T03:04:06.000Z') },
    owner: 'host:1:ab',
    updatedAt: new Date('2024-01-02T03:04:07.000Z'),
    metadata: { company: 5, nested: { list: [1, 'two', null, { three: true }] }, empty: {} },
  }
}

/** The fields of a full record, as changes: without the id. */
export function fullChanges(sessionId: string): Omit<ConnectionRecord, 'sessionId'> {
  const { sessionId: _, ...changes } = fullRecord(sessionId)
  return changes
}

/**
 * A record as it is compared: the fields that the port names, dates as texts that say they are, metadata as JSON. A
 * repository may have more columns, and a database driver may give objects of its own kind.
 */
export function plain(record: ConnectionRecord | null): Record<string, unknown> | null {
  if (record === null) return null
  const { sessionId, status, reason, phoneNumber, lastConnectedAt, lastDisconnect, owner, updatedAt, metadata } = record
  return {
    sessionId,
    status,
    reason,
    phoneNumber,
    owner,
    lastConnectedAt: dateText(lastConnectedAt),
    lastDisconnect:
      lastDisconnect === null
        ? null
        : { code: lastDisconnect.code, cause: lastDisconnect.cause, message: lastDisconnect.message, at: dateText(lastDisconnect.at) },
    updatedAt: dateText(updatedAt),
    metadata: JSON.parse(JSON.stringify(metadata)) as unknown,
  }
}

/** Records as they are compared, by id. */
export function plainAll(records: readonly ConnectionRecord[]): unknown[] {
  const byId = (a: ConnectionRecord, b: ConnectionRecord): number => (a.sessionId < b.sessionId ? -1 : Number(a.sessionId > b.sessionId))
  return [...records].sort(byId).map(plain)
}

/** Asserts that a time is that of a call which lasted from `earliest` until now. */
export function assertTimeSince(earliest: number, time: Date): void {
  // Databases keep whole seconds, and have clocks of their own.
  const toleranceMs = 60_000
  assert.ok(time instanceof Date, `updatedAt must be a Date, but is ${JSON.stringify(time)}`)
  assert.ok(Math.abs(time.getTime() - earliest) < toleranceMs, `updatedAt must be the time of the save, but is ${String(time)}`)
}

function dateText(value: unknown): unknown {
  return value instanceof Date ? `Date ${Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()}` : value
}
