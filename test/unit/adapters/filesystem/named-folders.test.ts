import { useMultiFileAuthState } from '@whiskeysockets/baileys'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileLockTable } from '../../../../src/adapters/filesystem/file-lock-table.js'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import type { FileSystemSessionStoreOptions } from '../../../../src/adapters/filesystem/filesystem-session-store-options.js'
import { TokenFiles } from '../../../../src/adapters/filesystem/token-files.js'
import { describeHolder } from '../../../../src/lease/holder.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { declareDead } from '../../../support/dead-holder.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const CREDS = { ...CREDS_KEY, value: '{"me":1}' }
const KEY = { type: 'pre-key', id: '1', value: 'k' }

function open(options: FileSystemSessionStoreOptions): FileSystemSessionStore {
  const store = new FileSystemSessionStore(options)
  onTestFinished(() => store.close())
  return store
}

async function take({ lock }: FileSystemSessionStore, sessionId: string): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error('it is held')
  return lease
}

async function listed(store: FileSystemSessionStore): Promise<string[]> {
  return (await collect(store.list())).sort()
}

describe('a folder that is named for a session', () => {
  it('is used as stock Baileys left it, and nothing beside it is a session', async () => {
    const root = temporaryFolder()
    const stock = await useMultiFileAuthState(join(root, 'auth'))
    await stock.saveCreds()
    await useMultiFileAuthState(join(root, 'other')).then(({ saveCreds }) => saveCreds())
    const store = open({ folders: { main: join(root, 'auth') } })
    expect(await listed(store)).toEqual(['main'])
    expect(await store.read('main', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: readFileSync(join(root, 'auth', 'creds.json'), 'utf8') }])
    const lease = await take(store, 'main')
    await store.write('main', [KEY], { fencingToken: lease.fencingToken })
    await store.close()
    expect(readdirSync(root).sort()).toEqual(['auth', 'other'])
    expect(readdirSync(join(root, 'auth')).sort()).toEqual(['.baileys-sessions', 'creds.json', 'pre-key-1.json'])
  })

  it('goes on with what stock left, and stock goes on with it', async () => {
    const folder = join(temporaryFolder(), 'auth')
    const { state, saveCreds } = await useMultiFileAuthState(folder)
    await saveCreds()
    const store = open({ folders: { main: folder } })
    const [creds] = await store.read('main', [CREDS_KEY])
    await store.write('main', [{ ...CREDS_KEY, value: String(creds?.value).replace(`"registrationId":${state.creds.registrationId}`, '"registrationId":7') }])
    await store.close()
    expect((await useMultiFileAuthState(folder)).state.creds.registrationId).toBe(7)
  })

  it('is made with the first write, and not by looking', async () => {
    const folder = join(temporaryFolder(), 'made', 'here')
    const store = open({ folders: { main: folder } })
    expect(await listed(store)).toEqual([])
    expect(await store.read('main', [CREDS_KEY])).toEqual([])
    expect(existsSync(folder)).toBe(false)
    await store.write('main', [CREDS])
    expect(await listed(store)).toEqual(['main'])
  })

  it('keeps its lock when its session is deleted, so that no token comes twice, and what is not of the session', async () => {
    const folder = join(temporaryFolder(), 'auth')
    const store = open({ folders: { main: folder } })
    const lease = await take(store, 'main')
    await store.write('main', [CREDS, KEY, { type: 'package', id: 'lock', value: 'x' }], { fencingToken: lease.fencingToken })
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    await store.delete('main', { fencingToken: lease.fencingToken })
    await lease.release()
    expect(readdirSync(folder).sort()).toEqual(['.baileys-sessions', 'notes.txt'].sort())
    expect(await listed(store)).toEqual([])
    rmSync(join(folder, 'notes.txt'))
    await store.delete('main')
    const again = await take(open({ folders: { main: folder } }), 'main')
    expect(again.fencingToken).toBeGreaterThan(lease.fencingToken)
  })

  it('loses with its session what stock wrote of a type that is unknown here: the lock beside it is no foreign file', async () => {
    const folder = join(temporaryFolder(), 'auth')
    const store = open({ folders: { main: folder } })
    await store.write('main', [CREDS])
    writeFileSync(join(folder, 'new-kind-1.json'), '{}')
    await store.delete('main')
    expect(readdirSync(folder)).toEqual(['.baileys-sessions'])
  })

  it('that was removed under a lease ends the lease, and can be taken again', async () => {
    const folder = join(temporaryFolder(), 'auth')
    const store = open({ folders: { main: folder } })
    const lease = await take(store, 'main')
    await store.write('main', [CREDS], { fencingToken: lease.fencingToken })
    rmSync(folder, { recursive: true })
    await store.write('main', [], { fencingToken: lease.fencingToken }).catch(() => undefined)
    expect(lease.lost.aborted).toBe(true)
    await take(store, 'main')
    expect(await store.read('main', [CREDS_KEY])).toEqual([])
  })

  it('may be a symbolic link, and is one folder by each of its paths', async () => {
    const root = temporaryFolder()
    mkdirSync(join(root, 'real'))
    symlinkSync(join(root, 'real'), join(root, 'link'))
    const store = open({ folders: { main: join(root, 'link') } })
    await store.write('main', [CREDS])
    const other = open({ folders: { shop: relative(process.cwd(), join(root, 'real')) } })
    expect(await other.read('shop', [CREDS_KEY])).toEqual([CREDS])
    const lease = await take(store, 'main')
    expect(await other.lock.acquire('shop')).toBeNull()
    expect(await other.lock.owner('shop')).toBe(lease.owner)
    await expect(other.write('shop', [CREDS])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await lease.release()
    expect((await take(other, 'shop')).fencingToken).toBeGreaterThan(lease.fencingToken)
  })

  it('is refused to a second session of the store that a link leads to it', async () => {
    const root = temporaryFolder()
    mkdirSync(join(root, 'session-real'))
    symlinkSync(join(root, 'session-real'), join(root, 'link'))
    const twins = open({ folders: { a: join(root, 'session-real'), b: join(root, 'link') } })
    await (await take(twins, 'a')).release()
    await expect(twins.lock.acquire('b')).rejects.toMatchObject({ code: 'INVALID_SESSION_ID', message: expect.stringContaining('the folder of session "a"') })
    rmSync(join(root, 'session-real', '.baileys-sessions'), { recursive: true })
    const both = open({ directory: root, folders: { main: join(root, 'link') } })
    await expect(both.lock.acquire('real')).rejects.toMatchObject({
      code: 'INVALID_SESSION_ID',
      message: expect.stringContaining('the folder of session "main"'),
    })
    await take(both, 'main')
  })
})

