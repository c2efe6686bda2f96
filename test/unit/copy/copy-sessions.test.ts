import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import {
  copySessions,
  encrypted,
  FileSystemSessionStore,
  MemorySessionStore,
  SessionError,
  type RecordKey,
  type SessionProgress,
  type SessionStore,
} from '../../../src/index.js'
import { pairedCreds } from '../../../src/testing/index.js'
import { collect } from '../../support/collect.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

const CREDS: RecordKey = { type: 'creds', id: '' }
const ENCRYPTION = { keys: { main: Buffer.alloc(32, 1) }, currentKeyId: 'main' }
const preKey = (id: number | string): RecordKey => ({ type: 'pre-key', id: String(id) })

/** Every record of every session, by names. */
async function contents(store: SessionStore): Promise<Record<string, Record<string, string>>> {
  const all: Record<string, Record<string, string>> = {}
  for (const sessionId of (await collect(store.list())).sort()) {
    const records = await store.read(sessionId, await collect(store.records(sessionId)))
    all[sessionId] = Object.fromEntries(records.map(({ type, id, value }) => [`${type}/${id}`, value]).sort())
  }
  return all
}

/** Fills a store with sessions, one of which has more records than are read at once. */
async function fill(store: SessionStore): Promise<void> {
  for (const [index, sessionId] of ['a', 'b:c/d', 'c'].entries()) {
    const count = index === 0 ? 450 : 2
    await store.write(sessionId, [
      { ...CREDS, value: pairedCreds({ phone: `4915100000${index}` }) },
      { type: 'lifecycle', id: '', value: '{"desired":"running"}' },
      ...Array.from({ length: count }, (_, id) => ({ ...preKey(id), value: `key ü🙂 ${id}` })),
      { type: 'session', id: '4915@x:1.0', value: '' },
    ])
  }
}

async function filled(): Promise<WatchedSessionStore> {
  const store = new WatchedSessionStore()
  await fill(store.inner)
  return store
}

/** All that lies in a folder, but for the locks: names, bytes, modes and times. */
function bytesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !path.includes('.baileys-sessions/'))
  return Object.fromEntries(paths.map((path) => [path, `${statSync(path).mtimeMs} ${statSync(path).mode} ${readFileSync(path, 'base64')}`]))
}

