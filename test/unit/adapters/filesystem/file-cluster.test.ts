import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { describeHolder } from '../../../../src/lease/holder.js'
import type { ClusterFollower, LockCluster } from '../../../../src/lease/lock-cluster.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { declareDead, NO_PID } from '../../../support/dead-holder.js'
import { FileLock, type FileLockOptions } from '../../../support/opened-locks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

type OpenedLock = FileLock & { readonly cluster: LockCluster }

function openLock(folder: string, options: Partial<FileLockOptions> = {}): OpenedLock {
  const lock = new FileLock({ folder, ...options })
  onTestFinished(() => lock.close().catch(() => undefined))
  if (lock.cluster === undefined) throw new Error('It has no cluster.')
  return Object.assign(lock, { cluster: lock.cluster })
}

async function take(lock: FileLock, sessionId = 'a'): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error('It is held.')
  return lease
}

/** The paths of the files of members. */
function memberFiles(folder: string): string[] {
  const members = join(folder, 'cluster')
  return readdirSync(members)
    .sort()
    .map((name) => join(members, name))
}

function onlyMember(folder: string): string {
  const [path, ...others] = memberFiles(folder)
  if (path === undefined || others.length > 0) throw new Error('It is not one.')
  return path
}

async function announcedTo(follower: ClusterFollower): Promise<(string | null)[]> {
  return (await follower.next()).processes.map(({ text }) => text)
}

describe('the file of a member', () => {
  it('is for this user alone, and goes with all that is beside it when the lock is closed', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await lock.cluster.announce('here')
    const [self] = (await lock.cluster.follow().next()).processes
    await lock.cluster.askToDrain(self?.id ?? '')
    const files = memberFiles(folder)
    expect(files.map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600])
    expect(statSync(join(folder, 'cluster')).mode & 0o777).toBe(0o700)
    await take(lock)
    await lock.close()
    expect(memberFiles(folder)).toEqual([])
    expect(readdirSync(join(folder, 'heartbeats'))).toEqual([])
  })

  it('is not there for one that only holds locks, which is named all the same', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    const { owner } = await take(lock)
    const other = openLock(folder)
    expect(await other.cluster.follow().next()).toMatchObject({ isComplete: true, processes: [{ owner, text: null }], locks: [] })
    expect(await other.cluster.holding('a')).toMatchObject({ process: { owner }, text: null })
    expect(readdirSync(folder)).not.toContain('cluster')
  })

  it('is written once for notes that are made at once', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await lock.cluster.announce('here')
    const ids = Array.from({ length: 50 }, (_, index) => `session ${index}`)
    const leases = await Promise.all(ids.map((id) => take(lock, id)))
    await lock.cluster.announce('all taken')
    const seen = new Set<string>()
    const path = onlyMember(folder)
    await Promise.all(
      leases.map(async ({ fencingToken }, index) => {
        await lock.cluster.note(ids[index] ?? '', fencingToken, 'noted')
        seen.add(readFileSync(path, 'utf8'))
      }),
    )
    expect(seen.size).toBe(1)
  })

  it.each([
    ['is cut off', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 20))],
    ['is empty', (path: string) => writeFileSync(path, '')],
    [
      'is a folder',
      (path: string) => {
        renameSync(path, `${path}.away`)
        mkdirSync(path)
      },
    ],
  ])('hides nobody else when it %s', async (_, damage) => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await lock.cluster.announce('damaged')
    const damaged = onlyMember(folder)
    const other = openLock(folder)
    await other.cluster.announce('whole')
    const follower = other.cluster.follow()
    expect((await announcedTo(follower)).sort()).toEqual(['damaged', 'whole'])
    damage(damaged)
    // It still beats.
    expect((await announcedTo(follower)).sort()).toEqual([null, 'whole'].sort())
  })

  it('is written again with a beat when the disk has failed, with what it missed', async () => {
    const folder = join(temporaryFolder(), 'locks')
    const lock = openLock(folder, { beatIntervalMs: 50 })
    const leases = [await take(lock), await take(lock, 'b')]
    await lock.cluster.announce('here')
    const members = join(folder, 'cluster')
    renameSync(members, `${members}.away`)
    writeFileSync(members, 'a file in its place')
    await leases[0]?.release()
    await expect(lock.cluster.note('b', leases[1]?.fencingToken ?? NaN, 'noted')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    rmSync(members)
    renameSync(`${members}.away`, members)
    const other = openLock(folder)
    await vi.waitFor(async () => expect((await other.cluster.follow().next()).locks).toMatchObject([{ sessionId: 'b', text: 'noted' }]), 10_000)
  })
})

