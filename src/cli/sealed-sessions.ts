import { needsKeys } from '../encryption/missing-keys.js'
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
