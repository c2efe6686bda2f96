import type { AsyncLocalStorage } from 'node:async_hooks'

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
  const living = [...frame ?? []].filter(([other]) => other.deref() !== undefined)
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
  return new class extends Real<Frame> {
    /** Node holds on to a storage that is at work, and the storage to this. */
    readonly #registry = new FinalizationRegistry(() => { this.disable() })

    /** Works until this class, and every storage of it, is gone. */
    serve(storageClass: object): void {
      this.#registry.register(storageClass, undefined)
    }
  }()
}
