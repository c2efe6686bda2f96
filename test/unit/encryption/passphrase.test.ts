import * as crypto from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encrypted, MemorySessionStore, type RecordKey } from '../../../src/index.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

/** Far less than what is asked for, which takes half a second for each key. */
const QUICK = { N: 2 ** 10, r: 8, p: 1, maxmem: 2 ** 28 }

vi.mock('node:crypto', async (load) => {
  const real: typeof crypto = await load()
  const scrypt = vi.fn<(...given: [string, Buffer, number, object, (error: Error | null, key: Buffer) => void]) => void>(
    (password, salt, length, options, done) => {
      real.scrypt(password, salt, length, { ...options, ...QUICK }, done)
    },
  )
  return { ...real, scrypt }
})

const scrypt = vi.mocked(crypto.scrypt)
const PASSPHRASE = 'correct horse battery staple'
const SALT = 'sixteen bytes or more'
const PRE_KEY: RecordKey = { type: 'pre-key', id: '1' }
const phrase = { passphrase: PASSPHRASE, salt: SALT }
const raw = Buffer.alloc(32, 1)

beforeEach(() => {
  scrypt.mockClear()
})

describe('a key from a passphrase', () => {
  it('is derived by scrypt once, when it is first needed, and shared by all calls', async () => {
    const inner = new MemorySessionStore()
    const store = encrypted(inner, { keys: { phrase }, currentKeyId: 'phrase' })
    await store.read('a', [PRE_KEY])
    await store.delete('a')
    expect(scrypt).not.toHaveBeenCalled()
    await Promise.all(Array.from({ length: 5 }, (_, index) => store.write('a', [{ ...PRE_KEY, id: String(index), value: 'v' }])))
    await store.write('b', [{ ...PRE_KEY, value: 'v' }])
    expect(await store.read('b', [PRE_KEY])).toEqual([{ ...PRE_KEY, value: 'v' }])
    expect(scrypt).toHaveBeenCalledTimes(1)
    expect(scrypt.mock.calls[0]?.slice(2, 4)).toEqual([32, { N: 131_072, r: 8, p: 1, maxmem: 268_435_456 }])
  })

  it('is the key that scrypt makes of it, with the salt as UTF-8', async () => {
    const inner = new MemorySessionStore()
    await encrypted(inner, { keys: { main: phrase }, currentKeyId: 'main' }).write('a', [{ ...PRE_KEY, value: 'v' }])
    const bytes = crypto.scryptSync(PASSPHRASE, Buffer.from(SALT), 32, QUICK)
    const store = encrypted(inner, { keys: { main: bytes }, currentKeyId: 'main' })
    expect(await store.read('a', [PRE_KEY])).toHaveLength(1)
  })

  it('that only old records need is derived when one of them is read', async () => {
    const inner = new MemorySessionStore()
    await encrypted(inner, { keys: { phrase }, currentKeyId: 'phrase' }).write('a', [{ ...PRE_KEY, value: 'old' }])
    scrypt.mockClear()
    const store = encrypted(inner, { keys: { phrase, raw }, currentKeyId: 'raw' })
    await store.write('b', [{ ...PRE_KEY, value: 'new' }])
    await store.read('b', [PRE_KEY])
    expect(scrypt).not.toHaveBeenCalled()
    expect(await store.read('a', [PRE_KEY])).toEqual([{ ...PRE_KEY, value: 'old' }])
    expect(scrypt).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['another passphrase', { passphrase: 'incorrect horse battery staple', salt: SALT }],
    ['another salt', { passphrase: PASSPHRASE, salt: 'another sixteen bytes' }],
  ])('%s is another key: WRONG_KEY', async (_name, other) => {
    const inner = new MemorySessionStore()
    await encrypted(inner, { keys: { phrase }, currentKeyId: 'phrase' }).write('a', [{ ...PRE_KEY, value: 'v' }])
    await expect(encrypted(inner, { keys: { phrase: other }, currentKeyId: 'phrase' }).read('a', [PRE_KEY])).rejects.toMatchObject({
      code: 'WRONG_KEY',
      message: expect.stringContaining('same passphrase and salt'),
    })
  })

  it('that cannot be derived now is STORE_UNAVAILABLE, tried again with the next call, and holds up no delete', async () => {
    const inner = new MemorySessionStore()
    const store = encrypted(inner, { keys: { phrase }, currentKeyId: 'phrase' })
    scrypt.mockImplementationOnce((...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void
      setImmediate(() => {
        done(new Error('no memory'))
      })
    })
    const [written, deleted] = await Promise.allSettled([store.write('a', [{ ...PRE_KEY, value: 'v' }]), store.delete('b')])
    expect(written).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/"phrase" could not be derived.*no memory/) } })
    expect(deleted.status).toBe('fulfilled')
    await store.write('a', [{ ...PRE_KEY, value: 'v' }])
    expect(await store.read('a', [PRE_KEY])).toHaveLength(1)
  })

  it('lets nothing overtake what was called while it was derived', async () => {
    const inner = new WatchedSessionStore()
    const store = encrypted(inner, { keys: { phrase }, currentKeyId: 'phrase' })
    const write = (id: string): Promise<void> => store.write('a', [{ type: 'pre-key', id, value: 'v' }])
    await Promise.all([write('1'), write('2'), store.delete('a'), write('3')])
    expect(inner.calls.map(({ verb, keys }) => `${verb} ${keys.map(({ id }) => id).join()}`.trim())).toEqual(['write 1', 'write 2', 'delete', 'write 3'])
  })
})
