import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { TokenFiles } from '../../../../src/adapters/filesystem/token-files.js'
import { describeHolder, type Holder } from '../../../../src/lease/holder.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { FileLock, type FileLockOptions } from '../../../support/opened-locks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const NO_PID = 2 ** 30
const LONG_AGO = new Date(Date.now() - 11 * 60_000)

type Describe = NonNullable<FileLockOptions['describe']>
/** A process of this machine that has ended. */
const dead: Describe = async (owner, nonce) => ({ ...(await describeHolder(owner, nonce)), pid: NO_PID })
/** A process in another container. */
const elsewhere: Describe = async (owner, nonce) => ({
  ...(await describeHolder(owner, nonce)),
  hostname: 'elsewhere',
  platform: 'linux',
  pidNamespace: 'pid:[0]',
})

function openLock(folder: string, options: Partial<FileLockOptions> = {}): FileLock {
  const lock = new FileLock({ folder, ...options })
  onTestFinished(() => lock.close())
  return lock
}

async function take(lock: FileLock): Promise<SessionLease> {
  const lease = await lock.acquire('a')
  if (lease === null) throw new Error('it is held')
  return lease
}

/** Where the tokens of the only session are, and what their names begin with. */
function tokensOf(folder: string): { folder: string; path: (token: number) => string; names: () => string[] } {
  const [place] = readdirSync(join(folder, 'locks'))
  const tokens = join(folder, 'locks', place ?? '')
  const [name = ''] = readdirSync(tokens)
  const prefix = name.slice(0, name.indexOf('.') + 1)
  return {
    folder: tokens,
    path: (token) => join(tokens, `${prefix}${token}`),
    names: () =>
      readdirSync(tokens)
        .map((found) => found.slice(prefix.length))
        .sort(),
  }
}

/** As on a disk without links: the files of the tokens are their own. */
function unlinkTokens(folder: string): void {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name))
    rmSync(join(folder, name))
    writeFileSync(join(folder, name), text)
  }
}

function backdate(folder: string): void {
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), LONG_AGO, LONG_AGO)
}

