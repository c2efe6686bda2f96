import asyncHooks from 'node:async_hooks'
import type { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import type { BaileysModule } from '../baileys-module.js'

/** The exports of `node:async_hooks`, as far as they matter here. */
export interface StorageExports {
  AsyncLocalStorage: StorageClass
}

/** What sharing works with. */
interface StorageSharingOptions {
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
    const shared = (this.#shared ??= makeSharedStorage(this.#real))
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
  return { ...baileys, makeWASocket: (config) => sharing.during(() => baileys.makeWASocket(config)) }
}

/** Storages that hand their content on in an async hook cost every promise something; those of Node 24 and later do not. */
function isBasedOnHooks(storage: StorageClass): boolean {
  return '_propagate' in storage.prototype
}

/** `AsyncLocalStorage` of `node:async_hooks`, or a class that stands in for it. */
export type StorageClass = typeof AsyncLocalStorage

/**
 * What the storages hold in one asynchronous context, by their keys; never changed, only replaced. A key does not keep its storage
 * alive: contexts descend from one another, and would otherwise hold what every storage before them has left there.
 */
type Frame = ReadonlyMap<WeakRef<object>, unknown>

/**
 * Makes a class whose instances behave like those of `Real`, and share one instance of it: before Node 24 a promise pays for every
 * instance that ever held something, and for one only once.
 */
export function makeSharedStorage(Real: StorageClass): StorageClass {
  const frames = makeFrames(Real)

  class SharedStorage<Store> extends Real<Store> {
    #key: WeakRef<object> = new WeakRef(this)

    constructor(...options: ConstructorParameters<StorageClass>) {
      super(...options)
      // Some versions of Node put a new storage to work at once. What this one holds is in the frames.
      super.disable()
    }

    override getStore(): Store | undefined {
      const frame = frames.getStore()
      // What an unused storage answers may have been given to the constructor.
      if (frame?.has(this.#key) !== true) return super.getStore()
      // Only this storage knows its key, and it puts nothing else under it.
      return frame.get(this.#key) as Store | undefined
    }

    override enterWith(store: Store): void {
      frames.enterWith(withEntry(frames.getStore(), this.#key, store))
    }

    override run<Result, Arguments extends unknown[]>(store: Store, callback: (...args: Arguments) => Result, ...args: Arguments): Result {
      return this.#during(store, () => callback(...args))
    }

    override exit<Result, Arguments extends unknown[]>(callback: (...args: Arguments) => Result, ...args: Arguments): Result {
      return this.#during(undefined, () => callback(...args))
    }

    override disable(): void {
      // Whatever was put anywhere under the old key cannot be asked for any more.
      this.#key = new WeakRef(this)
    }

    /** Only the entry of this storage is put back: what others have entered meanwhile stays, as with storages of their own. */
    #during<Result>(store: Store | undefined, work: () => Result): Result {
      const key = this.#key
      const before = frames.getStore()
      frames.enterWith(withEntry(before, key, store))
      try {
        return work()
      } finally {
        frames.enterWith(withEntryOf(before, key, frames.getStore()))
      }
    }
  }

  frames.serve(SharedStorage)
  return SharedStorage
}

/** The same frame with one entry set, and without those of storages that are gone. */
function withEntry(frame: Frame | undefined, key: WeakRef<object>, store: unknown): Frame {
  const living = [...(frame ?? [])].filter(([other]) => other.deref() !== undefined)
  return new Map(living).set(key, store)
}

/** The same frame with one entry as it is in another. */
function withEntryOf(source: Frame | undefined, key: WeakRef<object>, frame: Frame | undefined): Frame {
  const copy = new Map(frame)
  if (source?.has(key) === true) copy.set(key, source.get(key))
  else copy.delete(key)
  return copy
}

/** The one real storage. Apart from its class, so that nothing here keeps alive whom it serves. */
function makeFrames(Real: StorageClass): AsyncLocalStorage<Frame> & { serve(storageClass: object): void } {
  return new (class extends Real<Frame> {
    /** Node holds on to a storage that is at work, and the storage to this. */
    readonly #registry = new FinalizationRegistry(() => this.disable())

    /** Works until this class, and every storage of it, is gone. */
    serve(storageClass: object): void {
      this.#registry.register(storageClass, undefined)
    }
  })()
}