describe('copySessions', () => {
  it.each<[string, (store: SessionStore) => SessionStore, (store: SessionStore) => SessionStore]>([
    ['plain to plain', (store) => store, (store) => store],
    ['plain to encrypted', (store) => store, (store) => encrypted(store, ENCRYPTION)],
    ['encrypted to plain', (store) => encrypted(store, ENCRYPTION), (store) => store],
    [
      'encrypted to encrypted',
      (store) => encrypted(store, ENCRYPTION),
      (store) => encrypted(store, { keys: { other: Buffer.alloc(32, 2) }, currentKeyId: 'other' }),
    ],
  ])('%s: every record, in one write for each session, read back, and told', async (_name, around, aroundTarget) => {
    const [from, inner] = [around(new MemorySessionStore()), new WatchedSessionStore()]
    const to = aroundTarget(inner)
    await fill(from)
    const before = await contents(from)
    const progress: SessionProgress[] = []
    expect(await copySessions(from, to, { onProgress: (done) => progress.push(done) })).toEqual({
      copied: ['a', 'b:c/d', 'c'],
      unchanged: [],
      failed: [],
      progressError: undefined,
    })
    const calls = [...inner.calls]
    expect(progress).toEqual([
      { sessionId: 'a', done: 1, total: 3, records: 453 },
      { sessionId: 'b:c/d', done: 2, total: 3, records: 5 },
      { sessionId: 'c', done: 3, total: 3, records: 5 },
    ])
    expect([await contents(from), await contents(to)]).toEqual([before, before])
    expect(calls.filter(({ verb }) => verb === 'write').map(({ sessionId, keys, replaceAll }) => [sessionId, keys.length, replaceAll])).toEqual([
      ['a', 453, true],
      ['b:c/d', 5, true],
      ['c', 5, true],
    ])
    const afterWrite = calls.slice(calls.findIndex(({ verb }) => verb === 'write'))
    expect(afterWrite.filter(({ verb, sessionId }) => verb === 'read' && sessionId === 'a').flatMap(({ keys }) => keys)).toHaveLength(453)
  })

  it('a folder to another folder: not one byte, mode or time of the source changes, but for its locks', async () => {
    const folder = temporaryFolder()
    const [from, to] = [new FileSystemSessionStore({ directory: join(folder, 'from') }), new FileSystemSessionStore({ directory: join(folder, 'to') })]
    await fill(from)
    const before = bytesOf(join(folder, 'from'))
    expect(await copySessions(from, to)).toMatchObject({ copied: expect.arrayContaining(['a', 'b:c/d', 'c']), failed: [] })
    expect(bytesOf(join(folder, 'from'))).toEqual(before)
    expect(await contents(to)).toEqual(await contents(from))
    await Promise.all([from.close(), to.close()])
  })

  it('says what the target has already, and writes nothing', async () => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    await copySessions(from, to, { sessions: ['b:c/d'] })
    to.calls.length = 0
    expect(await copySessions(from, to)).toMatchObject({ copied: ['a', 'c'], unchanged: ['b:c/d'], failed: [] })
    expect(to.count('write', 'b:c/d')).toBe(0)
    expect(await copySessions(from, to)).toMatchObject({ copied: [], unchanged: ['a', 'b:c/d', 'c'] })
  })

  it('works under the leases of both stores, and gives them back', async () => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    const held: (string | null)[] = []
    to.before = async ({ verb }) => {
      if (verb === 'write') held.push(await from.inner.lock.owner('c'), await to.inner.lock.owner('c'))
    }
    await copySessions(from, to, { sessions: ['c'] })
    expect(held).toEqual([expect.any(String), expect.any(String)])
    expect([await from.lock.owner('c'), await to.lock.owner('c')]).toEqual([null, null])
    // An older lease of the target writes no more.
    await expect(to.write('c', [{ ...CREDS, value: 'late' }], { fencingToken: 0 })).rejects.toMatchObject({ code: 'STALE_WRITER' })
  })

  it.each(['from', 'to'] as const)('refuses a session that is being run in "%s", and goes on with the others', async (where) => {
    const stores = { from: await filled(), to: new WatchedSessionStore() }
    const lease = await stores[where].lock.acquire('b:c/d')
    expect(await copySessions(stores.from, stores.to)).toMatchObject({
      copied: ['a', 'c'],
      failed: [{ sessionId: 'b:c/d', error: { code: 'OWNED_ELSEWHERE', owner: lease?.owner, message: expect.stringContaining(lease?.owner ?? '?') } }],
    })
    expect(await collect(stores.to.inner.list())).toEqual(['a', 'c'])
    await lease?.release()
    expect(await copySessions(stores.from, stores.to)).toMatchObject({ copied: ['b:c/d'], unchanged: ['a', 'c'] })
  })

  it('one record that cannot be read fails its session, of which nothing is written', async () => {
    const inner = new MemorySessionStore()
    const from = encrypted(inner, ENCRYPTION)
    await fill(from)
    await inner.write('a', [{ ...preKey(449), value: '{"encrypted":1,"cut' }])
    const to = new MemorySessionStore()
    expect(await copySessions(from, to)).toMatchObject({
      copied: ['b:c/d', 'c'],
      failed: [{ sessionId: 'a', error: { code: 'RECORD_CORRUPT', message: expect.stringContaining('"449"') } }],
    })
    expect(await collect(to.list())).toEqual(['b:c/d', 'c'])
    expect(await copySessions(encrypted(inner, { ...ENCRYPTION, keys: { main: Buffer.alloc(32, 9) } }), new MemorySessionStore())).toMatchObject({
      copied: [],
      failed: [{ error: { code: 'WRONG_KEY' } }, { error: { code: 'WRONG_KEY' } }, { error: { code: 'WRONG_KEY' } }],
    })
  })

  it.each(['', '{"noiseKey":', '{}'])('credentials that nobody can log in with are no session: %j', async (text) => {
    const [from, to] = [await filled(), new MemorySessionStore()]
    await from.inner.write('c', [{ ...CREDS, value: text }])
    expect(await copySessions(from, to)).toMatchObject({ copied: ['a', 'b:c/d'], failed: [{ sessionId: 'c', error: { code: 'RECORD_CORRUPT' } }] })
    expect(await collect(to.list())).toEqual(['a', 'b:c/d'])
  })

  it('a folder of whatsapp-web.js is told; an empty one is nothing to copy; what somebody names has to be there', async () => {
    const [from, to] = [await filled(), new MemorySessionStore()]
    const { read } = from.inner
    from.inner.list = async function* list() {
      yield* ['legacy', 'empty', 'c']
    }
    from.inner.read = async (sessionId, keys) => {
      if (sessionId === 'legacy') throw new SessionError('LEGACY_SESSION', 'a browser profile', { sessionId })
      return read.call(from.inner, sessionId, keys)
    }
    expect(await copySessions(from, to)).toMatchObject({
      copied: ['c'],
      unchanged: ['empty'],
      failed: [{ sessionId: 'legacy', error: { code: 'LEGACY_SESSION' } }],
    })
    expect(await copySessions(from, to, { sessions: ['empty'] })).toMatchObject({ failed: [{ sessionId: 'empty', error: { code: 'NOT_PAIRED' } }] })
    expect(await collect(to.list())).toEqual(['c'])
  })
})

