import { describe, expect, it, vi } from 'vitest'
import {
  encrypted,
  encryptRecords,
  type EncryptionOptions,
  MemorySessionStore,
  type RecordKey,
  type SessionProgress,
  type SessionStore,
} from '../../../src/index.js'
import { collect } from '../../support/collect.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

const OLD = Buffer.alloc(32, 1)
const NEW = Buffer.alloc(32, 2)
const BEFORE: EncryptionOptions = { keys: { old: OLD }, currentKeyId: 'old' }
const ROTATED: EncryptionOptions = { keys: { old: OLD, new: NEW }, currentKeyId: 'new' }
const AFTER: EncryptionOptions = { keys: { new: NEW }, currentKeyId: 'new' }
const CREDS: RecordKey = { type: 'creds', id: '' }

const preKey = (id: number): RecordKey => ({ type: 'pre-key', id: String(id) })
const records = (count: number): (RecordKey & { value: string })[] => [
  { ...CREDS, value: 'creds' },
  ...Array.from({ length: count }, (_, id) => ({ ...preKey(id), value: `key ${id}` })),
]

async function storedUnder(inner: SessionStore, sessionId: string): Promise<string[]> {
  const stored = await inner.read(sessionId, await collect(inner.records(sessionId)))
  return [...new Set(stored.map(({ value }) => /^\{"encrypted":1,"keyId":"(\w+)"/u.exec(value)?.[1] ?? 'plain'))]
}

async function texts(store: SessionStore, sessionId: string): Promise<string[]> {
  return (await store.read(sessionId, await collect(store.records(sessionId)))).map(({ value }) => value)
}

/** Two sessions under the old key, one of them with more records than fit into one batch. */
async function storeUnderOldKey(): Promise<WatchedSessionStore> {
  const inner = new WatchedSessionStore()
  await encrypted(inner, BEFORE).write('big', records(450))
  await encrypted(inner, BEFORE).write('small', records(1))
  inner.calls.length = 0
  return inner
}

describe('encryptRecords', () => {
  it('puts every record under the current key, in bounded batches under the lease, and reads each back', async () => {
    const inner = await storeUnderOldKey()
    const progress: SessionProgress[] = []
    const report = await encryptRecords(inner, ROTATED, { onProgress: (done) => progress.push(done) })
    expect(report).toEqual({ encrypted: ['big', 'small'], unchanged: [], failed: [], progressError: undefined })
    expect(progress).toEqual([
      { sessionId: 'big', done: 1, total: 2, records: 451 },
      { sessionId: 'small', done: 2, total: 2, records: 2 },
    ])
    expect([await storedUnder(inner, 'big'), await storedUnder(inner, 'small')]).toEqual([['new'], ['new']])
    expect(await texts(encrypted(inner, AFTER), 'big')).toEqual(records(450).map(({ value }) => value))
    const calls = inner.calls.filter(({ sessionId }) => sessionId === 'big')
    expect(calls.map(({ verb, keys }) => `${verb} ${keys.length}`).slice(0, 12)).toEqual([
      'acquire 0',
      'records 0',
      'read 200',
      'write 200',
      'read 200',
      'read 200',
      'write 200',
      'read 200',
      'read 51',
      'write 51',
      'read 51',
      'release 0',
    ])
    expect(calls.some(({ replaceAll }) => replaceAll)).toBe(false)
    expect(await inner.lock.owner('big')).toBeNull()
  })

  it('changes nothing the second time', async () => {
    const inner = await storeUnderOldKey()
    await encryptRecords(inner, ROTATED)
    const before = await inner.dump('big')
    inner.calls.length = 0
    expect(await encryptRecords(inner, ROTATED)).toMatchObject({ encrypted: [], unchanged: ['big', 'small'], failed: [] })
    expect(await inner.dump('big')).toEqual(before)
    expect(inner.count('write')).toBe(0)
  })

  it('goes on where it was broken off', async () => {
    const inner = await storeUnderOldKey()
    let writes = 0
    inner.before = ({ verb }) => {
      if (verb === 'write' && ++writes > 1) throw new Error('ENOSPC')
    }
    expect(await encryptRecords(inner, ROTATED)).toMatchObject({
      encrypted: [],
      failed: [{ sessionId: 'big', error: { code: 'STORE_UNAVAILABLE' } }, { sessionId: 'small' }],
    })
    inner.before = () => undefined
    expect((await storedUnder(inner, 'big')).sort()).toEqual(['new', 'old'])
    expect(await texts(encrypted(inner, ROTATED), 'big')).toHaveLength(451)
    inner.calls.length = 0
    expect(await encryptRecords(inner, ROTATED)).toMatchObject({ encrypted: ['big', 'small'], failed: [] })
    expect(inner.calls.filter(({ verb, sessionId }) => verb === 'write' && sessionId === 'big').flatMap(({ keys }) => keys)).toHaveLength(251)
    expect(await storedUnder(inner, 'big')).toEqual(['new'])
  })

  it('encrypts plain records only when it may', async () => {
    const inner = new MemorySessionStore()
    await inner.write('a', records(3))
    expect(await encryptRecords(inner, AFTER)).toMatchObject({
      encrypted: [],
      failed: [{ sessionId: 'a', error: { code: 'RECORD_CORRUPT', message: expect.stringContaining('allowPlain') } }],
    })
    expect(await storedUnder(inner, 'a')).toEqual(['plain'])
    expect(await encryptRecords(inner, { ...AFTER, allowPlain: true })).toMatchObject({ encrypted: ['a'], failed: [] })
    expect(await texts(encrypted(inner, AFTER), 'a')).toEqual(records(3).map(({ value }) => value))
  })

  it.each<[string, (store: SessionStore) => SessionStore]>([
    ['by itself', (store) => store],
    [
      'with something else around it',
      (store) => ({
        lock: store.lock,
        list: () => store.list(),
        records: (sessionId) => store.records(sessionId),
        read: (sessionId, keys) => store.read(sessionId, keys),
        write: (sessionId, changes, options) =>
          store.write(
            sessionId,
            changes.map(({ type, id, value }) => ({ type, id, value })),
            options,
          ),
        delete: (sessionId, options) => store.delete(sessionId, options),
        close: () => store.close(),
      }),
    ],
  ])('refuses a store that encrypts by itself, %s, and leaves its records as they are', async (_how, wrap) => {
    const inner = await storeUnderOldKey()
    const before = [await inner.dump('big'), await inner.dump('small')]
    await expect(encryptRecords(wrap(encrypted(inner, BEFORE)), { ...ROTATED, allowPlain: true })).rejects.toThrow(TypeError)
    expect([await inner.dump('big'), await inner.dump('small')]).toEqual(before)
    expect(inner.count('write')).toBe(0)
    expect(await inner.lock.owner('big')).toBeNull()
  })

  it('knows a store that another copy of the package has encrypted', async () => {
    vi.resetModules()
    const other = await import('../../../src/index.js')
    const inner = await storeUnderOldKey()
    await expect(encryptRecords(other.encrypted(inner, BEFORE), { ...ROTATED, allowPlain: true })).rejects.toThrow('needs the plain store')
    expect(inner.count('write')).toBe(0)
  })

  it('leaves a session that is being run, and goes on with the others', async () => {
    const inner = await storeUnderOldKey()
    await inner.inner.lock.acquire('big')
    expect(await encryptRecords(inner, ROTATED)).toMatchObject({
      encrypted: ['small'],
      failed: [{ sessionId: 'big', error: { code: 'OWNED_ELSEWHERE', sessionId: 'big' } }],
    })
    expect(await storedUnder(inner, 'big')).toEqual(['old'])
  })

  it('leaves what it cannot open as it is, names the first of it, and does the rest of its session', async () => {
    const inner = await storeUnderOldKey()
    await inner.inner.write('small', [{ ...preKey(7), value: '{"encrypted":1,"keyId":"old","ke' }])
    await encrypted(inner.inner, { keys: { third: Buffer.alloc(32, 3) }, currentKeyId: 'third' }).write('small', [{ ...preKey(8), value: 'v' }])
    const before = await inner.dump('small')
    expect(await encryptRecords(inner, ROTATED)).toMatchObject({
      encrypted: ['big'],
      failed: [{ sessionId: 'small', error: { code: 'RECORD_CORRUPT', message: expect.stringContaining('"7"') } }],
    })
    const after = await inner.dump('small')
    expect([after['pre-key/7'], after['pre-key/8']]).toEqual([before['pre-key/7'], before['pre-key/8']])
    expect([after['creds/'], after['pre-key/0']]).toEqual([expect.stringContaining('"new"'), expect.stringContaining('"new"')])
  })

  it('a record that the store itself cannot read holds up no other', async () => {
    const inner = await storeUnderOldKey()
    const read = inner.inner.read.bind(inner.inner)
    inner.inner.read = async (sessionId, keys) => {
      if (keys.some(({ id }) => id === '123')) throw Object.assign(new Error('a folder is in its place'), { name: 'SessionError', code: 'RECORD_CORRUPT' })
      return read(sessionId, keys)
    }
    expect(await encryptRecords(inner, ROTATED)).toMatchObject({ encrypted: ['small'], failed: [{ sessionId: 'big', error: { code: 'RECORD_CORRUPT' } }] })
    inner.inner.read = read
    expect((await storedUnder(inner, 'big')).sort()).toEqual(['new', 'old'])
    await encryptRecords(inner, ROTATED, { sessions: ['big'] })
    expect(await storedUnder(inner, 'big')).toEqual(['new'])
  })

  it('a store that does not keep what it is given is found out at the first batch', async () => {
    const inner = await storeUnderOldKey()
    const write = inner.inner.write.bind(inner.inner)
    inner.inner.write = async (sessionId, changes, options) => write(sessionId, changes.slice(1), options)
    expect(await encryptRecords(inner, ROTATED, { sessions: ['big'] })).toMatchObject({
      failed: [{ error: { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('read back differently') } }],
    })
    expect(inner.calls.filter(({ verb }) => verb === 'write')).toHaveLength(1)
  })

  it('does the sessions that it is asked for, stops between batches, and reports what it did not reach', async () => {
    const inner = await storeUnderOldKey()
    const stop = new AbortController()
    inner.before = ({ verb }) => {
      if (verb === 'write') stop.abort()
    }
    const report = await encryptRecords(inner, ROTATED, { sessions: ['big', 'small', 'big'], signal: stop.signal })
    expect(report).toMatchObject({
      encrypted: [],
      unchanged: [],
      failed: [
        { sessionId: 'big', error: { code: 'ABORTED' } },
        { sessionId: 'small', error: { code: 'ABORTED' } },
      ],
    })
    expect(inner.count('write')).toBe(1)
    expect(await inner.lock.owner('big')).toBeNull()
  })

  it('goes on when onProgress throws, and says so in the report', async () => {
    const inner = await storeUnderOldKey()
    const report = await encryptRecords(inner, ROTATED, {
      onProgress: ({ sessionId }) => {
        throw new Error(`mine, of ${sessionId}`)
      },
    })
    expect(report).toMatchObject({ encrypted: ['big', 'small'], progressError: { code: 'LISTENER_FAILED', cause: { message: 'mine, of big' } } })
  })

  it('does not take the store that it is to encrypt for one that is not', async () => {
    await expect(encryptRecords(encrypted(new MemorySessionStore(), BEFORE), ROTATED)).rejects.toThrow(TypeError)
    await expect(encryptRecords({} as SessionStore, ROTATED)).rejects.toThrow(/^Argument "store" must be a session store/u)
    await expect(encryptRecords(new MemorySessionStore(), { keys: {}, currentKeyId: 'new' })).rejects.toThrow(RangeError)
  })

  it('rejects when the sessions cannot be listed', async () => {
    const inner = await storeUnderOldKey()
    inner.before = ({ verb }) => {
      if (verb === 'list') throw new Error('EACCES')
    }
    await expect(encryptRecords(inner, ROTATED)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('EACCES') })
  })
})
