import { encrypted, type EncryptionOptions } from '../../src/encryption/encrypted-session-store.js'
import type { SessionLock } from '../../src/lease/session-lock.js'
import type { SessionStore } from '../../src/store/session-store.js'
import type { SessionLockContractHooks, SessionStoreContractHooks } from '../../src/testing/index.js'

/** What the suites encrypt with. A passphrase would be derived anew in each of their cases. */
export const TEST_ENCRYPTION: EncryptionOptions = { keys: { '2025': Buffer.alloc(32, 5), '2026': Buffer.alloc(32, 6) }, currentKeyId: '2026' }

/** Puts encryption around the subject of a suite, and the hooks of the store inside it to the store outside. */
export class EncryptedSubjects<Store extends SessionStore> {
  readonly hooks: SessionStoreContractHooks
  readonly #inner = new WeakMap<SessionStore, Store>()
  readonly #storesOfLocks = new WeakMap<SessionLock, SessionStore>()
  readonly #open: () => Store

  constructor(open: () => Store, inner: SessionStoreContractHooks<Store> = {}) {
    this.#open = open
    const { reopen, openAnother, corrupt, damageCreds, disconnect, takeOver, dispose } = inner
    this.hooks = {
      ...(reopen === undefined ? {} : { reopen: async (store) => this.#wrap(await reopen(this.#within(store))) }),
      ...(openAnother === undefined ? {} : { openAnother: async (store) => this.#wrap(await openAnother(this.#within(store))) }),
      ...(corrupt === undefined ? {} : { corrupt: (store, sessionId, key) => corrupt(this.#within(store), sessionId, key) }),
      ...(damageCreds === undefined ? {} : { damageCreds: (store, sessionId) => damageCreds(this.#within(store), sessionId) }),
      ...(disconnect === undefined ? {} : { disconnect: (store) => disconnect(this.#within(store)) }),
      ...(takeOver === undefined ? {} : { takeOver: (store, sessionId) => takeOver(this.#within(store), sessionId) }),
      ...(dispose === undefined ? {} : { dispose: (store) => dispose(this.#within(store)) }),
    }
  }

  /** A new one. */
  readonly openStore = (): SessionStore => this.#wrap(this.#open())

  /** The lock of a new one. */
  readonly openStoreLock = (): SessionLock => this.openStore().lock

  /** The hooks of the lock inside for the lock outside. */
  lockHooks({ disconnect, takeOver, dispose }: SessionLockContractHooks): SessionLockContractHooks {
    const { openAnother } = this.hooks
    return {
      ...(openAnother === undefined ? {} : { openAnother: async (lock) => (await openAnother(this.#storeOf(lock))).lock }),
      ...(disconnect === undefined ? {} : { disconnect: (lock) => disconnect(this.#within(this.#storeOf(lock)).lock) }),
      ...(takeOver === undefined ? {} : { takeOver: (lock, sessionId) => takeOver(this.#within(this.#storeOf(lock)).lock, sessionId) }),
      ...(dispose === undefined ? {} : { dispose: (lock) => dispose(this.#within(this.#storeOf(lock)).lock) }),
    }
  }

  #wrap(store: Store): SessionStore {
    const outside = encrypted(store, TEST_ENCRYPTION)
    this.#inner.set(outside, store)
    this.#storesOfLocks.set(outside.lock, outside)
    return outside
  }

  #storeOf(lock: SessionLock): SessionStore {
    const store = this.#storesOfLocks.get(lock)
    if (store === undefined) throw new Error('It is not the lock of a store.')
    return store
  }

  #within(store: SessionStore): Store {
    const inner = this.#inner.get(store)
    if (inner === undefined) throw new Error('It was not opened here.')
    return inner
  }
}
