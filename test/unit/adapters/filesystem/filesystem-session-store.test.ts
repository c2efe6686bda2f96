import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordKey } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { seededRandom } from '../../../support/seeded-random.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const PRE_KEY: RecordKey = { type: 'pre-key', id: '1' }

function openStore(directory: string = temporaryFolder(), prefix?: string): { store: FileSystemSessionStore; directory: string } {
  const store = new FileSystemSessionStore(prefix === undefined ? { directory } : { directory, prefix })
  onTestFinished(() => store.close())
  return { store, directory }
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
/** Without the copy of the creds, which has tests of its own. */
const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== '.creds.backup.json')
    .sort()

it('close gives back what it could not give back before, once the disk lets it, and nothing else is done meanwhile', async () => {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory })
  await store.lock.acquire('a')
  const locks = join(directory, '.baileys-sessions', 'locks')
  renameSync(locks, `${locks}-away`)
  writeFileSync(locks, '')
  await expect(store.close()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(store.write('a', [])).rejects.toMatchObject({ message: expect.stringContaining('is closed') })
  rmSync(locks)
  renameSync(`${locks}-away`, locks)
  await store.close()
  const next = new FileSystemSessionStore({ directory })
  expect(await next.lock.owner('a')).toBeNull()
  await next.close()
})

describe('the files of a session', () => {
  it('are those of stock Baileys, for this user alone', async () => {
    const directory = join(temporaryFolder(), 'made', 'here')
    const { store } = openStore(directory)
    await store.write('company_5', [
      { ...CREDS_KEY, value: '{"c":1}' },
      { ...LIFECYCLE_KEY, value: '{}' },
      { ...PRE_KEY, value: '{"k":1}' },
      { type: 'sender-key', id: 'g@g.us::u::0', value: '[]' },
      { type: 'app-state-sync-key', id: 'a/b+c=', value: '1' },
    ])
    const folder = join(directory, 'session-company_5')
    expect(namesIn(folder)).toEqual(['app-state-sync-key-a__b+c=.json', 'creds.json', 'lifecycle.json', 'pre-key-1.json', 'sender-key-g@g.us--u--0.json'])
    expect(readFileSync(join(folder, 'creds.json'), 'utf8')).toBe('{"c":1}')
    expect([directory, folder, join(folder, 'creds.json'), join(folder, 'pre-key-1.json')].map(modeOf)).toEqual(['700', '700', '600', '600'])
  })

  it('are made by no constructor, read, list or empty write', async () => {
    const directory = join(temporaryFolder(), 'nothing')
    const { store } = openStore(directory)
    expect(await store.read('a', [CREDS_KEY, PRE_KEY])).toEqual([])
    expect(await collect(store.list())).toEqual([])
    expect(await collect(store.records('a'))).toEqual([])
    await store.write('a', [])
    await store.write('a', [{ ...CREDS_KEY, value: null }], { replaceAll: true })
    await store.delete('a')
    expect(await store.lock.owner('a')).toBeNull()
    expect(existsSync(directory)).toBe(false)
  })

  it('are replaced, never changed in place (invariant 6)', async () => {
    const { store, directory } = openStore()
    await store.write('a', [{ ...CREDS_KEY, value: 'old' }])
    const path = join(directory, 'session-a', 'creds.json')
    const before = statSync(path).ino
    await store.write('a', [{ ...CREDS_KEY, value: 'new' }])
    expect(statSync(path).ino).not.toBe(before)
    expect(namesIn(join(directory, 'session-a'))).toEqual(['creds.json'])
  })

  it('that a crash left half written are no records', async () => {
    const { store, directory } = openStore()
    await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
    writeFileSync(join(directory, 'session-a', '.0123456789abcdef.tmp'), 'half')
    expect(await collect(store.records('a'))).toEqual([CREDS_KEY])
  })

  it('are all there, or none, when one of a batch cannot be written (invariant 6)', async () => {
    const { store, directory } = openStore()
    await store.write('a', [{ ...CREDS_KEY, value: 'old' }])
    const folder = join(directory, 'session-a')
    renameSync(folder, `${folder} away`)
    writeFileSync(folder, 'a file in its place')
    await expect(
      store.write('a', [
        { ...PRE_KEY, value: 'k' },
        { ...CREDS_KEY, value: 'new' },
      ]),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    renameSync(`${folder} away`, `${folder}2`)
    expect(namesIn(`${folder}2`)).toEqual(['creds.json'])
    expect(readFileSync(`${folder}2/creds.json`, 'utf8')).toBe('old')
  })

  it('can be taken away by hand, and come back with the next write', async () => {
    const { store, directory } = openStore()
    await store.write('a', [{ ...CREDS_KEY, value: 'old' }])
    renameSync(join(directory, 'session-a'), join(directory, 'moved'))
    expect(await store.read('a', [CREDS_KEY])).toEqual([])
    await store.write('a', [{ ...CREDS_KEY, value: 'new' }])
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'new' }])
  })

  it('give way to a folder with something in it: a single record is refused', async () => {
    const { store, directory } = openStore()
    const folder = join(directory, 'session-a')
    mkdirSync(join(folder, 'creds.json', 'something'), { recursive: true })
    await expect(store.write('a', [{ ...CREDS_KEY, value: 'c' }])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 'a' })
    expect(namesIn(folder)).toEqual(['creds.json'])
    await store.delete('a')
    expect(existsSync(folder)).toBe(false)
  })

  it('take the place of an empty folder, as a container makes it for a file that is missing', async () => {
    const { store, directory } = openStore()
    for (const name of ['creds.json', 'pre-key-1.json']) mkdirSync(join(directory, 'session-a', name), { recursive: true })
    await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
    await store.write('a', [
      { ...PRE_KEY, value: 'k' },
      { ...LIFECYCLE_KEY, value: 'l' },
    ])
    expect(await store.read('a', [CREDS_KEY, PRE_KEY])).toEqual([
      { ...CREDS_KEY, value: 'c' },
      { ...PRE_KEY, value: 'k' },
    ])
  })
})