describe('the files of the lock', () => {
  it('are the newest token and its mark of release, and one heartbeat while a lease is held', async () => {
    const folder = join(temporaryFolder(), 'hidden')
    const lock = openLock(folder)
    expect(await lock.owner('a')).toBeNull()
    expect(existsSync(folder)).toBe(false)
    let lease = await take(lock)
    for (let round = 0; round < 3; round++) {
      await lease.release()
      lease = await take(lock)
    }
    const tokens = tokensOf(folder)
    await vi.waitFor(() => expect(tokens.names()).toEqual(['4']))
    expect(JSON.parse(readFileSync(tokens.path(4), 'utf8'))).toMatchObject({ owner: lease.owner, pid: process.pid })
    expect((statSync(tokens.path(4)).mode & 0o777).toString(8)).toBe('600')
    expect(readdirSync(join(folder, 'heartbeats'))).toHaveLength(1)
    await lease.release()
    expect(tokens.names()).toEqual(['4.released'])
    expect(readdirSync(join(folder, 'heartbeats'))).toEqual([])
  })

  it('are links to the heartbeat, which is written over and never cut', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder, { beatIntervalMs: 20 })
    const lease = await take(lock)
    const [heartbeat = ''] = readdirSync(join(folder, 'heartbeats'))
    const path = tokensOf(folder).path(lease.fencingToken)
    expect(statSync(path).ino).toBe(statSync(join(folder, 'heartbeats', heartbeat)).ino)
    appendFileSync(path, 'more')
    utimesSync(path, LONG_AGO, LONG_AGO)
    await vi.waitFor(() => expect(statSync(path).mtimeMs).toBeGreaterThan(LONG_AGO.getTime() + 60_000), 10_000)
    expect(readFileSync(path, 'utf8')).toMatch(/"owner".*more$/su)
  })

  it('keep their heartbeat when one lease ends as another begins', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    for (let round = 0; round < 30; round++) {
      const lease = await take(lock)
      const [, other] = await Promise.all([lease.release(), lock.acquire('b')])
      expect(readdirSync(join(folder, 'heartbeats'))).toHaveLength(1)
      await other?.release()
    }
  })

  it('are no session, also without a prefix, and outlive the session', async () => {
    const directory = temporaryFolder()
    const store = new FileSystemSessionStore({ directory, prefix: '' })
    const first = await store.lock.acquire('a')
    expect(await collect(store.list())).toEqual([])
    await store.write('a', [{ ...CREDS_KEY, value: 'c' }], { fencingToken: first?.fencingToken ?? NaN })
    expect(await collect(store.list())).toEqual(['a'])
    await store.delete('a', { fencingToken: first?.fencingToken ?? NaN })
    await store.close()
    const again = new FileSystemSessionStore({ directory, prefix: '' })
    onTestFinished(() => again.close())
    expect((await again.lock.acquire('a'))?.fencingToken).toBe(2)
  })

  it('come and go whole: a token that was used and cleaned away is not taken again', async () => {
    const folder = temporaryFolder()
    const tokens = new TokenFiles(folder)
    expect(await tokens.claim(1, () => Promise.resolve('one'))).toBe(true)
    const { ino } = statSync(join(folder, '1'))
    await tokens.release(1)
    // Nothing was made for it: a full disk keeps no lock held.
    expect(statSync(join(folder, '1.released')).ino).toBe(ino)
    await tokens.release(1)
    expect(await tokens.claim(1, () => Promise.resolve('late'))).toBe(false)
    expect(readdirSync(folder)).toEqual(['1.released'])
    // Left by a process that died while it was taking a token.
    writeFileSync(join(folder, '.0a.tmp'), '')
    utimesSync(join(folder, '.0a.tmp'), LONG_AGO, LONG_AGO)
    expect(await tokens.claim(2, () => Promise.resolve('two'))).toBe(true)
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual(['2']))
    expect(await tokens.claim(2, () => Promise.resolve('again'))).toBe(false)
    expect(await tokens.claim(1, () => Promise.resolve('late'))).toBe(false)
    expect(readdirSync(folder)).toEqual(['2'])
    expect(readFileSync(join(folder, '2'), 'utf8')).toBe('two')
    await tokens.release(1)
    expect(await tokens.newest()).toEqual({ token: 2, isHeld: true })
  })
})

