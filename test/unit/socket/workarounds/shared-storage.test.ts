import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeSharedStorage, type StorageClass } from '../../../../src/socket/workarounds/share-async-storage.js'
import { collectGarbage, collectUntil } from '../../../support/garbage.js'
import { PROMISES_PAY, storagesOnAPromise } from '../../../support/promise-cost.js'
import { programs, trace } from '../../../support/storage-program.js'

const Shared = makeSharedStorage(AsyncLocalStorage)

describe.each<[string, StorageClass]>([
  ['the real storage', AsyncLocalStorage],
  ['the shared storage', Shared],
])('%s', (_name, Storage) => {
  const make = <Store>(): AsyncLocalStorage<Store> => {
    const storage = new Storage<Store>()
    onTestFinished(() => {
      storage.disable()
    })
    return storage
  }

  it('holds nothing at first', () => {
    expect(make().getStore()).toBeUndefined()
  })

  it('is an AsyncLocalStorage', () => {
    expect(make()).toBeInstanceOf(AsyncLocalStorage)
    expect(make()).toBeInstanceOf(Storage)
  })

  it('hands on arguments and the result, and what is thrown', () => {
    const storage = make<string>()
    expect(storage.run('a', (left: number, right: number) => [storage.getStore(), left, right], 1, 2)).toEqual(['a', 1, 2])
    expect(storage.exit((value: number) => [storage.getStore(), value], 3)).toEqual([undefined, 3])
    const error = new Error('on purpose')
    expect(() =>
      storage.run('a', () => {
        throw error
      }),
    ).toThrow(error)
    expect(() =>
      storage.exit(() => {
        throw error
      }),
    ).toThrow(error)
    expect(storage.getStore()).toBeUndefined()
  })

  it('holds what is falsy, and undefined', () => {
    const storage = make<unknown>()
    for (const store of [0, '', null, false, undefined]) expect(storage.run('outer', () => storage.run(store, () => storage.getStore()))).toBe(store)
  })

  it('gives its store to everything that begins inside, and to nothing else', async () => {
    const storage = make<string>()
    const found = await storage.run('inside', () =>
      Promise.all([
        Promise.resolve().then(() => storage.getStore()),
        new Promise((resolve) => {
          setTimeout(() => {
            resolve(storage.getStore())
          }, 1)
        }),
        new Promise((resolve) => {
          setImmediate(() => {
            resolve(storage.getStore())
          })
        }),
        new Promise((resolve) => {
          process.nextTick(() => {
            resolve(storage.getStore())
          })
        }),
        new Promise((resolve) => {
          queueMicrotask(() => {
            resolve(storage.getStore())
          })
        }),
      ]),
    )
    expect(found).toEqual(Array.from({ length: 5 }, () => 'inside'))
    expect(storage.getStore()).toBeUndefined()
  })

  it('keeps flows apart that take turns', async () => {
    const [one, other] = [make<number>(), make<number>()]
    const flow = async (number: number): Promise<unknown[]> =>
      one.run(number, async () => {
        await Promise.resolve()
        return other.run(-number, async () => {
          await new Promise((resolve) => {
            setImmediate(resolve)
          })
          return [one.getStore(), other.getStore()]
        })
      })
    expect(await Promise.all([1, 2, 3].map(flow))).toEqual([
      [1, -1],
      [2, -2],
      [3, -3],
    ])
  })

  it('leaves alone what another one entered meanwhile', () => {
    const [one, other] = [make<string>(), make<string>()]
    new AsyncResource('test').runInAsyncScope(() => {
      one.run('one', () => {
        other.enterWith('other')
      })
      expect([one.getStore(), other.getStore()]).toEqual([undefined, 'other'])
    })
  })

  it('is empty everywhere after disable, and works again when it is used again', async () => {
    const [one, other] = [make<string>(), make<string>()]
    await one.run('one', () =>
      other.run('other', async () => {
        one.disable()
        expect([one.getStore(), other.getStore()]).toEqual([undefined, 'other'])
        await Promise.resolve()
        expect([one.getStore(), other.getStore()]).toEqual([undefined, 'other'])
        expect(
          await one.run('again', async () => {
            await Promise.resolve()
            return one.getStore()
          }),
        ).toBe('again')
      }),
    )
    expect([one.getStore(), other.getStore()]).toEqual([undefined, undefined])
  })

  it('has bind and snapshot', () => {
    const storage = make<string>()
    const [bound, inContext] = storage.run('then', () => [Storage.bind(() => storage.getStore()), Storage.snapshot()])
    storage.run('now', () => {
      expect([bound(), inContext(() => storage.getStore())]).toEqual(['then', 'then'])
    })
  })

  it('can be extended', () => {
    class Extended extends Storage<string> {
      override getStore(): string | undefined {
        return super.getStore()?.toUpperCase()
      }
    }
    const storage = new Extended()
    expect(storage.run('loud', () => storage.getStore())).toBe('LOUD')
    storage.disable()
  })
})