describe('invariant 3: what cannot be read', () => {
  it.each([
    ['an empty file', (path: string) => writeFileSync(path, ''), 'RECORD_CORRUPT'],
    ['no UTF-8', (path: string) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0xfe])), 'RECORD_CORRUPT'],
    ['a folder', (path: string) => mkdirSync(path), 'RECORD_CORRUPT'],
    ['a named pipe', (path: string) => execFileSync('mkfifo', ['-m', '600', path]), 'RECORD_CORRUPT'],
    [
      'a socket',
      (path: string) => execFileSync(process.execPath, ['-e', 'require("net").createServer().listen(process.argv[1], () => process.exit())', path]),
      'RECORD_CORRUPT',
    ],
    [
      'a file of 600 MB',
      (path: string) => {
        writeFileSync(path, '')
        truncateSync(path, 600e6)
      },
      'RECORD_CORRUPT',
    ],
    [
      'a file beyond what a text can be',
      (path: string) => {
        writeFileSync(path, '')
        truncateSync(path, 5e9)
      },
      'RECORD_CORRUPT',
    ],
    ['a link to itself', (path: string) => symlinkSync(path, path), 'STORE_UNAVAILABLE'],
    ['a link that leads out', (path: string) => symlinkSync('/proc/self/status', path), 'STORE_UNAVAILABLE'],
  ])('%s is told from what is missing, and stays', async (_, make, code) => {
    const { store, directory } = openStore()
    const folder = join(directory, 'session-a')
    mkdirSync(folder)
    make(join(folder, 'creds.json'))
    make(join(folder, 'pre-key-1.json'))
    for (const key of [CREDS_KEY, PRE_KEY]) {
      await expect(store.read('a', [LIFECYCLE_KEY, key])).rejects.toMatchObject({
        name: 'SessionError',
        code,
        sessionId: 'a',
        message: expect.stringContaining(folder),
      })
    }
    // Without a key a session goes on.
    await expect(store.read('a', [PRE_KEY])).rejects.toMatchObject({ message: expect.not.stringMatching(/delete|pair/u) })
    expect(namesIn(folder)).toEqual(['creds.json', 'pre-key-1.json'])
    expect(await collect(store.list())).toEqual(['a'])
    expect(await collect(store.records('a'))).toEqual(expect.arrayContaining([CREDS_KEY, PRE_KEY]))
  })

  it('JSON that is cut off is handed on: values are opaque here', async () => {
    const { store, directory } = openStore()
    mkdirSync(join(directory, 'session-a'))
    writeFileSync(join(directory, 'session-a', 'creds.json'), '{"noiseKey":')
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: '{"noiseKey":' }])
  })

  it('a file in the place of a folder is not "missing"', async () => {
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'file'), '')
    writeFileSync(join(directory, 'session-a'), '')
    const { store } = openStore(directory)
    for (const unusable of [store, openStore(join(directory, 'file')).store, openStore(join(directory, 'file', 'below')).store]) {
      await expect(unusable.read('a', [CREDS_KEY])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(unusable.write('a', [{ ...CREDS_KEY, value: 'c' }])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(unusable.lock.acquire('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
    await expect(collect(openStore(join(directory, 'file')).store.list())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await collect(store.list())).toEqual([])
  })

  it.each(['', '{', '{}', '[["../../x.json","pre-key","1"]]', '[["a.json",1,2]]'])(
    'a table of names that says %j makes corrupt what only it could tell, and nothing else',
    async (table) => {
      const { store, directory } = openStore()
      const told = [
        { ...CREDS_KEY, value: 'c' },
        { ...PRE_KEY, value: 'k' },
        { type: 'session', id: '名', value: 's' },
      ]
      const odd = { type: 'new-type', id: 'a:b', value: 'o' }
      await store.write('a', [...told, odd])
      const path = join(directory, 'session-a', '.names.json')
      const whole = readFileSync(path)
      writeFileSync(path, table)
      for (const isLeased of [false, true]) {
        const under = isLeased ? await store.lock.acquire('a') : null
        const options = under === null ? {} : { fencingToken: under.fencingToken }
        expect(await store.read('a', told)).toEqual(told)
        await store.write('a', [{ ...PRE_KEY, value: 'k' }], options)
        for (const refused of [
          () => store.read('a', [odd]),
          () => store.write('a', [odd], options),
          () => store.write('a', [{ ...odd, value: null }], options),
          () => collect(store.records('a')),
        ]) {
          await expect(refused()).rejects.toMatchObject({ code: 'RECORD_CORRUPT', message: expect.stringContaining('.names.json') })
        }
        expect(readFileSync(path, 'utf8')).toBe(table)
        await under?.release()
      }
      writeFileSync(path, whole)
      expect(await store.read('a', [...told, odd])).toEqual([...told, odd])
      // A fresh pairing needs nothing of before.
      writeFileSync(path, table)
      await store.write('a', [{ ...CREDS_KEY, value: 'new' }, odd], { replaceAll: true })
      expect(await collect(store.records('a'))).toEqual(expect.arrayContaining([CREDS_KEY, { type: 'new-type', id: 'a:b' }]))
      expect(await store.read('a', [...told, odd])).toEqual([{ ...CREDS_KEY, value: 'new' }, odd])
    },
  )

  it.each(['Default', 'Local State', 'SingletonLock', 'DevToolsActivePort'])('a whatsapp-web.js folder, told by "%s", has its own name', async (marker) => {
    const { store, directory } = openStore()
    const folder = join(directory, 'session-old')
    mkdirSync(join(folder, marker), { recursive: true })
    await expect(store.read('old', [CREDS_KEY, LIFECYCLE_KEY])).rejects.toMatchObject({ code: 'LEGACY_SESSION', sessionId: 'old' })
    await expect(store.write('old', [{ ...CREDS_KEY, value: 'c' }])).rejects.toMatchObject({ code: 'LEGACY_SESSION' })
    expect(namesIn(folder)).toEqual([marker])
    expect(await collect(store.list())).toEqual(['old'])
    expect(await collect(store.records('old'))).toEqual([])
    writeFileSync(join(folder, 'creds.json'), 'c')
    expect(await store.read('old', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'c' }])
  })
})