describe('invariant 1: a holder that is', () => {
  it('another store of this process keeps the lock', async () => {
    const folder = temporaryFolder()
    const [one, other] = [openLock(folder), openLock(folder)]
    const lease = await take(one)
    expect(await other.acquire('a')).toBeNull()
    expect(await other.owner('a')).toBe(lease.owner)
    await expect(other.mayWrite('a')).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await lease.release()
    await (await take(other)).release()
  })

  it('dead is replaced at once, and finds out with its next write', async () => {
    const folder = temporaryFolder()
    const [one, other] = [openLock(folder, { describe: dead }), openLock(folder)]
    const old = await take(one)
    expect(await other.owner('a')).toBeNull()
    await other.mayWrite('a')
    const lease = await take(other)
    expect(lease.fencingToken).toBe(old.fencingToken + 1)
    expect(old.lost.aborted).toBe(false)
    await expect(one.mayWrite('a', old.fencingToken)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(old.lost.aborted).toBe(true)
    await old.release()
    expect(await other.owner('a')).toBe(lease.owner)
    await other.mayWrite('a', lease.fencingToken)
    expect(lease.lost.aborted).toBe(false)
  })

  it('out of sight keeps the lock while its heart beats', async () => {
    const folder = temporaryFolder()
    const [one, other] = [openLock(folder, { describe: elsewhere }), openLock(folder)]
    const old = await take(one)
    unlinkTokens(tokensOf(folder).folder)
    backdate(tokensOf(folder).folder)
    expect(await other.acquire('a')).toBeNull()
    expect(await other.owner('a')).toBe(old.owner)
    backdate(join(folder, 'heartbeats'))
    expect(await other.owner('a')).toBeNull()
    expect((await take(other)).fencingToken).toBe(2)
  })

  it('out of sight, with a heart that beats by itself, keeps it for long', async () => {
    const folder = temporaryFolder()
    const [one, other] = [openLock(folder, { describe: elsewhere, beatIntervalMs: 20 }), openLock(folder)]
    await take(one)
    const heartbeats = join(folder, 'heartbeats')
    const [heartbeat = ''] = readdirSync(heartbeats)
    for (let round = 0; round < 3; round++) {
      backdate(heartbeats)
      await vi.waitFor(() => expect(statSync(join(heartbeats, heartbeat)).mtimeMs).toBeGreaterThan(LONG_AGO.getTime() + 60_000), 10_000)
      expect(await other.acquire('a')).toBeNull()
    }
  })

  it('late with its heartbeat looks whether it was replaced', async () => {
    const folder = temporaryFolder()
    // Every beat counts as late here.
    const [one, other] = [openLock(folder, { describe: elsewhere, beatIntervalMs: 20, staleAfterMs: 1 }), openLock(folder)]
    const old = await take(one)
    const tokens = tokensOf(folder)
    expect(old.lost.aborted).toBe(false)
    writeFileSync(tokens.path(2), '{}')
    await vi.waitFor(() => expect(old.lost.aborted).toBe(true), 10_000)
    expect(await other.acquire('a')).toBeNull()
    await old.release()
    expect(tokens.names()).toEqual(['1', '2'])
  })

  it('late with its heartbeat looks at each of its leases, also when one cannot be looked at', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder, { beatIntervalMs: 20, staleAfterMs: 1 })
    await take(lock)
    const { folder: unreadable } = tokensOf(folder)
    const other = await lock.acquire('b')
    const [place] = readdirSync(join(folder, 'locks'))
      .map((name) => join(folder, 'locks', name))
      .filter((path) => path !== unreadable)
    const [token = ''] = readdirSync(place ?? '')
    rmSync(unreadable, { recursive: true })
    writeFileSync(unreadable, 'a file in its place')
    onTestFinished(() => rmSync(unreadable))
    writeFileSync(join(place ?? '', token.replace(/1$/u, '2')), '{}')
    await vi.waitFor(() => expect(other?.lost.aborted).toBe(true), 10_000)
  })

  it('unknown, because its file was cut off, keeps the lock for a while', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await (await take(lock)).release()
    const tokens = tokensOf(folder)
    writeFileSync(tokens.path(2), '{"own')
    expect(await lock.acquire('a')).toBeNull()
    expect(await lock.owner('a')).toBe('a process that did not give its name')
    backdate(tokens.folder)
    expect((await take(lock)).fencingToken).toBe(3)
  })
})