it('does the same as the real storage in programs of any shape', async () => {
  await fc.assert(
    fc.asyncProperty(programs, async (program) => {
      expect(await trace(Shared, program)).toEqual(await trace(AsyncLocalStorage, program))
    }),
    { numRuns: 300, seed: 20_260_102 },
  )
})

it('takes the options of the real storage, where it has some', () => {
  // Node 24 and later; types of Node 20 know none.
  const make = (Storage: StorageClass): unknown => {
    const storage = Reflect.construct(Storage, [{ name: 'mine', defaultValue: 'default' }]) as AsyncLocalStorage<string>
    return [storage.getStore(), Reflect.get(storage, 'name'), storage.run('store', () => storage.getStore())]
  }
  expect(make(Shared)).toEqual(make(AsyncLocalStorage))
})

describe('the storages of one class', () => {
  it('cost a promise as much as one storage (invariant 15)', async ({ skip }) => {
    skip(!PROMISES_PAY, 'in this Node promises pay nothing for a storage')
    const before = await storagesOnAPromise()
    const Storage = makeSharedStorage(AsyncLocalStorage)
    for (let index = 0; index < 100; index++) new Storage().run({}, () => undefined)
    expect(await storagesOnAPromise()).toBe(before + 1)
  })

  it('leave nothing on the contexts that descend from theirs once they are gone (invariant 15)', async () => {
    const frames: { size: number }[] = []
    class Watched<Store> extends AsyncLocalStorage<Store> {
      override enterWith(store: Store): void {
        if (store instanceof Map) frames.push(store)
        super.enterWith(store)
      }
    }
    const Storage = makeSharedStorage(Watched)
    const storages: WeakRef<object>[] = []
    const make = (): AsyncLocalStorage<object> => {
      const storage = new Storage<object>()
      storages.push(new WeakRef(storage))
      return storage
    }
    // Each is born inside the work of the one before.
    const sizeAfter = async (generations: number): Promise<number | undefined> => {
      if (generations > 0) return make().run({}, async () => sizeAfter(generations - 1))
      await collectUntil(() => storages.every((storage) => storage.deref() === undefined))
      return make().run({}, () => frames.at(-1)?.size)
    }
    expect(await sizeAfter(30)).toBe(1)
  })

  it('cost nothing any more once the class is gone (invariant 15)', async ({ skip }) => {
    skip(!PROMISES_PAY, 'in this Node promises pay nothing for a storage')
    const before = await storagesOnAPromise()
    const useOne = (): void => {
      new (makeSharedStorage(AsyncLocalStorage))().run({}, () => undefined)
    }
    for (let index = 0; index < 20; index++) useOne()
    expect(await storagesOnAPromise()).toBe(before + 20)
    await vi.waitFor(async () => {
      await collectGarbage()
      expect(await storagesOnAPromise()).toBeLessThanOrEqual(before)
    }, 5000)
  })
})