describe('invariant 14: the folders of sessions', () => {
  it('are found where stock code made them under a plain id', async () => {
    const { store, directory } = openStore()
    for (const name of ['session-josé', 'session-a%b', 'session-a%2Fb', 'session-', 'other', 'session-x']) mkdirSync(join(directory, name))
    writeFileSync(join(directory, 'session-josé', 'creds.json'), 'c')
    writeFileSync(join(directory, 'session-file'), '')
    expect((await collect(store.list())).sort()).toEqual(['a%b', 'a/b', 'josé', 'x'])
    expect(await store.read('josé', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'c' }])
    await store.write('josé', [{ ...CREDS_KEY, value: 'new' }])
    expect(readFileSync(join(directory, 'session-josé', 'creds.json'), 'utf8')).toBe('new')
    // `a%2Fb` must not end up in the folder of `a/b`.
    await store.write('a%2Fb', [{ ...CREDS_KEY, value: 'mine' }])
    expect(await store.read('a/b', [CREDS_KEY])).toEqual([])
    await store.delete('josé')
    expect((await collect(store.list())).sort()).toEqual(['a%2Fb', 'a%b', 'a/b', 'x'])
  })

  it('are one for each id, when both spellings are there', async () => {
    const { store, directory } = openStore()
    mkdirSync(join(directory, 'session-é'))
    mkdirSync(join(directory, 'session-%C3%A9'))
    expect(await collect(store.list())).toEqual(['é'])
  })

  it('are not followed when they are links', async () => {
    const { store, directory } = openStore()
    const outside = temporaryFolder()
    writeFileSync(join(outside, 'creds.json'), 'sentinel')
    symlinkSync(outside, join(directory, 'session-a'))
    const unavailable = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('symbolic link') }
    await expect(store.read('a', [CREDS_KEY])).rejects.toMatchObject(unavailable)
    await expect(store.write('a', [{ ...CREDS_KEY, value: 'c' }])).rejects.toMatchObject(unavailable)
    await expect(store.delete('a')).rejects.toMatchObject(unavailable)
    await expect(collect(store.records('a'))).rejects.toMatchObject(unavailable)
    await expect(store.lock.acquire('a')).rejects.toMatchObject(unavailable)
    expect(await collect(store.list())).toEqual(['a'])
    expect(readFileSync(join(outside, 'creds.json'), 'utf8')).toBe('sentinel')
  })

  it.each(['../victim', '..', '.', '/etc', 'a/../../victim', 'C:\\x', '..\\victim', 'a\0b'])('of %j stay inside', async (sessionId) => {
    const parent = temporaryFolder()
    mkdirSync(join(parent, 'victim'))
    writeFileSync(join(parent, 'victim', 'creds.json'), 'sentinel')
    const { store } = openStore(join(parent, 'sessions'), '')
    await store.write(sessionId, [{ ...CREDS_KEY, value: 'c' }])
    expect(await store.read(sessionId, [CREDS_KEY])).toHaveLength(1)
    expect(await collect(store.list())).toEqual([sessionId])
    await store.delete(sessionId)
    expect(namesIn(join(parent, 'sessions'))).toEqual(['.baileys-sessions'])
    expect(readFileSync(join(parent, 'victim', 'creds.json'), 'utf8')).toBe('sentinel')
    expect(namesIn(parent)).toEqual(['sessions', 'victim'])
  })

  it('are refused for ids that are too long, everywhere', async () => {
    const { store } = openStore()
    const invalid = { code: 'INVALID_SESSION_ID' }
    for (const sessionId of ['x'.repeat(300), '🙂'.repeat(30), '', '\ud800']) {
      await expect(store.read(sessionId, [CREDS_KEY])).rejects.toMatchObject(invalid)
      await expect(store.write(sessionId, [{ ...CREDS_KEY, value: 'c' }])).rejects.toMatchObject(invalid)
      await expect(store.delete(sessionId)).rejects.toMatchObject(invalid)
      await expect(store.lock.acquire(sessionId)).rejects.toMatchObject(invalid)
    }
  })
})

