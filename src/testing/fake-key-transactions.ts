import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalDataSet, SignalDataTypeMap, SignalKeyStore, SignalKeyStoreWithTransaction, TransactionCapabilityOptions } from '@whiskeysockets/baileys'

/** Signal keys by type and id, whatever they are; `null` deletes. */
type KeyData = Record<string, Record<string, unknown>>

interface Transaction {
  readonly owner: object
  readonly cache: KeyData
  readonly changes: KeyData
}

// One storage for all fakes, told apart by owner: one per socket would slow every promise down on Node before 24.
const transactions = new AsyncLocalStorage<Transaction>()

const DEFAULT_OPTIONS: TransactionCapabilityOptions = Object.freeze({ maxCommitRetries: 10, delayBetweenTriesMs: 3000 })

/**
 * Gives a key store the transactions that Baileys gives it: one at a time per key, reads see what the transaction set,
 * the changes reach the store in one `set` at the end, and a commit that fails is tried again.
 */
export function withFakeTransactions(keys: SignalKeyStore, options: TransactionCapabilityOptions = DEFAULT_OPTIONS): SignalKeyStoreWithTransaction {
  const store = new FakeTransactionalKeys(keys, options)
  return {
    get: (type, ids) => store.get(type, ids),
    set: (data) => store.set(data),
    isInTransaction: () => store.current !== undefined,
    transaction: (work, key) => store.transaction(work, key),
  }
}

class FakeTransactionalKeys {
  readonly #keys: SignalKeyStore
  readonly #options: TransactionCapabilityOptions
  readonly #tails = new Map<string, Promise<unknown>>()

  constructor(keys: SignalKeyStore, options: TransactionCapabilityOptions) {
    this.#keys = keys
    this.#options = options
  }

  get current(): Transaction | undefined {
    const transaction = transactions.getStore()
    return transaction?.owner === this ? transaction : undefined
  }

  async get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]): Promise<Record<string, SignalDataTypeMap[T]>> {
    const transaction = this.current
    if (transaction === undefined) return this.#keys.get(type, ids)
    const cache = (transaction.cache[type] ??= {})
    const missing = ids.filter((id) => !(id in cache))
    if (missing.length > 0) Object.assign(cache, await this.#keys.get(type, missing))
    const found = ids.filter((id) => cache[id] !== undefined && cache[id] !== null).map((id) => [id, cache[id]] as const)
    // The cache is untyped; under `type` it holds only what the store or `set` gave for that type.
    return Object.fromEntries(found) as Record<string, SignalDataTypeMap[T]>
  }

  async set(data: SignalDataSet): Promise<void> {
    const transaction = this.current
    const entries = Object.entries(data)
    if (transaction === undefined) {
      await Promise.all(entries.map(([type, values]) => this.#serial(`set ${type}`, async () => this.#keys.set({ [type]: values }))))
      return
    }
    for (const [type, values] of entries) {
      Object.assign((transaction.cache[type] ??= {}), values)
      Object.assign((transaction.changes[type] ??= {}), values)
    }
  }

  transaction<T>(work: () => Promise<T>, key: string): Promise<T> {
    if (this.current !== undefined) return work()
    return this.#serial(`transaction ${key}`, async () => {
      const transaction: Transaction = { owner: this, cache: {}, changes: {} }
      const result = await transactions.run(transaction, work)
      await this.#commit(transaction.changes)
      return result
    })
  }

  async #commit(changes: KeyData): Promise<void> {
    if (Object.keys(changes).length === 0) return
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#keys.set(changes)
        return
      } catch (error) {
        if (attempt >= this.#options.maxCommitRetries) throw error
        await new Promise((resolve) => setTimeout(resolve, this.#options.delayBetweenTriesMs))
      }
    }
  }

  #serial<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(work)
    const tail = result
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key)
      })
    this.#tails.set(key, tail)
    return result
  }
}
