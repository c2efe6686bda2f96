import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileConnectionRepository } from '../../../../src/adapters/filesystem/file-connection-repository.js'
import { lockPlaceOf } from '../../../../src/adapters/filesystem/file-lock-table.js'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { describeHolder } from '../../../../src/lease/holder.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { FileLock, type FileLockOptions } from '../../../support/opened-locks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const LONG_AGO = new Date(Date.now() - 11 * 60_000)
const CREDS = { ...CREDS_KEY, value: 'c' }
const key = (id: string): RecordChange => ({ type: 'pre-key', id, value: `value of ${id}` })

/** A process in another container. */
const elsewhere: FileLockOptions['describe'] = async (owner, nonce) => ({
  ...(await describeHolder(owner, nonce)),
  hostname: 'elsewhere',
  platform: 'linux',
  pidNamespace: 'pid:[0]',
})

function openStore(directory: string, prefix = 'session-'): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory, prefix })
  onTestFinished(() => store.close())
  return store
}

function openLock(folder: string, options: Partial<FileLockOptions> = {}): FileLock {
  const lock = new FileLock({ folder, ...options })
  onTestFinished(() => lock.close())
  return lock
}

async function take({ lock }: Pick<FileSystemSessionStore, 'lock'>, sessionId = 'a'): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error('it is held')
  return lease
}

function copyOf(folder: string): string {
  const copy = join(temporaryFolder(), 'copy')
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
  return copy
}

/** The files of all tokens in the folder of a lock. */
function tokenFiles(folder: string): string[] {
  const locks = join(folder, 'locks')
  return readdirSync(locks, { recursive: true, encoding: 'utf8' }).flatMap((name) => (name.includes('.') ? [join(locks, name)] : []))
}

describe('a lock that came with a copy of its folder', () => {
  it('holds nothing there, and goes on holding in the original (invariant 1)', async () => {
    // Nothing is folded while the folder is copied.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const directory = temporaryFolder()
    const original = openStore(directory)
    const lease = await take(original)
    await original.write('a', [CREDS, key('1')], lease)
    await original.write('a', [key('2')], lease)
    const copy = openStore(copyOf(directory))
    expect(await copy.lock.owner('a')).toBeNull()
    await copy.write('a', [key('3')])
    const taken = await take(copy)
    expect(taken.fencingToken).toBeGreaterThan(lease.fencingToken)
    await copy.write(
      'a',
      [key('1')].map((change) => ({ ...change, value: 'of the copy' })),
      taken,
    )
    await original.write('a', [key('4')], lease)
    expect(lease.lost.aborted).toBe(false)
    expect(await openStore(directory).lock.acquire('a')).toBeNull()
    const keys = ['1', '2', '3', '4'].map(key)
    expect((await copy.read('a', keys)).map(({ id, value }) => [id, value])).toEqual([
      ['1', 'of the copy'],
      ['2', 'value of 2'],
      ['3', 'value of 3'],
    ])
    expect((await original.read('a', keys)).map(({ id, value }) => [id, value])).toEqual(['1', '2', '4'].map((id) => [id, `value of ${id}`]))
  })

  it('keeps no older version away from there either: its place is taken', async () => {
    const directory = temporaryFolder()
    await take(openStore(directory, 'eu-'), 'x')
    const path = copyOf(directory)
    const lease = await take(openStore(path, 'eu-'), 'x')
    const { tokens } = lockPlaceOf(join(path, '.baileys-sessions', 'locks'), 'x')
    const { token, isHeld } = await tokens.newest()
    expect({ isHeld, text: (await tokens.read(token))?.text }).toEqual({ isHeld: true, text: expect.stringContaining(lease.owner) })
  })

  it('is judged by its heartbeat when its holder is out of sight: a network disk may number folders anew', async () => {
    const folder = temporaryFolder()
    const lease = await take({ lock: openLock(folder, { describe: elsewhere }) })
    const copy = copyOf(folder)
    const other = openLock(copy)
    expect(await other.owner('a')).toBe(lease.owner)
    for (const path of [...tokenFiles(copy), ...readdirSync(join(copy, 'heartbeats')).map((name) => join(copy, 'heartbeats', name))])
      utimesSync(path, LONG_AGO, LONG_AGO)
    expect(await other.owner('a')).toBeNull()
  })

  it('is judged as ever when its version did not say in which folder it was', async () => {
    const folder = temporaryFolder()
    const lease = await take({ lock: openLock(folder) })
    const copy = copyOf(folder)
    for (const path of tokenFiles(copy)) writeFileSync(path, readFileSync(path, 'utf8').replace(/,\s*"inode": "\d+"/u, ''))
    expect(await openLock(copy).owner('a')).toBe(lease.owner)
  })

  it('holds no file of connections', async () => {
    const file = join(temporaryFolder(), 'connections.json')
    mkdirSync(`${file}.lock`)
    const holder = { ...(await describeHolder('of the original', '0123456789abcdef')), lock: 'folder', inode: '1'.padStart(20, '0') }
    writeFileSync(join(`${file}.lock`, '1'), JSON.stringify(holder))
    const repository = new FileConnectionRepository({ file })
    await repository.save('a', {})
    expect(await repository.find('a')).toMatchObject({ sessionId: 'a' })
    expect(readdirSync(`${file}.lock`)).toEqual(['2.released'])
  })
})

describe('a lock whose folder is taken away and made anew', () => {
  it('is held in the new one by whoever takes it there', async () => {
    const folder = join(temporaryFolder(), 'hidden')
    const [one, other] = [openLock(folder), openLock(folder)]
    await take({ lock: one })
    // Not removed: the new one might be given its number.
    renameSync(folder, `${folder}-away`)
    const lease = await take({ lock: one })
    expect(await other.owner('a')).toBe(lease.owner)
  })

  it('is held in the new one also by the heartbeat that was begun in the old one', async () => {
    const folder = join(temporaryFolder(), 'hidden')
    const [one, other] = [openLock(folder, { beatIntervalMs: 20 }), openLock(folder)]
    await take({ lock: one })
    renameSync(folder, `${folder}-away`)
    await take({ lock: other }, 'b')
    await vi.waitFor(() => expect(readdirSync(join(folder, 'heartbeats'))).toHaveLength(2), 10_000)
    const lease = await take({ lock: one }, 'c')
    expect(await other.owner('c')).toBe(lease.owner)
  })
})
