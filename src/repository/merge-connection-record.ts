import type { ConnectionRecord } from './connection-repository.js'

/** The record of a connection of which nothing is known yet. */
export function newConnectionRecord(sessionId: string): ConnectionRecord {
  return {
    sessionId,
    status: 'disconnected',
    reason: null,
    phoneNumber: null,
    lastConnectedAt: null,
    lastDisconnect: null,
    owner: null,
    updatedAt: new Date(),
    metadata: {},
  }
}

/** The fields of `changes` that are to be stored: what is `undefined` is not a change, and the id is never one. */
export function connectionChanges(changes: Partial<ConnectionRecord>): Partial<ConnectionRecord> {
  const fields: [string, unknown][] = Object.entries(changes)
  return Object.fromEntries(fields.filter(([field, value]) => field !== 'sessionId' && value !== undefined))
}
