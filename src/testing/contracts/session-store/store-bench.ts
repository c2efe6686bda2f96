import assert from 'node:assert/strict'
import type { SessionLease } from '../../../ownership/session-lock.js'
import type { RecordKey, SessionStore } from '../../../store/session-store.js'
import { Cleanup } from '../cleanup.js'
import type { SessionStoreContractHooks } from './session-store-hooks.js'

/** What one case works with: it opens stores, and what it opened is closed when the case ends. */
export class StoreBench<Store extends SessionStore = SessionStore> {
  readonly cleanup: Cleanup = new Cleanup()
  readonly #create: () => Store | Promise<Store>
  readonly #hooks: SessionStoreContractHooks<Store>

  constructor(create: () => Store | Promise<Store>, hooks: SessionStoreContractHooks<Store>) {
    this.#create = create
    this.#hooks = hooks
  }

  /** A new store that holds nothing. */
  async open(): Promise<Store> {
    const store = await this.#create()
    this.cleanup.add(() => this.#hooks.dispose?.(store))
    return this.#closeLater(store)
  }

  /** Takes a lock that is free. */
  async take(store: SessionStore, sessionId: string): Promise<SessionLease> {
    const lease = await store.lock.acquire(sessionId)
    assert.ok(lease !== null, `acquire(${JSON.stringify(sessionId)}) resolved with null, and nobody holds the lock`)
    // Where this matters, a case says so.
    this.cleanup.add(() => lease.release().catch(() => undefined))
    return lease
  }

  /** Closes a store and opens its data again. */
  async reopen(store: Store): Promise<Store> {
    await store.close()
    return this.#closeLater(await required(this.#hooks.reopen?.(store), 'reopen'))
  }

  /** A second store over the same data. */
  async openAnother(store: Store): Promise<Store> {
    return this.#closeLater(await required(this.#hooks.openAnother?.(store), 'openAnother'))
  }

  /** Damages a record. */
  async corrupt(store: Store, sessionId: string, key: RecordKey): Promise<void> {
    await this.#hooks.corrupt?.(store, sessionId, key)
  }

  /** Cuts the store off from its backend, until the function returned is called or the case ends. */
  async disconnect(store: Store): Promise<() => Promise<void>> {
    const connect = await required(this.#hooks.disconnect?.(store), 'disconnect')
    let isConnected = false
    const reconnect = async (): Promise<void> => {
      if (isConnected) return
      isConnected = true
      await connect()
    }
    this.cleanup.add(reconnect)
    return reconnect
  }

  /** Lets somebody else take a lock over. */
  async takeOver(store: Store, sessionId: string): Promise<SessionLease> {
    const lease = await required(this.#hooks.takeOver?.(store, sessionId), 'takeOver')
    this.cleanup.add(() => lease.release().catch(() => undefined))
    return lease
  }

  #closeLater(store: Store): Store {
    this.cleanup.add(() => store.close())
    return store
  }
}

/** Cases that need a hook are only in the list when it is there; this is for hooks that answer with nothing. */
function required<Result>(result: Result | undefined, hook: string): Result {
  if (result === undefined) throw new TypeError(`The hook ${hook} of the contract returned nothing.`)
  return result
}
