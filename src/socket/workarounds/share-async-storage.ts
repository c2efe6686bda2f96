import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import type { BaileysModule } from '../baileys-module.js'
import { makeSharedStorage, type StorageClass } from './shared-storage.js'

/** The exports of `node:async_hooks`, as far as they matter here. */
export interface StorageExports {
  AsyncLocalStorage: StorageClass
}

/** What sharing works with. */
export interface StorageSharingOptions {
  /** Where Baileys takes its class from. By default the exports of `node:async_hooks`. */
  exports?: StorageExports
  /** Told, once, when the class cannot be replaced: then nothing is shared. */
  onRefused: () => void
}

/**
 * Replaces `AsyncLocalStorage` while sockets are made. Baileys makes one for each socket and never lets go of it (7.0.0-rc11 to rc14,
 * `addTransactionCapability`); before Node 24 every promise of the process then pays for every one of them:
 * https://github.com/WhiskeySockets/Baileys/issues/2806.
 * Delete it, and the option `shareAsyncLocalStorage`, once every supported version shares one or lets go of it, or Node 24 is required.
 */
export class StorageSharing {
  readonly #exports: StorageExports
  readonly #onRefused: () => void
  readonly #real: StorageClass
  #shared: StorageClass | null = null
  #isOn: boolean

  constructor({ exports = asyncHooks, onRefused }: StorageSharingOptions) {
    this.#exports = exports
    this.#onRefused = onRefused
    this.#real = exports.AsyncLocalStorage
    this.#isOn = isBasedOnHooks(this.#real)
  }

  /** Does work in which whoever makes an `AsyncLocalStorage` gets a shared one: until `work` returns, and not a moment longer. */
  during<Result>(work: () => Result): Result {
    if (!this.#isOn) return work()
    const before = Object.getOwnPropertyDescriptor(this.#exports, 'AsyncLocalStorage')
    const shared = this.#shared ??= makeSharedStorage(this.#real)
    if (before === undefined || !this.#export({ configurable: before.configurable === true, enumerable: true, writable: true, value: shared })) {
      this.#refuse()
      return work()
    }
    try {
      return work()
    } finally {
      // Whoever replaced it meanwhile knows what they do.
      if (this.#exports.AsyncLocalStorage === shared) this.#export(before)
    }
  }

  #export(descriptor: PropertyDescriptor): boolean {
    const isDone = Reflect.defineProperty(this.#exports, 'AsyncLocalStorage', descriptor)
    // The names that ES modules import follow only then.
    if (isDone) syncBuiltinESMExports()
    return isDone
  }

  #refuse(): void {
    this.#isOn = false
    this.#shared = null
    this.#onRefused()
  }
}

/** The same Baileys, whose sockets are made while storages are shared. */
export function shareStorages(baileys: BaileysModule, sharing: StorageSharing): BaileysModule {
  return { ...baileys, makeWASocket: config => sharing.during(() => baileys.makeWASocket(config)) }
}

/** Storages that hand their content on in an async hook cost every promise something; those of Node 24 and later do not. */
function isBasedOnHooks(storage: StorageClass): boolean {
  return '_propagate' in storage.prototype
}
