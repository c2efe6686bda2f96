import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { addTransactionCapability } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../../src/logger.js'
import { shareStorages, type StorageExports, StorageSharing } from '../../../../src/socket/workarounds/share-async-storage.js'
import { FakeBaileys } from '../../../../src/testing/index.js'
import { PROMISES_PAY, storagesOnAPromise } from '../../../support/promise-cost.js'

const Real = AsyncLocalStorage

/** As before Node 24, on every Node. */
class HookBased<Store> extends Real<Store> {
  _propagate(): void {}
}

/** As in Node 24 and later, on every Node. */
class FrameBased {
  readonly isFrameBased = true
}

const sharing = (exports?: StorageExports): StorageSharing =>
  new StorageSharing({
    onRefused: () => {
      throw new Error('refused')
    },
    ...(exports === undefined ? {} : { exports }),
  })
const keys = { get: () => ({}), set: () => undefined }
const transactions = { maxCommitRetries: 1, delayBetweenTriesMs: 1 }

describe('while storages are shared', () => {
  it('whoever makes one gets a shared one, by whatever import, and afterwards a real one', () => {
    const exports = { AsyncLocalStorage: HookBased }
    const seen = sharing(exports).during(() => exports.AsyncLocalStorage)
    expect(seen).not.toBe(HookBased)
    expect(new seen()).toBeInstanceOf(HookBased)
    expect(exports).toEqual({ AsyncLocalStorage: HookBased })
  })

  it('ES modules and CommonJS see the same', ({ skip }) => {
    skip(!PROMISES_PAY, 'in this Node promises pay nothing for a storage')
    const commonJs = createRequire(import.meta.url)('async_hooks') as StorageExports
    const [inside, required] = sharing().during(() => [AsyncLocalStorage, commonJs.AsyncLocalStorage])
    expect(inside).not.toBe(Real)
    expect(required).toBe(inside)
    expect([AsyncLocalStorage, commonJs.AsyncLocalStorage, asyncHooks.AsyncLocalStorage]).toEqual([Real, Real, Real])
  })

  it('what is thrown comes through, and the real one is put back', () => {
    const exports = { AsyncLocalStorage: HookBased }
    const error = new Error('on purpose')
    expect(() =>
      sharing(exports).during(() => {
        throw error
      }),
    ).toThrow(error)
    expect(exports.AsyncLocalStorage).toBe(HookBased)
  })

  it('several managers, and several copies of this library, can be at work inside each other', () => {
    const exports = { AsyncLocalStorage: HookBased }
    const [outer, inner] = [sharing(exports), sharing(exports)]
    const seen = outer.during(() => {
      const before = exports.AsyncLocalStorage
      const inside = inner.during(() => outer.during(() => exports.AsyncLocalStorage))
      return { before, inside, after: exports.AsyncLocalStorage }
    })
    expect(seen.after).toBe(seen.before)
    expect(new seen.inside()).toBeInstanceOf(HookBased)
    expect(exports.AsyncLocalStorage).toBe(HookBased)
  })

  it('an export that is a getter becomes one again', () => {
    // As in Node 22.
    const exports: StorageExports = {
      get AsyncLocalStorage() {
        return HookBased
      },
    }
    const before = Object.getOwnPropertyDescriptor(exports, 'AsyncLocalStorage')
    expect(sharing(exports).during(() => exports.AsyncLocalStorage)).not.toBe(HookBased)
    expect(Object.getOwnPropertyDescriptor(exports, 'AsyncLocalStorage')).toEqual(before)
  })

  it('what somebody else puts in its place stays', () => {
    const exports: StorageExports = { AsyncLocalStorage: HookBased }
    class Patched<Store> extends Real<Store> {}
    sharing(exports).during(() => {
      exports.AsyncLocalStorage = Patched
    })
    expect(exports.AsyncLocalStorage).toBe(Patched)
  })

  it('a storage of the application is what it always was', async () => {
    const theirs = new AsyncLocalStorage<string>()
    const made = await theirs.run('request 7', async () => {
      await Promise.resolve()
      return sharing().during(() => {
        const mine = new asyncHooks.AsyncLocalStorage<string>()
        return mine.run('mine', async () => {
          await Promise.resolve()
          return [theirs.getStore(), mine.getStore(), theirs.run('inside', () => [theirs.getStore(), mine.getStore()])]
        })
      })
    })
    expect(made).toEqual(['request 7', 'mine', ['inside', 'mine']])
    expect(theirs.getStore()).toBeUndefined()
    expect(theirs.constructor).toBe(Real)
    theirs.disable()
  })
})