describe('named folders and a directory', () => {
  it('have the named sessions in their folders, and all others in the directory', async () => {
    const root = temporaryFolder()
    const store = open({ directory: join(root, 'sessions'), folders: { main: join(root, 'auth') } })
    await store.write('main', [CREDS])
    await store.write('shop', [KEY])
    expect(await listed(store)).toEqual(['main', 'shop'])
    expect(readdirSync(join(root, 'auth'))).toContain('creds.json')
    expect(readdirSync(join(root, 'sessions'))).toContain('session-shop')
  })

  it('a folder in the directory is the session that is named for it, and no other', async () => {
    const directory = temporaryFolder()
    const store = open({ directory, prefix: '', folders: { main: join(directory, 'auth'), same: join(directory, 'same') } })
    for (const sessionId of ['main', 'same', 'other']) await store.write(sessionId, [CREDS])
    expect(await listed(store)).toEqual(['main', 'other', 'same'])
    await expect(store.read('auth', [CREDS_KEY])).rejects.toMatchObject({ code: 'INVALID_SESSION_ID', message: expect.stringContaining('"main"') })
    await expect(store.lock.acquire('auth')).rejects.toMatchObject({ code: 'INVALID_SESSION_ID' })
  })

  it('a named session is looked for nowhere else', async () => {
    const root = temporaryFolder()
    await open({ directory: root }).write('main', [CREDS])
    const store = open({ directory: root, folders: { main: join(root, 'auth') } })
    expect(await listed(store)).toEqual([])
    expect(await store.read('main', [CREDS_KEY])).toEqual([])
  })
})

