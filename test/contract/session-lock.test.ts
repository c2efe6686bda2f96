import { describe, expect, it, onTestFinished } from 'vitest'
import { FileLock, type FileLockOptions } from '../../src/adapters/filesystem/file-lock.js'
import { processLock } from '../../src/ownership/process-lock.js'
import type { SessionLease, SessionLock } from '../../src/ownership/session-lock.js'
import { temporaryFolder } from '../support/temporary-folder.js'

function fileLock(options: Partial<FileLockOptions> = {}): SessionLock {
  const lock = new FileLock({ folder: temporaryFolder(), ...options })
  onTestFinished(() => lock.close())
  return lock
}

/** One that cannot judge other holders by their pid. */
function fileLockElsewhere(): SessionLock {
  return fileLock({ describe: async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }) })
}

const locks: { name: string; create: () => SessionLock }[] = [
  { name: 'processLock', create: processLock },
  { name: 'FileLock', create: () => fileLock() },
  { name: 'FileLock seen from elsewhere', create: () => fileLockElsewhere() },
]

const taken = async (lock: SessionLock, sessionId: string): Promise<SessionLease> => {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error(`"${sessionId}" is held`)
  return lease
}

describe.each(locks)('$name keeps the lock contract:', ({ create }) => {
  it('gives a session to one holder', async () => {
    const lock = create()
    expect(await lock.owner('a')).toBeNull()
    const lease = await taken(lock, 'a')
    expect(lease.owner).toMatch(/^.+:\d+:\w+$/)
    expect(await lock.owner('a')).toBe(lease.owner)
    expect(lease.lost.aborted).toBe(false)
    expect(await lock.acquire('a')).toBeNull()
    await (await taken(lock, 'b')).release()
    await lease.release()
    expect(await lock.owner('a')).toBeNull()
    expect(lease.lost.aborted).toBe(false)
  })

  it('gives it to exactly one of many who ask at once', async () => {
    const lock = create()
    const leases = (await Promise.all(Array.from({ length: 20 }, () => lock.acquire('a')))).filter(lease => lease !== null)
    expect(leases).toHaveLength(1)
    await leases[0]?.release()
  })

  it('hands out tokens that rise', async () => {
    const lock = create()
    let newest = 0
    for (let round = 0; round < 20; round++) {
      const lease = await taken(lock, 'a')
      expect(lease.fencingToken).toBeGreaterThan(newest)
      newest = lease.fencingToken
      await lease.release()
    }
  })

  it('releases twice, and never the lease of somebody else', async () => {
    const lock = create()
    const first = await taken(lock, 'a')
    await Promise.all([first.release(), first.release()])
    const second = await taken(lock, 'a')
    await first.release()
    expect(await lock.acquire('a')).toBeNull()
    expect(await lock.owner('a')).toBe(second.owner)
    await second.release()
  })

  it.each(['__proto__', '..', 'a/b', 'a__b', 'x'.repeat(300), '', ' '])('takes %j as a name like any other', async sessionId => {
    const lock = create()
    const lease = await taken(lock, sessionId)
    expect(await lock.acquire(sessionId)).toBeNull()
    await (await taken(lock, `${sessionId}!`)).release()
    await lease.release()
  })
})