describe('options', () => {
  it.each([
    [{}, TypeError, 'The store needs a directory, or folders, or both.'],
    [{ directory: 5 }, TypeError, 'directory must be a path, but is of type number'],
    [{ directory: '' }, RangeError, 'directory must be a non-empty path, but is ""'],
    [{ directory: 'a\0b' }, RangeError, 'directory'],
    [{ directory: 'a', prefix: 5 }, TypeError, 'prefix must be a string, but is of type number'],
    [{ directory: 'a', prefix: '../x' }, RangeError, 'prefix may have at most 64 letters'],
    [{ directory: 'a', prefix: '.x' }, RangeError, 'but is ".x"'],
    [{ directory: 'a', prefix: 'x'.repeat(65) }, RangeError, 'prefix'],
    [{ directory: 'a', durability: true }, TypeError, 'durability must be "power" or "process", but is of type boolean'],
    [{ directory: 'a', durability: 'none' }, RangeError, 'durability must be "power" or "process", but is "none"'],
  ])('%j are refused by name and value', (options, type, message) => {
    const make = (): unknown => Reflect.construct(FileSystemSessionStore, [options])
    expect(make).toThrow(type)
    expect(make).toThrow(message)
  })

  it('a value that is too large to be read back is refused', async () => {
    const { store } = openStore()
    await expect(
      store.write('a', [
        { ...CREDS_KEY, value: 'c' },
        { ...PRE_KEY, value: 'k'.repeat(64 * 1024 * 1024) },
      ]),
    ).rejects.toThrow(RangeError)
    expect(await store.read('a', [CREDS_KEY])).toEqual([])
    const largest = 'k'.repeat(64 * 1024 * 1024 - 1)
    await store.write('a', [{ ...PRE_KEY, value: largest }])
    expect((await store.read('a', [PRE_KEY]))[0]?.value === largest).toBe(true)
  })

  it('a value that a file cannot keep is refused', async () => {
    const { store } = openStore()
    await expect(store.write('a', [{ ...CREDS_KEY, value: 'x\ud800' }])).rejects.toThrow(TypeError)
    await expect(Reflect.apply(store.write, store, ['a', [{ ...CREDS_KEY, value: undefined }]])).rejects.toThrow(TypeError)
  })
})