describe('invariant 1: a folder that one store names and another finds in its directory', () => {
  it('is not held by both at once', async () => {
    const directory = temporaryFolder()
    const [finder, namer] = [open({ directory, prefix: 'auth_' }), open({ folders: { main: join(directory, 'auth_x') } })]
    await finder.write('x', [CREDS])
    const lease = await take(finder, 'x')
    expect(await namer.lock.acquire('main')).toBeNull()
    expect(await namer.lock.owner('main')).toBe(lease.owner)
    await lease.release()
    await take(namer, 'main')
    await expect(finder.lock.acquire('x')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('"folders"') })
    await expect(finder.write('x', [CREDS])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('also when both ask at the same moment', async () => {
    const directory = temporaryFolder()
    for (let round = 0; round < 20; round += 1) {
      const [finder, namer] = [open({ directory, prefix: '' }), open({ folders: { main: join(directory, `auth ${round}`) } })]
      mkdirSync(join(directory, `auth ${round}`))
      const asked = await Promise.allSettled([finder.lock.acquire(`auth ${round}`), namer.lock.acquire('main')])
      const held = asked.filter((result) => result.status === 'fulfilled' && result.value !== null)
      expect(held.length).toBeLessThanOrEqual(1)
    }
  })

  it('goes to the one that was faster, when that took its lock after the other had looked', async () => {
    const folder = temporaryFolder()
    const holder = await describeHolder('faster', 'fedcba9876543210')
    let isTaken = false
    const tokens = new TokenFiles(join(folder, 'lock'))
    const table = new FileLockTable({
      folder,
      placeOf: async () => ({ tokens, olderTokens: null }),
      heartbeats: join(folder, 'heartbeats'),
      holdersElsewhere: async () => (isTaken ? [{ text: JSON.stringify(holder), lastSignAt: 1 }] : []),
    })
    const self = await describeHolder('slower', '0123456789abcdef')
    const seen = await table.look('main')
    isTaken = true
    expect(await table.claim('main', seen, self)).toBeNull()
    expect(await tokens.newest()).toEqual({ token: 1, isHeld: false })
    // Who was looked at before the claim was found dead.
    expect(await table.claim('main', await table.look('main'), self)).toBe(2)
  })

  it('keeps one that was taken for dead from writing', async () => {
    const directory = temporaryFolder()
    const finder = open({ directory, prefix: 'auth_' })
    const lease = await take(finder, 'x')
    const token = { fencingToken: lease.fencingToken }
    await finder.write('x', [CREDS], token)
    declareDead(join(directory, '.baileys-sessions'))
    const namer = open({ folders: { main: join(directory, 'auth_x') } })
    await take(namer, 'main')
    await expect(finder.write('x', [KEY], token)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await namer.read('main', [CREDS_KEY, KEY])).toEqual([CREDS])
  })
})

describe('folders that cannot be used', () => {
  it.each<[string, object, typeof TypeError | typeof RangeError, RegExp]>([
    ['nothing', {}, TypeError, /needs a directory, or folders, or both/],
    ['no folder', { folders: {} }, RangeError, /names no folder/],
    ['a list', { folders: ['./auth'] }, TypeError, /an object with a path for each session id/],
    ['a path that is none', { folders: { main: 5 } }, TypeError, /folders\["main"\] must be a path/],
    ['an empty path', { folders: { main: '' } }, RangeError, /folders\["main"\] must be a non-empty path/],
    ['an empty id', { folders: { '': './auth' } }, RangeError, /session id must be a non-empty string/],
    ['half a character as an id', { folders: { '\ud83e': './auth' } }, RangeError, /lone surrogate/],
    ['one folder twice', { folders: { a: './auth', b: 'x/../auth/' } }, RangeError, /to both "a" and "b"/],
    ['the directory itself', { directory: './auth', folders: { a: 'auth' } }, RangeError, /is the directory itself/],
    ['a prefix without a directory', { prefix: 'x', folders: { a: 'auth' } }, TypeError, /prefix is for the folders in directory/],
  ])('%s is refused at once', (_name, options, kind, message) => {
    const make = (): unknown => Reflect.construct(FileSystemSessionStore, [options])
    expect(make).toThrow(kind)
    expect(make).toThrow(message)
  })

  it('an id without a folder is refused, and says where to name one', async () => {
    const store = open({ folders: { main: join(temporaryFolder(), 'auth') } })
    const refusal = { code: 'INVALID_SESSION_ID', message: expect.stringContaining('no folder for session "shop"') }
    await expect(store.read('shop', [CREDS_KEY])).rejects.toMatchObject(refusal)
    await expect(store.write('shop', [CREDS])).rejects.toMatchObject(refusal)
    await expect(store.delete('shop')).rejects.toMatchObject(refusal)
    await expect(store.lock.acquire('shop')).rejects.toMatchObject(refusal)
    await expect(collect(store.records('toString'))).rejects.toMatchObject({ code: 'INVALID_SESSION_ID' })
  })

  it('a file in its place, and a link that leads nowhere, are named', async () => {
    const root = temporaryFolder()
    writeFileSync(join(root, 'file'), '')
    symlinkSync(join(root, 'nowhere'), join(root, 'broken'))
    const store = open({ folders: { file: join(root, 'file'), broken: join(root, 'broken') } })
    await expect(store.read('file', [CREDS_KEY])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('There is a file where a folder should be'),
    })
    await expect(store.write('broken', [CREDS])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('a symbolic link to a folder that is not there'),
    })
  })

  it('one that cannot be looked at is listed, and hides no other; when none can, list rejects', async () => {
    const root = temporaryFolder()
    writeFileSync(join(root, 'file'), '')
    const store = open({ folders: { bad: join(root, 'file'), good: join(root, 'good') } })
    await store.write('good', [CREDS])
    expect(await listed(store)).toEqual(['bad', 'good'])
    await expect(listed(open({ folders: { bad: join(root, 'file') } }))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})