describe('a member', () => {
  it('whose process is gone is not shown, and what it noted neither', async () => {
    const folder = temporaryFolder()
    const gone = openLock(folder, { describe: async (owner, nonce) => ({ ...(await describeHolder(owner, nonce)), pid: NO_PID }) })
    await gone.cluster.announce('gone')
    const { fencingToken } = await take(gone)
    await gone.cluster.note('a', fencingToken, 'noted')
    const { cluster } = openLock(folder)
    expect((await cluster.follow().next()).processes).toEqual([])
    expect(await cluster.holding('a')).toBeNull()
  })

  it('of the folder that this one was copied from is not shown', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await lock.cluster.announce('here')
    const copy = join(temporaryFolder(), 'copy')
    cpSync(folder, copy, { recursive: true })
    expect(await announcedTo(openLock(copy).cluster.follow())).toEqual([])
    expect(await announcedTo(openLock(folder).cluster.follow())).toEqual(['here'])
  })

  it('without a lock goes on beating when it did not get one', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder, { assertWritable: () => Promise.reject(new Error('no')) })
    await lock.cluster.announce('here')
    await expect(lock.acquire('a')).rejects.toThrow('no')
    expect(readdirSync(join(folder, 'heartbeats'))).toHaveLength(1)
    expect(await announcedTo(openLock(folder).cluster.follow())).toEqual(['here'])
  })

  it('that was silent for a day is forgotten, but not one that only had nothing to say', async () => {
    const folder = temporaryFolder()
    const quiet = openLock(folder)
    await quiet.cluster.announce('quiet')
    for (const name of ['0a', '0a.drain']) writeFileSync(join(folder, 'cluster', name), '')
    const longAgo = new Date(Date.now() - 25 * 60 * 60_000)
    for (const path of memberFiles(folder)) utimesSync(path, longAgo, longAgo)
    const other = openLock(folder)
    await other.cluster.announce('other')
    expect((await announcedTo(other.cluster.follow())).sort()).toEqual(['other', 'quiet'])
    expect(memberFiles(folder)).toHaveLength(2)
  })

  it('that was replaced tells of that lock no more, once it knows', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await lock.cluster.announce('old')
    const { fencingToken } = await take(lock)
    await lock.cluster.note('a', fencingToken, 'noted')
    declareDead(folder, 'a')
    const next = openLock(folder)
    const lease = await take(next)
    const follower = next.cluster.follow()
    // The next one is no member: nobody else tells of the lock.
    expect((await follower.next()).locks).toMatchObject([{ sessionId: 'a', text: 'noted' }])
    await lock.owner('a')
    await vi.waitFor(async () => expect((await follower.next()).locks).toEqual([{ sessionId: 'a', processId: null, text: null }]), 10_000)
    expect(await lock.cluster.holding('a')).toMatchObject({ process: { owner: lease.owner }, text: null })
  })

  it('that leaves and comes back tells what it gave back meanwhile', async () => {
    const folder = temporaryFolder()
    const lock = openLock(folder)
    await lock.cluster.announce('here')
    const lease = await take(lock)
    await take(lock, 'b')
    await lock.cluster.announce('still here')
    const follower = openLock(folder).cluster.follow()
    expect((await follower.next()).locks).toHaveLength(2)
    await lock.cluster.leave()
    await lease.release()
    await lock.cluster.announce('back')
    expect((await follower.next()).locks).toContainEqual({ sessionId: 'a', processId: null, text: null })
  })
})

describe('a follower', () => {
  it('is told everything again when the folder was replaced', async () => {
    const folder = join(temporaryFolder(), 'locks')
    const lock = openLock(folder)
    await lock.cluster.announce('here')
    await take(lock)
    await lock.cluster.announce('still here')
    const { cluster } = openLock(folder)
    const follower = cluster.follow()
    expect(await follower.next()).toMatchObject({ isComplete: true, locks: [{ sessionId: 'a' }] })
    renameSync(folder, `${folder}.away`)
    mkdirSync(folder)
    expect(await follower.next()).toEqual({ isComplete: true, processes: [], locks: [] })
    expect(await follower.next()).toMatchObject({ isComplete: false })
    renameSync(folder, `${folder}.other`)
    renameSync(`${folder}.away`, folder)
  })
})