describe('the lock', () => {
  it('is lost when its files are taken away (invariant 1)', async () => {
    const folder = join(temporaryFolder(), 'hidden')
    const lock = openLock(folder)
    const lease = await take(lock)
    rmSync(folder, { recursive: true })
    await lock.mayWrite('a', lease.fencingToken)
    expect(lease.lost.aborted).toBe(true)
    await lease.release()
  })

  it('is not lost, nor given, because the disk cannot be asked (invariant 1)', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    const lease = await take(lock)
    const tokens = tokensOf(folder)
    rmSync(tokens.folder, { recursive: true })
    writeFileSync(tokens.folder, 'a file in its place')
    const unavailable = { code: 'STORE_UNAVAILABLE', sessionId: 'a' }
    await expect(lock.mayWrite('a', lease.fencingToken)).rejects.toMatchObject(unavailable)
    await expect(lock.acquire('a')).rejects.toMatchObject(unavailable)
    await expect(lock.owner('a')).rejects.toMatchObject(unavailable)
    await expect(lease.release()).rejects.toMatchObject(unavailable)
    expect(lease.lost.aborted).toBe(false)
    rmSync(tokens.folder)
    mkdirSync(tokens.folder)
    writeFileSync(tokens.path(1), '{}')
    // A release that failed can be tried again.
    await lease.release()
    expect(await lock.owner('a')).toBeNull()
  })

  it('gives everything back when it closes, and nothing out afterwards', async () => {
    const folder = temporaryFolder()
    const [one, other] = [openLock(folder), openLock(folder)]
    const leases = await Promise.all(['a', 'b', 'c'].map((sessionId) => one.acquire(sessionId)))
    await one.close()
    await one.close()
    expect(readdirSync(join(folder, 'heartbeats'))).toEqual([])
    for (const lease of leases) {
      expect(lease?.lost.aborted).toBe(false)
      await lease?.release()
    }
    await expect(one.acquire('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect((await take(other)).fencingToken).toBe(2)
  })

  it('that is closed while it is being taken is not left held', async () => {
    const folder = temporaryFolder()
    const [one, other] = [openLock(folder), openLock(folder)]
    const taking = one.acquire('a')
    await one.close()
    await expect(taking).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await other.owner('a')).toBeNull()
    expect(readdirSync(join(folder, 'heartbeats'))).toEqual([])
  })

  it('forgets the heartbeats of processes that died long ago', async () => {
    const folder = temporaryFolder()
    const heartbeats = join(folder, 'heartbeats')
    mkdirSync(heartbeats)
    for (const name of ['0a', '0b']) writeFileSync(join(heartbeats, name), '')
    const yesterday = new Date(Date.now() - 25 * 60 * 60_000)
    utimesSync(join(heartbeats, '0a'), yesterday, yesterday)
    await take(openLock(folder))
    expect(readdirSync(heartbeats)).toContain('0b')
    expect(readdirSync(heartbeats)).not.toContain('0a')
    expect(readdirSync(heartbeats)).toHaveLength(2)
  })

  it('shows that its holder lives to everybody, or is not given: one of many who ask at once does not rely on another', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'heartbeats'), 'a file in its place')
    const lock = openLock(folder)
    const unavailable = { status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } }
    expect(await Promise.allSettled([lock.acquire('a'), lock.acquire('b')])).toMatchObject([unavailable, unavailable])
    rmSync(join(folder, 'heartbeats'))
    await take(lock)
    expect(readdirSync(join(folder, 'heartbeats'))).toHaveLength(1)
  })

  it('is given back when what is done with it first fails', async () => {
    const folder = temporaryFolder()
    const onAcquired = vi.fn<NonNullable<FileLockOptions['onAcquired']>>().mockRejectedValueOnce(new Error('the first fails'))
    const [one, other] = [openLock(folder, { onAcquired }), openLock(folder)]
    await expect(one.acquire('a')).rejects.toThrow('the first fails')
    expect(one.holds('a', 1)).toBe(false)
    expect(readdirSync(join(folder, 'heartbeats'))).toEqual([])
    await (await take(other)).release()
    expect((await take(one)).fencingToken).toBe(3)
  })

  it('passes on why a session cannot be written', async () => {
    const lock = openLock(temporaryFolder(), { assertWritable: () => Promise.reject(new Error('no')) })
    await expect(lock.acquire('a')).rejects.toThrow('no')
  })

  it('asks who it is once, and again after that failed', async () => {
    const self: Holder = await describeHolder('me', 'aa')
    const describeOnce = vi.fn<Describe>().mockRejectedValueOnce(new Error('too many open files')).mockResolvedValue(self)
    const lock = openLock(temporaryFolder(), { describe: describeOnce })
    await expect(lock.acquire('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await (await take(lock)).release()
    await (await take(lock)).release()
    expect(describeOnce).toHaveBeenCalledTimes(2)
  })
})
