import { CREDS_KEY, type RecordKey, type SessionStore, type StoredRecord } from '../../../store/session-store.js'

/** A record of creds. */
export function creds(value: string): StoredRecord {
  return { ...CREDS_KEY, value }
}

/** A record of a Signal key. */
export function preKey(id: number | string, value: string): StoredRecord {
  return { type: 'pre-key', id: String(id), value }
}

/** All items of a listing. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** All ids that a store lists, sorted. */
export async function listed(store: SessionStore): Promise<string[]> {
  return (await collect(store.list())).sort()
}

// Records are compared as sorted texts: their order is free, and a database driver may give objects of its own kind.

/** Keys as texts. */
export function keyTexts(keys: readonly RecordKey[]): string[] {
  return keys.map(({ type, id }) => JSON.stringify([type, id])).sort()
}

/** Records as texts. */
export function recordTexts(records: readonly StoredRecord[]): string[] {
  return records.map(({ type, id, value }) => JSON.stringify([type, id, value])).sort()
}

/** The keys that a store lists for a session. */
export async function storedKeys(store: SessionStore, sessionId: string): Promise<string[]> {
  return keyTexts(await collect(store.records(sessionId)))
}

/** Everything that a store holds for a session. */
export async function stored(store: SessionStore, sessionId: string): Promise<string[]> {
  return recordTexts(await store.read(sessionId, await collect(store.records(sessionId))))
}