describe('invariant 14: records of any names', () => {
  it('come back from another store as they were written', async () => {
    const random = seededRandom()
    const { directory } = openStore()
    const types = ['session', 'sender-key', 'sender-key-memory', 'app-state-sync-key', 'tctoken', 'zz', 'zz-future', 'sender', '', '-', '~', '.'] as const
    const pieces = ['a', 'A', '-', '--', ':', '::', '/', '__', '_', '.', '~', ' ', 'é', '\0', 'memory-', 'key', '\ud83d', 'x'.repeat(120)] as const
    const model = new Map<string, string>()
    for (let round = 0; round < 60; round++) {
      const { store } = openStore(directory)
      const changes = Array.from({ length: 1 + random.below(8) }, (_, index) => ({
        type: random.pick(types),
        id: Array.from({ length: random.below(4) }, () => random.pick(pieces)).join(''),
        value: random.below(4) === 0 ? null : `${round} ${index}`,
      }))
      const replaceAll = random.below(10) === 0
      await store.write('a', changes, { replaceAll })
      if (replaceAll) model.clear()
      for (const { type, id, value } of changes) {
        if (value === null) model.delete(JSON.stringify([type, id]))
        else model.set(JSON.stringify([type, id]), value)
      }
      const keys = await collect(store.records('a'))
      const about = `seed ${random.seed}, round ${round}`
      expect(keys.map(({ type, id }) => JSON.stringify([type, id])).sort(), about).toEqual([...model.keys()].sort())
      const read = await store.read('a', [...keys, ...changes])
      for (const { type, id, value } of read) expect(value, `${about}: ${JSON.stringify([type, id])}`).toBe(model.get(JSON.stringify([type, id])))
      await store.close()
    }
  })
})
