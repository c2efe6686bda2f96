import type { SessionLock } from '../ownership/session-lock.js'

/** Names one record of a session: `creds`, `lifecycle`, or a Signal key such as `pre-key` `12`. */
export interface RecordKey {
  /** The kind of record. Creds are `creds`, what this library remembers is `lifecycle`, Signal keys as Baileys names them. */
  type: string
  /** The id within its type; empty for `creds` and `lifecycle`. */
  id: string
}

/** A record as a store holds it. */
export interface StoredRecord extends RecordKey {
  /** Opaque text. */
  value: string
}

/** One change of a write. */
export interface RecordChange extends RecordKey {
  /** The new text; `null` deletes the record. */
  value: string | null
}

/** How a write is to be made. */
export interface WriteOptions {
  /** The token of the lease under which this is written; see {@link SessionStore.write}. */
  fencingToken?: number
  /** Removes every record of the session that is not among the changes, in the same step. */
  replaceAll?: boolean
}

/** How a session is to be deleted. */
export interface DeleteOptions {
  /** The token of the lease under which this is deleted. */
  fencingToken?: number
}

/**
 * Where sessions live between runs. A store keeps opaque text under a session id and a record key; it knows nothing of
 * Baileys.
 *
 * Implementations MUST:
 * - leave absent records out of what `read` resolves with, and reject for every other failure: missing is never an error,
 *   and an error is never "missing". Rejections are `SessionError`s: `STORE_UNAVAILABLE` (could not read or write),
 *   `RECORD_CORRUPT` (it is there and cannot be read as a record), `LEGACY_SESSION`, or `STALE_WRITER`;
 * - make `write` visible to every later `read`, all of one call or, when it rejects, as a rule none;
 * - resolve `write` and `delete` only when the change survives the end of the process (a memory store: its own lifetime);
 * - reject a write or delete with `STALE_WRITER` when its token is older than the newest one handed out for that id, and one
 *   without a token while somebody holds the lock;
 * - keep distinct ids and keys distinct, whatever characters they hold; unknown types pass through unchanged;
 * - list every id that it holds anything for, readable or not;
 * - make deletes of what is not there, `delete` and `close` succeed; reject calls after `close` with `STORE_UNAVAILABLE`.
 */
export interface SessionStore {
  /** Who may run a session of this store. */
  readonly lock: SessionLock
  /** Every id that the store holds anything for, readable or not. */
  list(): AsyncIterable<string>
  /** The keys of all records of one session. */
  records(sessionId: string): AsyncIterable<RecordKey>
  /** The records among `keys` that exist, in any order. */
  read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]>
  /** Applies all changes, or none. */
  write(sessionId: string, changes: readonly RecordChange[], options?: WriteOptions): Promise<void>
  /** Removes everything of one session. Idempotent. */
  delete(sessionId: string, options?: DeleteOptions): Promise<void>
  /** Lets go of what the store holds open. Idempotent. */
  close(): Promise<void>
}

/** The key of a session's credentials. */
export const CREDS_KEY: RecordKey = Object.freeze({ type: 'creds', id: '' })

/** The key of what this library remembers of a session. */
export const LIFECYCLE_KEY: RecordKey = Object.freeze({ type: 'lifecycle', id: '' })
