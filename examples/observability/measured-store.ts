import { isSessionError, type SessionLock, type SessionStore } from 'baileys-sessions'
import { Counter, Histogram, type Registry } from 'prom-client'

const CALLS = ['list', 'records', 'read', 'write', 'delete', 'close', 'acquire', 'owner', 'release'] as const
const CALL_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15]

type Call = (typeof CALLS)[number]

/** Wraps a store, and measures how long each call takes and how often it fails. Use it once for each registry. */
export function measureStore(store: SessionStore, registry: Registry): SessionStore {
  const meter = new StoreMeter(registry)
  return {
    lock: measureLock(store.lock, meter),
    list: () => meter.listing('list', () => store.list()),
    records: (sessionId) => meter.listing('records', () => store.records(sessionId)),
    read: (sessionId, keys) => meter.call('read', () => store.read(sessionId, keys)),
    write: (sessionId, changes, options) => meter.call('write', () => store.write(sessionId, changes, options)),
    delete: (sessionId, options) => meter.call('delete', () => store.delete(sessionId, options)),
    close: () => meter.call('close', () => store.close()),
  }
}

function measureLock(lock: SessionLock, meter: StoreMeter): SessionLock {
  return {
    async acquire(sessionId) {
      const lease = await meter.call('acquire', () => lock.acquire(sessionId))
      if (lease === null) return null
      const { owner, fencingToken, lost } = lease
      return { owner, fencingToken, lost, release: () => meter.call('release', () => lease.release()) }
    },
    owner: (sessionId) => meter.call('owner', () => lock.owner(sessionId)),
  }
}

class StoreMeter {
  readonly #durations: Histogram
  readonly #failures: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    this.#durations = new Histogram({
      name: 'whatsapp_store_call_duration_seconds',
      help: 'How long calls to the store took, including those that failed.',
      labelNames: ['call'],
      buckets: CALL_SECONDS,
      registers,
    })
    this.#failures = new Counter({
      name: 'whatsapp_store_call_failures_total',
      help: 'Calls to the store that failed, by code.',
      labelNames: ['call', 'code'],
      registers,
    })
    for (const call of CALLS) {
      this.#durations.zero({ call })
      this.#failures.inc({ call, code: 'STORE_UNAVAILABLE' }, 0)
    }
  }

  async call<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    const startedAtMs = performance.now()
    try {
      return await work()
    } catch (error) {
      this.#fail(call, error)
      throw error
    } finally {
      this.#observe(call, performance.now() - startedAtMs)
    }
  }

  /** What the caller does between two items does not count as the store's time. */
  async *listing<Item>(call: Call, open: () => AsyncIterable<Item>): AsyncIterable<Item> {
    let durationMs = 0
    const timed = async <Result>(step: () => Promise<Result>): Promise<Result> => {
      const startedAtMs = performance.now()
      return step().finally(() => {
        durationMs += performance.now() - startedAtMs
      })
    }
    const items = open()[Symbol.asyncIterator]()
    try {
      for (let next = await timed(() => items.next()); next.done !== true; next = await timed(() => items.next())) yield next.value
    } catch (error) {
      this.#fail(call, error)
      throw error
    } finally {
      await items.return?.()
      this.#observe(call, durationMs)
    }
  }

  #observe(call: Call, durationMs: number): void {
    this.#durations.observe({ call }, durationMs / 1000)
  }

  /** Anything but a `SessionError` gets one name: a label must not contain arbitrary engine messages. */
  #fail(call: Call, error: unknown): void {
    this.#failures.inc({ call, code: isSessionError(error) ? error.code : 'OTHER' })
  }
}