describe('a target that holds the session already', () => {
  const otherPhone = pairedCreds({ phone: '49151999999' })

  it.each([
    ['with other credentials', [{ ...CREDS, value: otherPhone }], /with other credentials/],
    ['with credentials that cannot be read', [{ ...CREDS, value: '{"noise' }], /with other credentials/],
  ])('%s is refused, and replaced only by overwrite', async (_name, records, message) => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    await to.inner.write('c', [...records, { ...preKey('left'), value: 'over' }])
    const before = await to.dump('c')
    expect(await copySessions(from, to)).toMatchObject({
      copied: ['a', 'b:c/d'],
      failed: [{ sessionId: 'c', error: { code: 'ALREADY_PAIRED', message: expect.stringMatching(message) } }],
    })
    expect(await to.dump('c')).toEqual(before)
    expect(await copySessions(from, to, { overwrite: true })).toMatchObject({ copied: ['c'], failed: [] })
    expect(await contents(to)).toEqual(await contents(from.inner))
  })

  it('of the same phone in another state is refused, too: ratchets are not turned back by running the copy once more', async () => {
    const [from, to] = [await filled(), new MemorySessionStore()]
    await copySessions(from, to)
    await to.write('c', [{ type: 'session', id: '4915@x:1.0', value: 'further on' }])
    expect(await copySessions(from, to)).toMatchObject({
      copied: [],
      unchanged: ['a', 'b:c/d'],
      failed: [{ sessionId: 'c', error: { code: 'ALREADY_PAIRED', message: expect.stringMatching(/in another state: one of the two has run/) } }],
    })
    expect((await contents(to))['c']?.['session/4915@x:1.0']).toBe('further on')
  })

  it('without a linked phone is replaced: nobody can want what is there', async () => {
    const [from, to] = [await filled(), new MemorySessionStore()]
    await to.write('a', [{ type: 'lifecycle', id: '', value: 'x' }])
    const { account: _account, me: _me, ...unpaired } = JSON.parse(pairedCreds()) as Record<string, unknown>
    await to.write('c', [{ ...CREDS, value: JSON.stringify(unpaired) }])
    expect(await copySessions(from, to)).toMatchObject({ copied: ['a', 'b:c/d', 'c'], failed: [] })
  })

  it('under another key is refused with WRONG_KEY, and replaced by overwrite', async () => {
    const [from, inner] = [await filled(), new MemorySessionStore()]
    await copySessions(from, encrypted(inner, { ...ENCRYPTION, keys: { main: Buffer.alloc(32, 9) } }))
    const to = encrypted(inner, ENCRYPTION)
    expect(await copySessions(from, to, { sessions: ['c'] })).toMatchObject({ failed: [{ error: { code: 'WRONG_KEY' } }] })
    expect(await copySessions(from, to, { sessions: ['c'], overwrite: true })).toMatchObject({ copied: ['c'] })
  })
})

