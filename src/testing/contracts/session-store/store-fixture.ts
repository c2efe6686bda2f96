import type { SessionLease } from '../../../lease/session-lock.js'
import type { RecordKey, SessionStore } from '../../../store/session-store.js'
import { releaseLater, takeFree } from '../case-leases.js'
import { Cleanup } from '../cleanup.js'
import { answerOf, reconnectLater } from '../hook-answers.js'
import type { SessionStoreContractHooks } from './session-store-hooks.js'

/** What one case works with: it opens stores, and what it opened is closed when the case ends. */
export class StoreFixture<Store extends SessionStore = SessionStore> {
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
    return takeFree(store.lock, sessionId, this.cleanup)
  }

  /** Closes a store and opens its data again. */
  async reopen(store: Store): Promise<Store> {
    await store.close()
    return this.#closeLater(await answerOf(this.#hooks.reopen?.(store), 'reopen'))
  }

  /** A second store over the same data. */
  async openAnother(store: Store): Promise<Store> {
    return this.#closeLater(await answerOf(this.#hooks.openAnother?.(store), 'openAnother'))
  }

  /** Damages a record. */
  async corrupt(store: Store, sessionId: string, key: RecordKey): Promise<void> {
    await this.#hooks.corrupt?.(store, sessionId, key)
  }

  /** Damages the creds, and not their copy. */
  async damageCreds(store: Store, sessionId: string): Promise<void> {
    await this.#hooks.damageCreds?.(store, sessionId)
  }

  /** Cuts the store off from its backend, until the function returned is called or the case ends. */
  async disconnect(store: Store): Promise<() => Promise<void>> {
    return reconnectLater(await answerOf(this.#hooks.disconnect?.(store), 'disconnect'), this.cleanup)
  }

  /** Lets somebody else take a lock over. */
  async takeOver(store: Store, sessionId: string): Promise<SessionLease> {
    return releaseLater(await answerOf(this.#hooks.takeOver?.(store, sessionId), 'takeOver'), this.cleanup)
  }

  #closeLater(store: Store): Store {
    this.cleanup.add(() => store.close())
    return store
  }
}
