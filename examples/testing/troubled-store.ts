import type { SessionStore } from 'baileys-sessions'

/** Wraps a store: `trouble` runs before each call. */
export function troubledStore(store: SessionStore, trouble: () => Promise<void>): SessionStore {
  async function before<Result>(call: () => Promise<Result>): Promise<Result> {
    await trouble()
    return call()
  }
  async function* beforeAll<Item>(call: () => AsyncIterable<Item>): AsyncIterable<Item> {
    await trouble()
    yield* call()
  }
  return {
    lock: store.lock,
    list: () => beforeAll(() => store.list()),
    records: (sessionId) => beforeAll(() => store.records(sessionId)),
    read: (sessionId, keys) => before(() => store.read(sessionId, keys)),
    write: (sessionId, changes, options) => before(() => store.write(sessionId, changes, options)),
    delete: (sessionId, options) => before(() => store.delete(sessionId, options)),
    close: () => store.close(),
  }
}