describe('nothing is replaced', () => {
  it('where promises do not pay for storages', () => {
    // Only its prototype is looked at.
    const exports = { AsyncLocalStorage: FrameBased } as unknown as StorageExports
    expect(sharing(exports).during(() => exports.AsyncLocalStorage)).toBe(FrameBased)
  })

  it.each<[string, StorageExports]>([
    ['frozen', Object.freeze({ AsyncLocalStorage: HookBased })],
    [
      'exported by something that cannot be changed',
      Object.defineProperty({ AsyncLocalStorage: HookBased }, 'AsyncLocalStorage', { get: () => HookBased, configurable: false }),
    ],
    ['inherited', Object.create({ AsyncLocalStorage: HookBased }) as StorageExports],
  ])('where it is %s: the work is done all the same, and that is told once', (_where, exports) => {
    const onRefused = vi.fn()
    const refused = new StorageSharing({ exports, onRefused })
    expect([1, 2, 3].map((number) => refused.during(() => [number, exports.AsyncLocalStorage]))).toEqual([
      [1, HookBased],
      [2, HookBased],
      [3, HookBased],
    ])
    expect(onRefused).toHaveBeenCalledTimes(1)
  })
})

describe('a Baileys whose sockets are made so', () => {
  it('makes them with the same configuration, and can do the rest', () => {
    const exports = { AsyncLocalStorage: HookBased }
    const seen: unknown[] = []
    const fake = new FakeBaileys()
    const baileys = shareStorages(
      {
        initAuthCreds: fake.initAuthCreds,
        proto: fake.proto,
        makeWASocket: (config) => {
          seen.push(exports.AsyncLocalStorage)
          return fake.makeWASocket(config)
        },
      },
      sharing(exports),
    )
    const config = { auth: { creds: baileys.initAuthCreds(), keys } }
    baileys.makeWASocket(config)
    expect(fake.configs).toEqual([config])
    expect(fake.configs[0]).toBe(config)
    expect(seen).not.toEqual([HookBased])
    fake.failNext(new Error('on purpose'))
    expect(() => baileys.makeWASocket(config)).toThrow('on purpose')
    expect(exports.AsyncLocalStorage).toBe(HookBased)
    expect(baileys.proto).toBe(fake.proto)
  })

  it('costs promises one storage for all sockets, and without that one for each (invariant 15)', async ({ skip }) => {
    skip(!PROMISES_PAY, 'in this Node promises pay nothing for a storage')
    const before = await storagesOnAPromise()
    const shared = sharing()
    const transact = async (each: <Result>(work: () => Result) => Result): Promise<void> => {
      const capable = each(() => addTransactionCapability(keys, silentLogger(), transactions))
      const wasIn = await capable.transaction(async () => {
        await Promise.resolve()
        return capable.isInTransaction()
      }, 'me')
      expect([wasIn, capable.isInTransaction()]).toEqual([true, false])
    }
    for (let index = 0; index < 30; index++) await transact((work) => shared.during(work))
    expect(await storagesOnAPromise()).toBe(before + 1)
    for (let index = 0; index < 3; index++) await transact((work) => work())
    expect(await storagesOnAPromise()).toBe(before + 4)
  })
})
