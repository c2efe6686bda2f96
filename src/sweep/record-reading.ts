import { SessionError } from '../errors.js'
import type { RecordKey, SessionStore, StoredRecord } from '../store/session-store.js'
import { withSignal } from '../time/deadline.js'

/** How many records are read at once: enough to be fast, few enough to be called off in between. */
const RECORDS_AT_ONCE = 200

/** The keys of a session's records, so many at a time. */
export async function* keyBatches(store: SessionStore, sessionId: string, signal: AbortSignal | undefined): AsyncIterable<RecordKey[]> {
  const keys: RecordKey[] = []
  // All of them first: what is written meanwhile must not change what is walked through.
  for await (const key of store.records(sessionId)) keys.push(key)
  for (let start = 0; start < keys.length; start += RECORDS_AT_ONCE) {
    signal?.throwIfAborted()
    yield keys.slice(start, start + RECORDS_AT_ONCE)
  }
}

/** Every record of a session. Rejects when one of them cannot be read. */
export async function readAllRecords(store: SessionStore, sessionId: string, signal?: AbortSignal): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  for await (const keys of keyBatches(store, sessionId, signal)) {
    const records = await withSignal(store.read(sessionId, keys), signal)
    if (records.length !== keys.length) throw changedMeanwhile(sessionId)
    all.push(...records)
  }
  return all
}

function changedMeanwhile(sessionId: string): SessionError {
  return new SessionError('STORE_UNAVAILABLE', `Records of session "${sessionId}" that were listed are not there: somebody changes it. Stop what writes to it, and try again.`, { sessionId })
}

/** A text for a record's key: two keys never have the same. */
export function keyText({ type, id }: RecordKey): string {
  return JSON.stringify([type, id])
}
