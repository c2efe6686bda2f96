import {
  SessionError,
  type DeleteOptions,
  type RecordChange,
  type RecordKey,
  type SessionLease,
  type SessionLock,
  type SessionStore,
  type StoredRecord,
  type WriteOptions,
} from '../../src/index.js'

/** A store around another one that can be slow, fail or hang. */
export class FaultyStore implements SessionStore {
  readonly lock: SessionLock
  /** Every call rejects with `STORE_UNAVAILABLE`. */
  isDown = false
  /** Every write rejects with `STORE_UNAVAILABLE`. */
  isReadOnly = false
  /** Every call hangs until this is `false` again. */
  isHung = false
  /** How long each write takes longer. */
  writeDelayMs = 0
  /** How long each read takes longer; what it answers is as old as that. */
  readDelayMs = 0
  /** The changes of all writes that were begun, in order. */
  readonly writes: (readonly RecordChange[])[] = []
  readonly #inner: SessionStore

  constructor(inner: SessionStore) {
    this.#inner = inner
    this.lock = {
      acquire: (sessionId) => this.#answer(() => this.#acquire(sessionId)),
      owner: (sessionId) => this.#answer(() => inner.lock.owner(sessionId)),
    }
  }

  async *list(): AsyncIterable<string> {
    await this.#answer(async () => undefined)
    yield* this.#inner.list()
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    await this.#answer(async () => undefined)
    yield* this.#inner.records(sessionId)
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const records = await this.#answer(() => this.#inner.read(sessionId, keys))
    if (this.readDelayMs > 0) await pause(this.readDelayMs)
    return records
  }

  async write(sessionId: string, changes: readonly RecordChange[], options?: WriteOptions): Promise<void> {
    this.writes.push(changes)
    if (this.isReadOnly) throw new SessionError('STORE_UNAVAILABLE', 'The store is read-only for the sake of a test.')
    await this.#answer(() => this.#inner.write(sessionId, changes, options), this.writeDelayMs)
  }

  async delete(sessionId: string, options?: DeleteOptions): Promise<void> {
    await this.#answer(() => this.#inner.delete(sessionId, options))
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  async #acquire(sessionId: string): Promise<SessionLease | null> {
    const lease = await this.#inner.lock.acquire(sessionId)
    return lease === null
      ? null
      : { owner: lease.owner, fencingToken: lease.fencingToken, lost: lease.lost, release: () => this.#answer(() => lease.release()) }
  }

  async #answer<Result>(work: () => Promise<Result>, delayMs = 0): Promise<Result> {
    if (delayMs > 0) await pause(delayMs)
    while (this.isHung) await pause(10)
    if (this.isDown) throw new SessionError('STORE_UNAVAILABLE', 'The store is down for the sake of a test.')
    return work()
  }
}

async function pause(durationMs: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
