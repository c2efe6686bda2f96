import type { SessionLock } from '../lease/session-lock.js'

/** Names one record of a session: `creds`, `lifecycle`, or a Signal key such as `pre-key` `12`. */
export interface RecordKey {
  /** The kind of record: `creds`, `lifecycle` (what this library remembers), or a Signal key as Baileys names it. */
  type: string
  /** The id within its type; empty for `creds` and `lifecycle`. */
  id: string
}

/** A record as a store holds it. */
export interface StoredRecord extends RecordKey {
  /** Opaque text. */
  value: string
  /** `'backup'` if the record itself was there but could not be read, so that this is the store's own copy of it. */
  restoredFrom?: 'backup'
}

/** One change of a write. */
export interface RecordChange extends RecordKey {
  /** The new text; `null` deletes the record. */
  value: string | null
}

/** The options of a write. */
export interface WriteOptions {
  /** The token of the lease for this write; see {@link SessionStore.write}. */
  fencingToken?: number
  /** Removes every record of the session that is not among the changes, in the same step. */
  replaceAll?: boolean
}

/** The options of a delete. */
export interface DeleteOptions {
  /** The token of the lease for this delete. */
  fencingToken?: number
}

/**
 * Where sessions live between runs. A store keeps opaque text under a session id and a record key; it knows nothing of
 * Baileys.
 *
 * Implementations MUST:
 * - leave absent records out of what `read` resolves with, and reject for every other failure: missing is never an error,
 *   and an error is never "missing". Rejections are `SessionError`s: `STORE_UNAVAILABLE` (could not read or write),
 *   `RECORD_CORRUPT` (it is there and cannot be read as a record; a text is handed on, whatever it says), `WRONG_KEY`
 *   (it is encrypted with a key that is not there), `LEGACY_SESSION`, `INVALID_SESSION_ID`, or `STALE_WRITER`;
 * - mark with `restoredFrom` a record for which it had to take a copy of its own, as it was last written, and no other; a copy
 *   goes with its record. A store that keeps no copies has nothing to mark, and one around another passes the mark on;
 * - keep values as they are, for they are opaque text; unknown types pass through unchanged;
 * - make `write` visible to every later `read`, all of one call or, when it rejects, as a rule none. Of several changes to
 *   one record the last one counts; a change that cannot be stored, such as a value that is no text, refuses the whole call;
 * - remove with `replaceAll` every record that is not among the changes, in the same step, also when there are no changes;
 * - carry out the writes of one session in the order in which they were called, and lose none of those that were called at
 *   once;
 * - take and hand out copies: what a caller does to its objects later changes nothing;
 * - resolve `write` and `delete` only when the change survives the end of the process (a memory store: its own lifetime);
 * - reject a write or delete with `STALE_WRITER` when its token is older than the newest one handed out for that id (`NaN`
 *   is older than any), and one without a token while somebody holds the lock. The newest token is good as often as it comes; a
 *   store that ends leases by itself rejects it with `LEASE_EXPIRED` once its lease has ended;
 * - keep distinct ids and keys distinct, whatever characters they hold. A session id that cannot be kept (too long, empty,
 *   with control characters or half characters, in another case than one that is there) is refused with
 *   `INVALID_SESSION_ID`, and never answered for by another;
 * - list every id that it holds anything for, once, readable or not, also while it is written to;
 * - remove with `delete` everything of a session, and nothing of another;
 * - make deletes of what is not there, `delete` and `close` succeed;
 * - give back its leases with `close`, and reject calls after it with `STORE_UNAVAILABLE`.
 *
 * `sessionStoreContract` of `baileys-sessions/testing` checks all of it.
 */
export interface SessionStore {
  /** Who may run a session of this store. */
  readonly lock: SessionLock
  /** Every id that the store has anything for, readable or not. */
  list(): AsyncIterable<string>
  /** The keys of all records of one session. */
  records(sessionId: string): AsyncIterable<RecordKey>
  /** The records among `keys` that exist, in any order. */
  read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]>
  /** Applies all changes, or none. */
  write(sessionId: string, changes: readonly RecordChange[], options?: WriteOptions): Promise<void>
  /** Removes everything of one session. Idempotent. */
  delete(sessionId: string, options?: DeleteOptions): Promise<void>
  /** Releases what the store keeps open. Idempotent. */
  close(): Promise<void>
}

/** The key of a session's credentials. */
export const CREDS_KEY: RecordKey = Object.freeze({ type: 'creds', id: '' })

/** The key of what this library remembers of a session. */
export const LIFECYCLE_KEY: RecordKey = Object.freeze({ type: 'lifecycle', id: '' })

/** A text for a record's key: two keys never have the same. */
export function keyText({ type, id }: RecordKey): string {
  return JSON.stringify([type, id])
}
