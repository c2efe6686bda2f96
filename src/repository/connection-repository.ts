import type { LastDisconnect } from '../status/session-status.js'
import type { SessionStatus, StatusReason } from '../status/status-reasons.js'

/** Your application's view of one connection. */
export interface ConnectionRecord {
  /** The session. */
  sessionId: string
  /** Its last known status. */
  status: SessionStatus
  /** Why it was in that status. */
  reason: StatusReason | null
  /** The linked number, digits only. */
  phoneNumber: string | null
  /** When it was last connected. */
  lastConnectedAt: Date | null
  /** The last time it lost its socket. */
  lastDisconnect: LastDisconnect | null
  /** The process that ran it when this was written. */
  owner: string | null
  /** When this was written. */
  updatedAt: Date
  /** Whatever your application keeps with its connection; plain JSON. */
  metadata: Record<string, unknown>
}

/**
 * The application's own view of its connections: a table of its database, usually. The manager writes every change of
 * status to it and reads owner and metadata from it. It is never asked whether a session may be dialled; but where the store holds
 * nothing of a session, a record with a phone number that is not `logged_out` tells that this is a loss: `credentials_missing`.
 *
 * Implementations MUST:
 * - resolve `find` with `null` for an unknown id, and reject when it could not look; no call resolves that was not carried
 *   out;
 * - insert on `save` when there is no record, with `disconnected`, `null`, `{}` and the time of the call for what is not
 *   given;
 * - change only the fields that are given when there is one: the application's own columns and the metadata stay. `null` is
 *   given and `undefined` is not; `metadata` is one field, replaced as a whole; the id is that of the call;
 * - lose no field when several saves come at once;
 * - resolve `findAll` with all records, each once, not only the active ones;
 * - give back what was saved: dates as `Date`s, metadata as the JSON that it was;
 * - take and hand out copies: what a caller does to its objects later changes nothing;
 * - keep distinct ids distinct, whatever characters they hold;
 * - remove with `delete` one record and no other, and make `delete` of an unknown id succeed;
 * - resolve `save` and `delete` only when the change survives the end of the process (a memory repository: its own lifetime).
 *
 * `connectionRepositoryContract` of `baileys-sessions/testing` checks all of it.
 */
export interface ConnectionRepository {
  /** All records, not only the active ones. */
  findAll(): Promise<ConnectionRecord[]>
  /** One record, or `null`. */
  find(sessionId: string): Promise<ConnectionRecord | null>
  /** Inserts, or changes only the fields given. */
  save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void>
  /** Removes one record. Idempotent. */
  delete(sessionId: string): Promise<void>
}

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
