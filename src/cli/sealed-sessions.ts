import { needsKeys } from '../encryption/missing-keys.js'
import { countRecords } from './doctor/record-census.js'
import { READ_TIMEOUT_MS } from './read-timeout.js'
import type { StoreView } from './store-view.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordKey, type SessionStore } from '../store/session-store.js'

/** Whether a store holds anything that is encrypted. Every session is looked at: some may have been stored before, or after, the others were encrypted. */
export async function holdsSealedSession(store: SessionStore): Promise<boolean> {
  for await (const sessionId of store.list()) {
    for (const key of [CREDS_KEY, LIFECYCLE_KEY]) if (await isSealed(store, sessionId, key)) return true
    const key = await firstKey(store, sessionId)
    if (key !== null && (await isSealed(store, sessionId, key))) return true
  }
  return false
}

/** Whether any record of these sessions is encrypted. Every record is looked at, until one is. */
export async function holdsSealedRecord(store: SessionStore, sessionIds: readonly string[], signal: AbortSignal): Promise<boolean> {
  const view: StoreView = { raw: store, open: store, currentKeyId: null }
  for (const sessionId of sessionIds) {
    if (signal.aborted) break
    // What cannot be read is told of when it is to be encrypted.
    const { encrypted } = await countRecords(view, sessionId, READ_TIMEOUT_MS).catch(() => ({ encrypted: 0 }))
    if (encrypted > 0) return true
  }
  return false
}

/** A Signal key stands for the others of its session. */
async function firstKey(store: SessionStore, sessionId: string): Promise<RecordKey | null> {
  try {
    for await (const key of store.records(sessionId)) if (key.id !== '') return key
  } catch {
    // It is told of when the session is copied.
  }
  return null
}

/** What cannot be read is not, as far as anybody can tell. */
async function isSealed(store: SessionStore, sessionId: string, key: RecordKey): Promise<boolean> {
  const [record] = await store.read(sessionId, [key]).catch(() => [])
  return needsKeys(record?.value)
}