describe('trouble on the way', () => {
  it('a source whose lock cannot be written is copied when nobody runs it', async () => {
    const [from, to] = [await filled(), new MemorySessionStore()]
    from.before = ({ verb }) => {
      if (verb === 'acquire') throw new SessionError('STORE_UNAVAILABLE', 'EROFS')
    }
    expect(await copySessions(from, to)).toMatchObject({ copied: ['a', 'b:c/d', 'c'] })
    const lease = await from.inner.lock.acquire('c')
    from.calls.length = 0
    expect(await copySessions(from, new MemorySessionStore())).toMatchObject({
      copied: ['a', 'b:c/d'],
      failed: [{ sessionId: 'c', error: { code: 'OWNED_ELSEWHERE' } }],
    })
    expect(from.count('read', 'c')).toBe(0)
    await lease?.release()
    // Somebody begins while it is read.
    from.before = async ({ verb }) => {
      if (verb === 'acquire') throw new SessionError('STORE_UNAVAILABLE', 'EROFS')
      if (verb === 'read') await from.inner.lock.acquire('c')
    }
    const late = new WatchedSessionStore()
    expect(await copySessions(from, late, { sessions: ['c'] })).toMatchObject({ failed: [{ error: { code: 'OWNED_ELSEWHERE' } }] })
    expect(late.count('write')).toBe(0)
  })

  it('a lease of the source that is lost while it is read: nothing is written', async () => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    const lost = new AbortController()
    const lock = { owner: async () => 'another', acquire: async () => ({ owner: 'me', fencingToken: 1, lost: lost.signal, release: async () => undefined }) }
    from.before = ({ verb }) => {
      if (verb === 'read') lost.abort()
    }
    const copied = await copySessions(
      Object.assign(Object.create(from) as WatchedSessionStore, {
        lock,
        list: () => from.list(),
        records: (id: string) => from.records(id),
        read: (id: string, keys: RecordKey[]) => from.read(id, keys),
      }),
      to,
      { sessions: ['c'] },
    )
    expect(copied).toMatchObject({ failed: [{ error: { code: 'OWNED_ELSEWHERE' } }] })
    expect(to.count('write')).toBe(0)
  })

  it('a target that does not keep what it is given is found out', async () => {
    const [from, to] = [await filled(), new MemorySessionStore()]
    const write = to.write.bind(to)
    to.write = async (sessionId, changes, options) =>
      write(
        sessionId,
        changes.map((change) => (change.id === '1' ? { ...change, value: 'other' } : change)),
        options,
      )
    expect(await copySessions(from, to, { sessions: ['c'] })).toMatchObject({
      copied: [],
      failed: [{ sessionId: 'c', error: { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('read back differently') } }],
    })
    to.write = async (sessionId, changes, options) => write(sessionId, changes.slice(1), options)
    expect(await copySessions(from, to, { sessions: ['b:c/d'] })).toMatchObject({ failed: [{ error: { code: 'STORE_UNAVAILABLE' } }] })
  })

  it('a target that fails for one session holds up no other; records that go missing in the source fail theirs', async () => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    to.before = ({ verb, sessionId }) => {
      if (verb === 'write' && sessionId === 'a') throw new Error('ENOSPC')
    }
    from.before = ({ verb, sessionId }) =>
      verb === 'read' && sessionId === 'c' ? from.inner.write('c', [{ ...preKey(1), value: null }], { fencingToken: 9 }) : undefined
    expect(await copySessions(from, to)).toMatchObject({
      copied: ['b:c/d'],
      failed: [
        { sessionId: 'a', error: { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('ENOSPC') } },
        { sessionId: 'c', error: { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('no longer exist') } },
      ],
    })
    expect(await to.inner.lock.owner('a')).toBeNull()
  })

  it('the signal stops it between sessions and between reads; what it did not reach is in the report', async () => {
    for (const [verb, copied] of [
      ['write', ['a']],
      ['read', []],
    ] as const) {
      const [from, to] = [await filled(), new WatchedSessionStore()]
      const stop = new AbortController()
      const watched = verb === 'write' ? to : from
      watched.before = (call) => {
        if (call.verb === verb) stop.abort()
      }
      const onProgress = vi.fn()
      const report = await copySessions(from, to, { signal: stop.signal, onProgress })
      expect(report.copied).toEqual(copied)
      expect(report.failed.map(({ sessionId, error }) => [sessionId, error.code])).toEqual(
        ['a', 'b:c/d', 'c'].slice(copied.length).map((sessionId) => [sessionId, 'ABORTED']),
      )
      expect([from.count('read', 'a'), from.count('acquire')]).toEqual([verb === 'write' ? 3 : 1, 1])
      expect([await from.inner.lock.owner('a'), await to.inner.lock.owner('a')]).toEqual([null, null])
    }
  })

  it('a signal that has aborted already: nothing is read or written, and the report says so', async () => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    const report = await copySessions(from, to, { signal: AbortSignal.abort() })
    expect(report.failed.map(({ sessionId, error }) => [sessionId, error.code])).toEqual([
      ['a', 'ABORTED'],
      ['b:c/d', 'ABORTED'],
      ['c', 'ABORTED'],
    ])
    expect([from.count('acquire'), from.count('read'), to.count('write')]).toEqual([0, 0, 0])
  })

  it('a read that never ends is left at the signal', async () => {
    const [from, to] = [await filled(), new WatchedSessionStore()]
    const stop = new AbortController()
    from.before = ({ verb }) => {
      if (verb !== 'read') return undefined
      setImmediate(() => {
        stop.abort()
      })
      return new Promise<void>(() => undefined)
    }
    expect(await copySessions(from, to, { signal: stop.signal })).toMatchObject({
      copied: [],
      failed: [{ error: { code: 'ABORTED' } }, { error: { code: 'ABORTED' } }, { error: { code: 'ABORTED' } }],
    })
    expect(to.count('write')).toBe(0)
  })

  it('onProgress that throws or rejects breaks nothing, and is told in the report', async () => {
    const listeners: (() => unknown)[] = [
      () => {
        throw new Error('mine')
      },
      () => Promise.reject(new Error('mine')),
    ]
    for (const onProgress of listeners) {
      const report = await copySessions(await filled(), new MemorySessionStore(), { onProgress })
      expect(report).toMatchObject({ copied: ['a', 'b:c/d', 'c'], failed: [], progressError: { code: 'LISTENER_FAILED', cause: { message: 'mine' } } })
    }
  })

  it('takes two stores, and ids that are texts', async () => {
    const store = new MemorySessionStore()
    await expect(copySessions(store, store)).rejects.toThrow(RangeError)
    await expect(copySessions({} as SessionStore, store)).rejects.toThrow(new TypeError('Argument "from" must be a session store, but has no method "list".'))
    await expect(copySessions(store, {} as SessionStore)).rejects.toThrow(new TypeError('Argument "to" must be a session store, but has no method "list".'))
    await expect(copySessions(store, new MemorySessionStore(), { sessions: [7 as unknown as string] })).rejects.toThrow(TypeError)
    // TypeScript takes it for a list of its characters.
    await expect(copySessions(store, new MemorySessionStore(), { sessions: 'company-1' })).rejects.toThrow(/"sessions" must be an array/u)
  })

  it('rejects when the sessions cannot be listed', async () => {
    const from = await filled()
    from.before = ({ verb }) => {
      if (verb === 'list') throw new Error('EACCES')
    }
    await expect(copySessions(from, new MemorySessionStore())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})
