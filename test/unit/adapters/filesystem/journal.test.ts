import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY, type RecordChange, type RecordKey } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { declareDead } from '../../../support/dead-holder.js'
import { watchDisk } from '../../../support/recorded-disk/watch-disk.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const PATIENCE = { timeout: 10_000, interval: 20 }
const CREDS: RecordChange = { ...CREDS_KEY, value: '{"me":1}' }
const key = (id: string, value: string | null = `value of ${id}`): RecordChange => ({ type: 'pre-key', id, value })
/** Its name does not tell whose it is. */
const NAMED: RecordChange = { type: 'zz', id: '-a', value: 'named by the table' }

beforeEach(() => {
  // Nothing is folded by itself, however slow the machine is.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function openStore(directory: string = temporaryFolder()): { store: FileSystemSessionStore; directory: string; folder: string } {
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return { store, directory, folder: join(directory, 'session-a') }
}

async function take(store: FileSystemSessionStore): Promise<SessionLease> {
  const lease = await store.lock.acquire('a')
  if (lease === null) throw new Error('The lock is held.')
  return lease
}

/** A paired session under a lease, with one more write that is in the journal alone. */
async function written(...changes: RecordChange[]): Promise<ReturnType<typeof openStore> & { lease: SessionLease; journal: string }> {
  const opened = openStore()
  const lease = await take(opened.store)
  await opened.store.write('a', [CREDS, key('old')], lease)
  await opened.store.write('a', changes, lease)
  return { ...opened, lease, journal: join(opened.folder, `.lease-${lease.fencingToken}`, 'journal') }
}

const texts = async (store: FileSystemSessionStore, keys: RecordKey[]): Promise<(string | undefined)[]> => {
  const found = await store.read('a', keys)
  return keys.map(({ type, id }) => found.find((record) => record.type === type && record.id === id)?.value)
}

const idsOf = async (store: FileSystemSessionStore): Promise<string[]> => (await collect(store.records('a'))).map(({ type, id }) => `${type} ${id}`).sort()

/** What a killed process leaves: the folder, without the lock that would hold it. */
function copyOf(folder: string): ReturnType<typeof openStore> {
  const opened = openStore()
  mkdirSync(opened.directory, { recursive: true })
  for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(name.parentPath, name.name).replace(folder, opened.folder)
    if (name.isDirectory()) mkdirSync(path, { recursive: true })
    else {
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, readFileSync(join(name.parentPath, name.name)))
    }
  }
  return opened
}

const journals = (folder: string): string[] => readdirSync(folder).filter((name) => /^\.(?:lease|sealed)-/u.test(name))

