import { describe, expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { isSessionError } from '../../src/errors.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordKey, type SessionStore, type StoredRecord } from '../../src/store/session-store.js'
import { collect } from '../support/collect.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const stores: { name: string; create: () => SessionStore }[] = [
  { name: 'MemorySessionStore', create: () => new MemorySessionStore() },
  { name: 'FileSystemSessionStore', create: () => new FileSystemSessionStore({ directory: temporaryFolder() }) },
  { name: 'FileSystemSessionStore without a prefix', create: () => new FileSystemSessionStore({ directory: temporaryFolder(), prefix: '' }) },
]

/** Ids that lesser stores mix up, or lose. */
const hostileIds = [
  '__proto__', 'constructor', '..', '.', '../x', 'a/b', 'a__b', 'a:b', 'a-b', 'a\\b', 'a b', ' a', 'a ', 'a.', '.a', 'a%2Fb', '%2e%2e', 'a*?"<>|', 'CON', 'nul.json',
  'émoji-🙂', 'e\u0301moji-🙂', 'a\nb', 'a\u0000b', '', '-', '--', '::', 'x'.repeat(300), 'x'.repeat(301), '😀'.repeat(100),
]

const values = (records: readonly StoredRecord[]): Record<string, string> =>
  Object.fromEntries(records.map(({ type, id, value }) => [`${type} ${id}`, value]))
const names = (keys: readonly RecordKey[]): string[] => keys.map(({ type, id }) => JSON.stringify([type, id])).sort()

