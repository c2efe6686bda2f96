import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { encodeLifecycle, freshLifecycle, type Lifecycle } from '../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import type { LockCluster } from '../../src/lease/lock-cluster.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import {
  CREDS_KEY,
  type DeleteOptions,
  LIFECYCLE_KEY,
  type RecordChange,
  type RecordKey,
  type SessionStore,
  type StoredRecord,
  type WriteOptions,
} from '../../src/store/session-store.js'
import { type FakeDevice, pairedCreds } from '../../src/testing/index.js'

/** What a store can be asked. */
export type StoreVerb = 'list' | 'records' | 'read' | 'write' | 'delete' | 'acquire' | 'owner' | 'release'

/** One call to the store or its lock. */
export interface StoreCall {
  /** What was asked. */
  readonly verb: StoreVerb
  /** Of which session; empty for `list`. */
  readonly sessionId: string
  /** The keys read, or the changes written. */
  readonly keys: readonly (RecordKey & { value?: string | null })[]
  /** Whether it was a write that replaces everything. */
  readonly replaceAll: boolean
}

/** A memory store that a test watches, delays, and makes fail. */
export class WatchedSessionStore implements SessionStore {
  /** The records as they are, without anybody watching. */
  readonly inner: MemorySessionStore
  readonly lock: SessionLock
  /** Every call, oldest first. */
  readonly calls: StoreCall[] = []
  /** Every call that was carried out, oldest first. */
  readonly done: StoreCall[] = []
  /** Waited for before a call is carried out: what it throws fails the call, what never settles hangs it. */
  before: (call: StoreCall) => Promise<void> | void = () => undefined

  /** A store without a session, or one that shares its records with another. */
  constructor(lock?: SessionLock, inner: MemorySessionStore = new MemorySessionStore()) {
    this.inner = inner
    this.lock = this.#watch(lock ?? this.inner.lock)
  }

  async *list(): AsyncIterable<string> {
    await this.#note('list', '')
    yield* this.inner.list()
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    await this.#note('records', sessionId)
    yield* this.inner.records(sessionId)
  }

  read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    return this.#carryOut('read', sessionId, () => this.inner.read(sessionId, keys), keys)
  }

  write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    return this.#carryOut('write', sessionId, () => this.inner.write(sessionId, changes, options), changes, options.replaceAll)
  }

  delete(sessionId: string, options?: DeleteOptions): Promise<void> {
    return this.#carryOut('delete', sessionId, () => this.inner.delete(sessionId, options))
  }

  close(): Promise<void> {
    return this.inner.close()
  }

  /** How often this was called, of one session or of all. */
  count(verb: StoreVerb, sessionId?: string): number {
    return this.calls.filter((call) => call.verb === verb && (sessionId === undefined || call.sessionId === sessionId)).length
  }

  /** Stores a session that was paired, and returns the text of its creds. */
  async seed(sessionId: string, device: FakeDevice = {}, lifecycle: Partial<Lifecycle> = {}): Promise<string> {
    const text = pairedCreds(device)
    await this.inner.write(sessionId, [{ ...CREDS_KEY, value: text }])
    if (Object.keys(lifecycle).length > 0) await this.remember(sessionId, lifecycle)
    return text
  }

  /** Stores what is remembered of a session that has creds. */
  async remember(sessionId: string, changes: Partial<Lifecycle>): Promise<void> {
    const creds = inspectStoredCreds((await this.text(sessionId, 'creds')) ?? '')
    const lifecycle = { ...freshLifecycle('identity' in creds ? creds.identity : null), ...changes }
    await this.inner.write(sessionId, [{ ...LIFECYCLE_KEY, value: encodeLifecycle(lifecycle) }])
  }

  /** The text of one record. */
  async text(sessionId: string, type: string, id = ''): Promise<string | undefined> {
    const [record] = await this.inner.read(sessionId, [{ type, id }])
    return record?.value
  }

  /** All records of a session, by `type/id`. */
  async dump(sessionId: string): Promise<Record<string, string>> {
    const all: Record<string, string> = {}
    for await (const { type, id } of this.inner.records(sessionId)) all[`${type}/${id}`] = (await this.text(sessionId, type, id)) ?? ''
    return all
  }

  #watch(lock: SessionLock): SessionLock {
    return {
      acquire: (sessionId) =>
        this.#carryOut('acquire', sessionId, async () => {
          const lease = await lock.acquire(sessionId)
          return lease === null ? null : this.#watchLease(sessionId, lease)
        }),
      owner: (sessionId) => this.#carryOut('owner', sessionId, () => lock.owner(sessionId)),
      ...(lock.cluster === undefined ? {} : { cluster: this.#watchCluster(lock.cluster) }),
    }
  }

  /** To look who holds a lock is the same question, asked in a better way. */
  #watchCluster(cluster: LockCluster): LockCluster {
    return {
      announce: (text) => cluster.announce(text),
      leave: () => cluster.leave(),
      note: (sessionId, fencingToken, text) => cluster.note(sessionId, fencingToken, text),
      holding: (sessionId) => this.#carryOut('owner', sessionId, () => cluster.holding(sessionId)),
      follow: () => cluster.follow(),
      askToDrain: (processId) => cluster.askToDrain(processId),
    }
  }

  #watchLease(sessionId: string, { owner, fencingToken, lost, release }: SessionLease): SessionLease {
    return { owner, fencingToken, lost, release: () => this.#carryOut('release', sessionId, release) }
  }

  async #carryOut<Result>(
    verb: StoreVerb,
    sessionId: string,
    work: () => Promise<Result>,
    keys: readonly RecordKey[] = [],
    replaceAll = false,
  ): Promise<Result> {
    const call = await this.#note(verb, sessionId, keys, replaceAll)
    const result = await work()
    this.done.push(call)
    return result
  }

  async #note(verb: StoreVerb, sessionId: string, keys: readonly RecordKey[] = [], replaceAll = false): Promise<StoreCall> {
    const call: StoreCall = { verb, sessionId, keys, replaceAll }
    this.calls.push(call)
    await this.before(call)
    return call
  }
}
