import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LeaseLock } from '../../../src/lease/lease-lock.js'
import { processLock } from '../../../src/lease/process-lock.js'
import type { SessionLease } from '../../../src/lease/session-lock.js'
import { LeasedEngine, LeasedTable, nonceOf } from '../../support/leased-engine.js'

const LEASE_MS = 10_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** A lock in a process of its own, on a table of locks that others share. */
function open(engine: LeasedEngine): { lock: LeaseLock; table: LeasedTable; free: string[]; wait: (sessionId: string) => () => void } {
  const table = new LeasedTable(engine)
  const describeElsewhere = async (
    owner: string,
    nonce: string,
  ): Promise<{ owner: string; nonce: string; pid: number; hostname: string; platform: string }> => ({
    owner,
    nonce,
    pid: 1,
    hostname: nonce,
    platform: 'linux',
  })
  const lock = new LeaseLock({ table, staleAfterMs: LEASE_MS, lapsesAfterMs: LEASE_MS - 1500, describe: describeElsewhere })
  const free: string[] = []
  const wait = (sessionId: string): (() => void) => {
    if (lock.whenFree === undefined) throw new Error('It cannot tell.')
    return lock.whenFree(sessionId, () => free.push(sessionId))
  }
  return { lock, table, free, wait }
}

async function take(lock: LeaseLock, sessionId: string): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error('It is held.')
  return lease
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`)

describe('a watch for locks that become free', () => {
  it('asks one question a second, however many sessions wait', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const [owner, other] = [open(engine), open(engine)]
    for (const sessionId of ids(100)) await take(owner.lock, sessionId)
    for (const sessionId of ids(100)) other.wait(sessionId)
    // The first time each lock is looked at, to see who has it.
    await vi.advanceTimersByTimeAsync(1000)
    expect(other.table.calls).toMatchObject({ living: 1, look: 100 })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(other.table.calls).toMatchObject({ living: 61, look: 100, claim: 0 })
    expect(other.free).toEqual([])
    await Promise.all([owner.lock.close(), other.lock.close()])
  })

  it('tells of all locks of an owner that died, within its lease and a second', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const [owner, survivor, other] = [open(engine), open(engine), open(engine)]
    for (const sessionId of ids(50)) await take(owner.lock, sessionId)
    const kept = await take(survivor.lock, 'kept')
    for (const sessionId of [...ids(50), 'kept']) other.wait(sessionId)
    await vi.advanceTimersByTimeAsync(7777)
    owner.table.isCut = true
    const lastBeatMs = LEASE_MS / 6
    await vi.advanceTimersByTimeAsync(LEASE_MS - lastBeatMs)
    expect(other.free).toEqual([])
    await vi.advanceTimersByTimeAsync(lastBeatMs + 1000)
    expect(other.free).toEqual(ids(50))
    for (const sessionId of ids(50)) expect((await take(other.lock, sessionId)).fencingToken).toBe(2)
    expect(kept.lost.aborted).toBe(false)
    owner.table.isCut = false
    await Promise.all([owner.lock.close(), survivor.lock.close(), other.lock.close()])
  })

  it('tells of the one lock that a living owner gives back, and looks at no lock of any other', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const [owner, third, other] = [open(engine), open(engine), open(engine)]
    const leases = await Promise.all(['a', 'b'].map((sessionId) => take(owner.lock, sessionId)))
    for (const sessionId of ids(20)) await take(third.lock, sessionId)
    for (const sessionId of ['a', 'b', ...ids(20)]) other.wait(sessionId)
    await vi.advanceTimersByTimeAsync(2000)
    const { look } = other.table.calls
    await leases[0]?.release()
    await vi.advanceTimersByTimeAsync(1000)
    expect(other.free).toEqual(['a'])
    expect(other.table.calls.look).toBe(look + 2)
    await Promise.all([owner.lock.close(), third.lock.close(), other.lock.close()])
  })

  it('tells of a lock that is free already, that somebody else took meanwhile, or that its owner gave back in between', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const [owner, third, other] = [open(engine), open(engine), open(engine)]
    other.wait('free')
    const lease = await take(owner.lock, 'a')
    await take(owner.lock, 'kept')
    other.wait('a')
    await vi.advanceTimersByTimeAsync(1000)
    expect(other.free).toEqual(['free'])
    await lease.release()
    const next = await take(third.lock, 'a')
    await vi.advanceTimersByTimeAsync(3000)
    expect(other.free).toEqual(['free'])
    await next.release()
    await vi.advanceTimersByTimeAsync(1000)
    expect(other.free).toEqual(['free', 'a'])
    await Promise.all([owner.lock.close(), third.lock.close(), other.lock.close()])
  })

  it('tells of the last lock of an owner that has taken another one since', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const [owner, other] = [open(engine), open(engine)]
    const lease = await take(owner.lock, 'a')
    other.wait('a')
    await vi.advanceTimersByTimeAsync(1000)
    await lease.release()
    await take(owner.lock, 'b')
    await vi.advanceTimersByTimeAsync(1000)
    expect(other.free).toEqual(['a'])
    await Promise.all([owner.lock.close(), other.lock.close()])
  })

  it('goes on after an engine that failed, and one that never answered', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const other = open(engine)
    engine.grant('a', 'gone')
    other.wait('a')
    await vi.advanceTimersByTimeAsync(1000)
    other.table.isCut = true
    await vi.advanceTimersByTimeAsync(LEASE_MS)
    expect(other.free).toEqual([])
    other.table.isCut = false
    const living = vi.spyOn(other.table, 'living').mockReturnValueOnce(new Promise(() => undefined))
    await vi.advanceTimersByTimeAsync(10_000)
    expect([living.mock.calls.length, other.free]).toEqual([1, []])
    await vi.advanceTimersByTimeAsync(6000)
    expect(other.free).toEqual(['a'])
  })

  it('tells once, and nothing after it was ended', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const other = open(engine)
    engine.grant('a', 'gone')
    engine.grant('b', 'gone')
    other.wait('a')
    const end = other.wait('b')
    await vi.advanceTimersByTimeAsync(5000)
    end()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(other.free).toEqual(['a'])
    const { living } = other.table.calls
    await vi.advanceTimersByTimeAsync(20_000)
    expect(other.table.calls.living).toBe(living)
  })

  it('is not to be had of a lock that would have to ask for each session', () => {
    expect(processLock().whenFree).toBeUndefined()
  })
})

describe('a claim of which nobody knows', () => {
  it('is taken up by the process whose answer was lost, and by no other', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const [one, other] = [open(engine), open(engine)]
    await take(one.lock, 'kept')
    const { claim } = one.table
    vi.spyOn(one.table, 'claim').mockImplementationOnce(async (...args) => {
      await claim.apply(one.table, args)
      throw new Error('the answer was lost')
    })
    await expect(one.lock.acquire('a')).rejects.toThrow('the answer was lost')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await other.lock.acquire('a')).toBeNull()
    expect(await one.lock.owner('a')).toBeNull()
    expect((await take(one.lock, 'a')).fencingToken).toBe(2)
    await Promise.all([one.lock.close(), other.lock.close()])
  })

  it('is left alone while its answer may still come', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const one = open(engine)
    await take(one.lock, 'kept')
    const { claim } = one.table
    let answer = (): void => undefined
    vi.spyOn(one.table, 'claim').mockImplementationOnce(async (...args) => {
      const token = await claim.apply(one.table, args)
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return token
    })
    const acquiring = one.lock.acquire('a')
    await vi.advanceTimersByTimeAsync(100)
    expect(await one.lock.acquire('a')).toBeNull()
    answer()
    expect((await acquiring)?.fencingToken).toBe(1)
    await one.lock.close()
  })
})

describe('a holder whose leases the engine has ended', () => {
  it('comes back under another name with its next claim', async () => {
    const engine = new LeasedEngine({ leaseMs: LEASE_MS })
    const { lock } = open(engine)
    const lease = await take(lock, 'a')
    engine.end(nonceOf(engine, 'a'))
    const next = await take(lock, 'b')
    expect(next.owner).not.toBe(lease.owner)
    await vi.advanceTimersByTimeAsync(0)
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_EXPIRED' })
    expect((await take(lock, 'a')).fencingToken).toBe(2)
    await lock.close()
  })
})