describe('a write under a lease', () => {
  it('is in the journal at once, in its file a second later, and leaves no journal after a release', async () => {
    const { store, folder, lease, journal } = await written(key('1'), key('old', null), NAMED)
    expect(existsSync(join(folder, 'pre-key-1.json'))).toBe(false)
    expect(readFileSync(journal, 'utf8')).toContain('value of 1')
    expect(await texts(store, [key('1'), key('old'), NAMED])).toEqual(['value of 1', undefined, 'named by the table'])
    expect(await idsOf(store)).toEqual(['creds ', 'pre-key 1', 'zz -a'])
    await vi.waitFor(() => {
      expect(readFileSync(join(folder, 'pre-key-1.json'), 'utf8')).toBe('value of 1')
      expect(existsSync(join(folder, 'pre-key-old.json'))).toBe(false)
      expect(readFileSync(journal, 'utf8')).toBe('')
    }, PATIENCE)
    await store.write('a', [key('2')], lease)
    await lease.release()
    expect(readdirSync(folder).sort()).toEqual(['.creds.backup.json', '.names.json', 'creds.json', 'pre-key-1.json', 'pre-key-2.json', 'zz--a.json'])
  })

  it('is seen by whoever reads without the lease, before it is in its file and afterwards', async () => {
    const { store, directory, lease } = await written(key('1'), key('old', null), NAMED)
    const { store: reader } = openStore(directory)
    for (const settle of [async () => undefined, () => lease.release()]) {
      await settle()
      expect(await texts(reader, [CREDS, key('1'), key('old'), NAMED])).toEqual(['{"me":1}', 'value of 1', undefined, 'named by the table'])
      expect(await idsOf(reader)).toEqual(['creds ', 'pre-key 1', 'zz -a'])
    }
    expect(await collect(store.list())).toEqual(['a'])
  })

  it('that waits for its turn with others is appended with them, in order', async () => {
    const { store, lease, journal } = await written()
    await Promise.all([key('1', 'a'), key('1', 'b'), key('2', 'c'), key('1', null), key('1', 'd')].map((change) => store.write('a', [change], lease)))
    expect(await texts(store, [key('1'), key('2')])).toEqual(['d', 'c'])
    expect(readFileSync(journal, 'utf8').trimEnd().split('\n')).toHaveLength(6)
    const { store: next } = copyOf(join(journal, '..', '..'))
    expect(await texts(next, [key('1'), key('2')])).toEqual(['d', 'c'])
  })

  it('is made anew, under the same lease, when somebody removes the folder of the session', async () => {
    const { store, folder, lease } = await written(key('1'))
    rmSync(folder, { recursive: true })
    await store.write('a', [key('2')], lease)
    expect(await idsOf(store)).toEqual(['pre-key 2'])
  })

  it('is refused once its journal has been sealed, and so is all that was about to follow', async () => {
    const { store, directory, folder, lease } = await written(key('1'))
    renameSync(join(folder, `.lease-${lease.fencingToken}`), join(folder, `.sealed-${lease.fencingToken}`))
    // What seals a journal has a newer token.
    const locks = join(directory, '.baileys-sessions', 'locks')
    const [token = ''] = readdirSync(locks, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.1'))
    renameSync(join(locks, token), join(locks, token.replace(/1$/u, '2')))
    await expect(store.write('a', [key('2')], lease)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(lease.lost.aborted).toBe(true)
    await expect(store.write('a', [key('2')], lease)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(journals(folder)).toEqual([`.sealed-${lease.fencingToken}`])
  })
})

describe('invariants 5, 6: what a killed process has left', () => {
  it('is folded by the next one that takes the lease, which leaves no journal', async () => {
    const left = await written(key('1'), key('old', null), NAMED)
    const { store, folder } = copyOf(left.folder)
    expect(await idsOf(store)).toEqual(['creds ', 'pre-key 1', 'zz -a'])
    const lease = await take(store)
    expect(journals(folder)).toEqual([`.lease-${lease.fencingToken}`].filter(() => existsSync(join(folder, `.lease-${lease.fencingToken}`))))
    expect(await texts(store, [key('1'), key('old'), NAMED])).toEqual(['value of 1', undefined, 'named by the table'])
    await lease.release()
    expect(journals(folder)).toEqual([])
    expect(readFileSync(join(folder, 'pre-key-1.json'), 'utf8')).toBe('value of 1')
  })

  it('is folded before a write without a lease, which would be older otherwise', async () => {
    const left = await written(key('1', 'older'), key('2'))
    const { store, folder } = copyOf(left.folder)
    await store.write('a', [key('1', 'newer')])
    expect(await texts(store, [key('1'), key('2')])).toEqual(['newer', 'value of 2'])
    expect(journals(folder).filter((name) => !name.startsWith('.lease-1'))).toEqual([])
  })

  it('is folded under a lease of its own by a write without one, as long as the last holder may only seem to be dead', async () => {
    const { store, directory, folder, lease } = await written(key('1', 'older'))
    const { store: other } = openStore(directory)
    await expect(other.write('a', [key('1', 'newer')])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    declareDead(join(directory, '.baileys-sessions'))
    await other.write('a', [key('1', 'newer')])
    await expect(store.write('a', [key('1', 'late')], lease)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(await texts(other, [key('1'), key('old')])).toEqual(['newer', 'value of old'])
    expect(journals(folder)).toEqual([])
    expect((await take(other)).fencingToken).toBeGreaterThan(lease.fencingToken + 1)
  })

  it('is folded by a write without a lease also when the store is told to close meanwhile', async () => {
    const { directory, folder } = await written(key('1', 'older'))
    declareDead(join(directory, '.baileys-sessions'))
    const { store: other } = openStore(directory)
    const writing = other.write('a', [key('1', 'newer')])
    await other.close()
    await writing
    expect(readFileSync(join(folder, 'pre-key-1.json'), 'utf8')).toBe('newer')
    expect(journals(folder)).toEqual([])
  })

  it('is left to the one who took over, when the last holder closes without knowing of that', async () => {
    const { store, directory, folder } = await written(key('1'))
    declareDead(join(directory, '.baileys-sessions'))
    const other = openStore(directory)
    const lease = await take(other.store)
    await store.close()
    await other.store.write('a', [key('2')], lease)
    await lease.release()
    expect(readdirSync(folder).sort()).toEqual(['.creds.backup.json', 'creds.json', 'pre-key-1.json', 'pre-key-2.json', 'pre-key-old.json'])
  })

  it('counts without a lease, too, when another without one seals its journal while it is folded', async () => {
    const { store, folder } = openStore()
    await store.write('a', [CREDS, key('old')])
    let sealed = 0
    using _disk = watchDisk(folder, {
      before: ({ kind, path }) => {
        const [lease = ''] = path.split('/')
        if (sealed > 0 || kind !== 'rename' || !/^\.lease-.*\.tmp$/u.test(path)) return undefined
        sealed += 1
        renameSync(join(folder, lease), join(folder, lease.replace('lease', 'sealed')))
        return undefined
      },
    })
    await store.write('a', [key('1')])
    expect(sealed).toBe(1)
    expect(await texts(store, [key('old'), key('1')])).toEqual(['value of old', 'value of 1'])
  })

  it('counts without a lease, too, when the folder was removed and made anew by another', async () => {
    const { store, directory } = openStore()
    const { store: other } = openStore(directory)
    for (let round = 0; round < 20; round += 1) {
      await store.write('a', [key('old')])
      await other.delete('a')
      await Promise.all([store.write('a', [key('1')]), other.write('a', [key('2')])])
      expect(await texts(store, [key('old'), key('1'), key('2')])).toEqual([undefined, 'value of 1', 'value of 2'])
    }
  })

  it('counts in the order of the tokens, whatever was sealed', async () => {
    const left = await written(key('1', 'first'), key('2', 'of the first'))
    const { store, folder } = copyOf(left.folder)
    const second = await written(key('1', 'second'))
    renameSync(join(folder, '.lease-1'), join(folder, '.sealed-1'))
    mkdirSync(join(folder, '.lease-2'))
    writeFileSync(join(folder, '.lease-2', 'journal'), readFileSync(second.journal))
    expect(await texts(store, [key('1'), key('2')])).toEqual(['second', 'of the first'])
  })

  it('goes with the session when that is deleted, and does not bring it back', async () => {
    const left = await written({ ...CREDS_KEY, value: '{"me":2}' })
    const { store, folder } = copyOf(left.folder)
    await store.delete('a')
    expect(existsSync(folder)).toBe(false)
    expect(await collect(store.list())).toEqual([])
  })
})

describe('invariant 3: a folder that is removed under the journal of its holder', () => {
  it('takes the credentials along, which the holder finds gone; and it can write anew', async () => {
    const { store, folder, lease } = await written({ ...CREDS_KEY, value: '{"me":2}' }, key('1'))
    expect(await texts(store, [CREDS_KEY])).toEqual(['{"me":2}'])
    rmSync(folder, { recursive: true })
    expect(await texts(store, [CREDS_KEY, key('1')])).toEqual([undefined, undefined])
    await store.write('a', [{ ...CREDS_KEY, value: '{"me":3}' }], lease)
    expect(await texts(store, [CREDS_KEY, key('1')])).toEqual(['{"me":3}', undefined])
    await lease.release()
    expect(readdirSync(folder).sort()).toEqual(['.creds.backup.json', 'creds.json'])
  })

  it('leaves nothing to fold when the lease is given back', async () => {
    const { store, folder, lease } = await written({ ...CREDS_KEY, value: '{"me":2}' })
    rmSync(folder, { recursive: true })
    expect(await texts(store, [CREDS_KEY])).toEqual([undefined])
    await lease.release()
    expect(existsSync(folder)).toBe(false)
  })
})

describe('invariant 2: a journal that is damaged', () => {
  it('in its last entry was never acknowledged: the entry is dropped', async () => {
    const left = await written(key('1'), key('2'))
    const { store, folder } = copyOf(left.folder)
    const journal = join(folder, '.lease-1', 'journal')
    writeFileSync(journal, readFileSync(journal).subarray(0, -3))
    expect(await idsOf(store)).toEqual(['creds ', 'pre-key old'])
  })

  it('before others is told, changes nothing, and keeps nobody from deleting the session', async () => {
    const left = await written(key('1'))
    await left.store.write('a', [key('2')], left.lease)
    const { store, folder } = copyOf(left.folder)
    const journal = join(folder, '.lease-1', 'journal')
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('value of 1', 'value of X'))
    const corrupt = { code: 'RECORD_CORRUPT', sessionId: 'a', message: expect.stringContaining('journal is damaged') }
    await expect(store.read('a', [CREDS])).rejects.toMatchObject(corrupt)
    const lease = await take(store)
    await expect(store.read('a', [CREDS])).rejects.toMatchObject(corrupt)
    await expect(store.write('a', [key('3')], lease)).rejects.toMatchObject(corrupt)
    expect(readFileSync(join(folder, '.sealed-1', 'journal'), 'utf8')).toContain('value of X')
    await store.delete('a', lease)
    expect(existsSync(folder)).toBe(false)
  })
})

describe('the format of a directory', () => {
  it('is said in a file, with the first version that knows it', async () => {
    const { directory } = await written()
    expect(readFileSync(join(directory, '.baileys-sessions', 'format'), 'utf8')).toBe('2\nbaileys-sessions 0.1.0\n')
  })

  it.each([
    ['3\nbaileys-sessions 1.2.3\n', 'Use baileys-sessions 1.2.3 or later.'],
    ['3\n', 'Use a version of baileys-sessions that knows format 3.'],
    ['nonsense', 'should hold the number'],
  ])('of a later version is refused: %j', async (text, advice) => {
    const { store, directory } = openStore()
    mkdirSync(join(directory, '.baileys-sessions'))
    writeFileSync(join(directory, '.baileys-sessions', 'format'), text)
    const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining(advice) }
    await expect(store.read('a', [CREDS_KEY])).rejects.toMatchObject(refused)
    await expect(collect(store.records('a'))).rejects.toMatchObject(refused)
    await expect(collect(store.list())).rejects.toMatchObject(refused)
    await expect(store.write('a', [CREDS])).rejects.toMatchObject(refused)
    await expect(store.delete('a')).rejects.toMatchObject(refused)
    await expect(store.lock.acquire('a')).rejects.toMatchObject(refused)
    expect(readdirSync(directory, { recursive: true })).toEqual(['.baileys-sessions', join('.baileys-sessions', 'format')])
  })
})