describe.each(stores)('$name keeps the store contract:', ({ create }) => {
  const open = (): SessionStore => {
    const store = create()
    onTestFinished(() => store.close())
    return store
  }

  it('leaves absent records out', async () => {
    const store = open()
    expect(await store.read('a', [CREDS_KEY, { type: 'session', id: '1' }])).toEqual([])
    await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
    expect(await store.read('a', [{ type: 'session', id: '1' }, CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'c' }])
    expect(await store.read('b', [CREDS_KEY])).toEqual([])
    expect(await store.read('a', [])).toEqual([])
  })

  it('keeps values as they are', async () => {
    const store = open()
    const texts = ['', ' ', '\n', '\n\n', '{"a":1}', 'not json', '\ufeffmark', 'ü🙂\u0000', 'x'.repeat(100_000)]
    await store.write('a', texts.map((value, index) => ({ type: 'pre-key', id: String(index), value })))
    const read = await store.read('a', texts.map((_, index) => ({ type: 'pre-key', id: String(index) })))
    expect(new Map(read.map(({ id, value }) => [id, value]))).toEqual(new Map(texts.map((value, index) => [String(index), value])))
  })

  it('changes, deletes and adds in one write', async () => {
    const store = open()
    await store.write('a', [{ type: 'session', id: '1', value: 'one' }, { type: 'session', id: '2', value: 'two' }, { ...CREDS_KEY, value: 'c' }])
    await store.write('a', [{ type: 'session', id: '1', value: 'uno' }, { type: 'session', id: '2', value: null }, { type: 'session', id: 'gone', value: null }])
    expect(names(await collect(store.records('a')))).toEqual(names([CREDS_KEY, { type: 'session', id: '1' }]))
    expect(values(await store.read('a', [CREDS_KEY, { type: 'session', id: '1' }, { type: 'session', id: '2' }]))).toEqual({ 'creds ': 'c', 'session 1': 'uno' })
  })

  it('removes with replaceAll what is not among the changes', async () => {
    const store = open()
    await store.write('a', [{ ...CREDS_KEY, value: 'old' }, { ...LIFECYCLE_KEY, value: 'l' }, { type: 'pre-key', id: '1', value: 'k' }, { type: 'zz', id: 'a:b', value: 'z' }])
    await store.write('a', [{ ...CREDS_KEY, value: 'new' }, { type: 'pre-key', id: '2', value: 'k2' }], { replaceAll: true })
    expect(names(await collect(store.records('a')))).toEqual(names([CREDS_KEY, { type: 'pre-key', id: '2' }]))
    expect(values(await store.read('a', [CREDS_KEY]))).toEqual({ 'creds ': 'new' })
  })

  it('keeps hostile record ids apart', async () => {
    const store = open()
    const keys = hostileIds.flatMap(id => ['session', 'sender-key', 'app-state-sync-key', 'zz-future', '../up', '__proto__'].map(type => ({ type, id })))
    await store.write('a', keys.map((key, index) => ({ ...key, value: `value ${index}` })))
    expect(names(await collect(store.records('a')))).toEqual(names(keys))
    const read = await store.read('a', keys)
    expect(read).toHaveLength(keys.length)
    for (const [index, key] of keys.entries()) expect(read).toContainEqual({ ...key, value: `value ${index}` })
    for (const key of keys) await store.write('a', [{ ...key, value: null }])
    expect(await collect(store.records('a'))).toEqual([])
  })

  it('keeps types apart that join to the same text', async () => {
    const store = open()
    const keys = [{ type: 'sender-key', id: 'memory-x' }, { type: 'sender-key-memory', id: 'x' }, { type: 'sender', id: 'key-memory-x' }, { type: 'creds', id: 'x' }, { type: 'creds', id: '' }, { type: 'creds-', id: '' }]
    await store.write('a', keys.map((key, index) => ({ ...key, value: String(index) })))
    for (const [index, key] of keys.entries()) expect(await store.read('a', [key])).toEqual([{ ...key, value: String(index) }])
    expect(names(await collect(store.records('a')))).toEqual(names(keys))
  })

  it('keeps hostile session ids apart, or refuses them with INVALID_SESSION_ID', async () => {
    const store = open()
    const kept: string[] = []
    for (const sessionId of [...hostileIds, 'A', 'a', '1', '10', 'session-a', '.baileys-sessions']) {
      try {
        await store.write(sessionId, [{ ...CREDS_KEY, value: `creds of ${sessionId}` }])
        kept.push(sessionId)
      } catch (error) {
        expect(isSessionError(error, 'INVALID_SESSION_ID')).toBe(true)
      }
    }
    expect(kept).toEqual(expect.arrayContaining(['__proto__', '..', 'a/b', 'a__b', 'a:b', 'a-b', '1', '10']))
    expect((await collect(store.list())).sort()).toEqual(kept.sort())
    for (const sessionId of kept) expect(values(await store.read(sessionId, [CREDS_KEY]))).toEqual({ 'creds ': `creds of ${sessionId}` })
    await store.delete('1')
    expect((await collect(store.list())).sort()).toEqual(kept.filter(id => id !== '1').sort())
  })

  it('deletes a session, and what is not there', async () => {
    const store = open()
    await store.delete('never')
    await store.write('a', [{ ...CREDS_KEY, value: 'c' }, { type: 'session', id: 'a:b', value: 's' }])
    await store.write('b', [{ ...CREDS_KEY, value: 'c' }])
    await store.delete('a')
    await store.delete('a')
    expect(await collect(store.list())).toEqual(['b'])
    expect(await collect(store.records('a'))).toEqual([])
    expect(await store.read('a', [CREDS_KEY, { type: 'session', id: 'a:b' }])).toEqual([])
  })

  it('gives and takes copies', async () => {
    const store = open()
    const change = { ...CREDS_KEY, value: 'c' }
    await store.write('a', [change])
    change.value = 'changed'
    const [first] = await store.read('a', [CREDS_KEY])
    if (first !== undefined) first.value = 'changed'
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'c' }])
  })

  it('lets parallel writes of one session follow one another', async () => {
    const store = open()
    const keys = Array.from({ length: 10 }, (_, index) => ({ type: 'pre-key', id: String(index) }))
    await Promise.all(Array.from({ length: 20 }, (_, round) => store.write('a', keys.map(key => ({ ...key, value: `round ${round}` })))))
    expect(new Set((await store.read('a', keys)).map(({ value }) => value))).toEqual(new Set(['round 19']))
  })

  it('goes on listing while it is written to', async () => {
    const store = open()
    for (const sessionId of ['a', 'b', 'c']) await store.write(sessionId, [{ ...CREDS_KEY, value: 'c' }])
    const seen: string[] = []
    for await (const sessionId of store.list()) {
      seen.push(sessionId)
      await store.write(`${sessionId} again`, [{ ...CREDS_KEY, value: 'c' }])
      await store.delete(sessionId)
    }
    expect(seen).toEqual(expect.arrayContaining(['a', 'b', 'c']))
    expect((await collect(store.list())).sort()).toEqual(expect.arrayContaining(['a again', 'b again', 'c again']))
  })

  it('accepts a write without a token only while nobody holds the lock', async () => {
    const store = open()
    await store.write('a', [{ ...CREDS_KEY, value: '1' }])
    const lease = await store.lock.acquire('a')
    await expect(store.write('a', [{ ...CREDS_KEY, value: '2' }])).rejects.toMatchObject({ code: 'STALE_WRITER', sessionId: 'a' })
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'STALE_WRITER', sessionId: 'a' })
    await store.write('b', [{ ...CREDS_KEY, value: 'other sessions are free' }])
    await lease?.release()
    await store.write('a', [{ ...CREDS_KEY, value: '3' }])
    expect(values(await store.read('a', [CREDS_KEY]))).toEqual({ 'creds ': '3' })
  })

  it('refuses a token that is older than the newest one', async () => {
    const store = open()
    const first = await store.lock.acquire('a')
    await store.write('a', [{ ...CREDS_KEY, value: '1' }], { fencingToken: first?.fencingToken ?? NaN })
    await first?.release()
    const second = await store.lock.acquire('a')
    expect(second?.fencingToken).toBeGreaterThan(first?.fencingToken ?? NaN)
    const stale = { fencingToken: first?.fencingToken ?? NaN }
    await expect(store.write('a', [{ ...CREDS_KEY, value: '2' }], stale)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await expect(store.write('a', [], { ...stale, replaceAll: true })).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await expect(store.delete('a', stale)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(values(await store.read('a', [CREDS_KEY]))).toEqual({ 'creds ': '1' })
    const current = { fencingToken: second?.fencingToken ?? NaN }
    await store.write('a', [{ ...CREDS_KEY, value: '3' }], current)
    await store.delete('a', current)
    await store.delete('a', current)
    await expect(store.write('a', [{ ...CREDS_KEY, value: '2' }], stale)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await second?.release()
  })

  it('rejects after close, and closes twice', async () => {
    const store = open()
    await store.write('a', [{ ...CREDS_KEY, value: '1' }])
    await Promise.all([store.close(), store.close()])
    await store.close()
    const unavailable = { name: 'SessionError', code: 'STORE_UNAVAILABLE' }
    await expect(store.read('a', [CREDS_KEY])).rejects.toMatchObject(unavailable)
    await expect(store.write('a', [{ ...CREDS_KEY, value: '2' }])).rejects.toMatchObject(unavailable)
    await expect(store.delete('a')).rejects.toMatchObject(unavailable)
    await expect(collect(store.list())).rejects.toMatchObject(unavailable)
    await expect(collect(store.records('a'))).rejects.toMatchObject(unavailable)
  })
})
