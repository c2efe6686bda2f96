import { CREDS_KEY, type SessionStore } from '../../../src/index.js'
import { pairedCreds } from '../../../src/testing/index.js'
import { openStore, type StoreKind } from './fault-stores.js'

/** Stores paired sessions with a key each, and lets go of the store. */
export async function link(kind: StoreKind, place: string, ...sessionIds: readonly string[]): Promise<void> {
  await using opened = new OpenedStore(await openStore(kind, place))
  const { store } = opened
  for (const [index, sessionId] of sessionIds.entries()) {
    await store.write(sessionId, [
      { ...CREDS_KEY, value: pairedCreds({ phone: `49151${String(index).padStart(7, '0')}` }) },
      { type: 'session', id: 'first', value: JSON.stringify({ type: 'Buffer', data: Buffer.from('first').toString('base64') }) },
    ])
  }
}

/** All records of a session but the lifecycle, which is the library's own, by type and id; as another process reads them. */
export async function recordsOf(kind: StoreKind, place: string, sessionId: string): Promise<Record<string, string>> {
  await using opened = new OpenedStore(await openStore(kind, place))
  const { store } = opened
  const keys = []
  for await (const key of store.records(sessionId)) if (key.type !== 'lifecycle') keys.push(key)
  const records = await store.read(sessionId, keys)
  return Object.fromEntries(records.map(({ type, id, value }) => [`${type}/${id}`, value] as const))
}

class OpenedStore implements AsyncDisposable {
  readonly store: SessionStore

  constructor(store: SessionStore) {
    this.store = store
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.store.close()
  }
}
