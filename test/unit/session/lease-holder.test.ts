import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionError } from '../../../src/errors.js'
import type { SessionLease } from '../../../src/lease/session-lock.js'
import type { LeaseHolder } from '../../../src/session/lease-holder.js'
import { deferred, never } from '../../support/deferred.js'
import { keep, type ScriptedLock, TIMEOUT_MS } from './scripted-lock.js'

/** Holds a lease while another one, asked for before, has not come yet. `arrive` lets it come, and tells how often it was given back. */
async function holdPastALateOne(lock: ScriptedLock, holder: LeaseHolder): Promise<{ held: SessionLease | null; arrive: () => () => number }> {
  const late = deferred<SessionLease | null>()
  lock.acquireWith = () => late.promise
  const holding = expect(holder.hold()).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
  await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
  await holding
  lock.acquireWith = null
  const arrive = (): (() => number) => {
    const lease = lock.grant()
    late.resolve(lease)
    return () => lock.leases.find((entry) => entry.lease === lease)?.released ?? NaN
  }
  return { held: await holder.hold(), arrive }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('LeaseHolder', () => {
  it('takes one lease, however often and from how many sides it is asked', async () => {
    const { lock, holder } = keep()
    const leases = await Promise.all([holder.hold(), holder.hold(), holder.hold()])
    expect(new Set(leases).size).toBe(1)
    expect(holder.lease).toBe(leases[0])
    expect(lock.acquisitions).toBe(1)
  })

  it('tells when somebody else has it, and asks again the next time', async () => {
    const { lock, holder } = keep()
    lock.acquireWith = () => Promise.resolve(null)
    expect(await holder.hold()).toBeNull()
    expect(holder.lease).toBeNull()
    lock.acquireWith = null
    expect(await holder.hold()).not.toBeNull()
  })

  it('gives it back once, and takes a new one afterwards', async () => {
    const { lock, holder } = keep()
    await holder.hold()
    await Promise.all([holder.release(), holder.release()])
    expect(lock.leases[0]?.released).toBe(1)
    expect(holder.lease).toBeNull()
    expect((await holder.hold())?.fencingToken).toBe(2)
  })

  it('takes a new lease after it was outdated, giving the old one back first', async () => {
    const { lock, holder } = keep()
    const order: string[] = []
    lock.releaseWith = async () => {
      order.push('released')
    }
    await holder.hold()
    lock.acquireWith = async () => {
      order.push('acquired')
      return lock.grant()
    }
    holder.outdate()
    expect((await holder.hold())?.fencingToken).toBe(2)
    expect(order).toEqual(['released', 'acquired'])
    await holder.hold()
    expect(lock.acquisitions).toBe(2)
  })

  it('without a lease there is nothing to outdate', async () => {
    const { lock, holder } = keep()
    holder.outdate()
    await holder.hold()
    await holder.hold()
    expect(lock.acquisitions).toBe(1)
  })

  it('stays outdated when the old lease cannot be given back', async () => {
    const { lock, holder } = keep()
    await holder.hold()
    holder.outdate()
    lock.releaseWith = () => Promise.reject(new Error('down'))
    await expect(holder.hold()).rejects.toThrow('down')
    lock.releaseWith = null
    expect((await holder.hold())?.fencingToken).toBe(2)
  })

  it('tells of a lost lease, and takes another one at the next hold', async () => {
    const { lock, holder, lost } = keep()
    await holder.hold()
    lock.leases[0]?.lose()
    expect(lost()).toBe(1)
    expect((await holder.hold())?.fencingToken).toBe(2)
    expect(lock.leases[0]?.released).toBe(0)
  })

  it('tells a lease that ran out from one that somebody else has', async () => {
    const { lock, holder, lost, expired, taken } = keep()
    await holder.hold()
    const reason = new SessionError('LEASE_EXPIRED', 'its time ran out')
    lock.leases[0]?.lose(reason)
    expect([lost(), expired, taken(), holder.owner]).toEqual([0, [reason], 0, null])
    expect((await holder.hold())?.fencingToken).toBe(2)
    expect(lock.leases[0]?.released).toBe(0)
    lock.leases[1]?.lose(new SessionError('STALE_WRITER', 'somebody else has it'))
    expect([lost(), expired.length, taken()]).toEqual([1, 1, 1])
  })

  it('takes one that ran out before it came for an outage, and not for one that somebody else has', async () => {
    const { lock, holder, taken } = keep()
    const reason = new SessionError('LEASE_EXPIRED', 'its time ran out')
    lock.acquireWith = async () => {
      const lease = lock.grant()
      lock.leases[0]?.lose(reason)
      return lease
    }
    await expect(holder.hold()).rejects.toBe(reason)
    expect(taken()).toBe(0)
  })

  it('tells when somebody else is seen to have the lock', async () => {
    const { lock, holder, taken } = keep()
    lock.acquireWith = () => Promise.resolve(null)
    expect(await holder.hold()).toBeNull()
    expect(taken()).toBe(1)
    lock.ownerWith = () => Promise.resolve('somebody')
    expect(await holder.isFree()).toBe(false)
    expect(taken()).toBe(2)
  })

  it('is silent about a lease that it gave back or replaced before', async () => {
    const { lock, holder, lost } = keep()
    await holder.hold()
    await holder.release()
    lock.leases[0]?.lose()
    await holder.hold()
    holder.outdate()
    await holder.hold()
    lock.leases[1]?.lose()
    expect(lost()).toBe(0)
  })

  it('gives back a lease that came after the deadline', async () => {
    const { lock, holder } = keep()
    const late = deferred<SessionLease | null>()
    lock.acquireWith = () => late.promise
    const holding = expect(holder.hold()).rejects.toMatchObject({ code: 'STORE_TIMEOUT', sessionId: 's' })
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    await holding
    late.resolve(lock.grant())
    await vi.advanceTimersByTimeAsync(0)
    expect(lock.leases[0]?.released).toBe(1)
    expect(holder.lease).toBeNull()
  })

  it('survives a late refusal, too', async () => {
    const { lock, holder } = keep()
    const late = deferred<SessionLease | null>()
    lock.acquireWith = () => late.promise
    const holding = expect(holder.hold()).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    await holding
    late.reject(new Error('down'))
    await vi.advanceTimersByTimeAsync(0)
    expect(holder.lease).toBeNull()
  })

  it('invariant 7: gives back one that came late while another one is held, as often as it takes, and tells each failure', async () => {
    const { lock, holder, errors } = keep()
    const { held, arrive } = await holdPastALateOne(lock, holder)
    lock.releaseWith = () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'down'))
    const given = arrive()
    await vi.advanceTimersByTimeAsync(5000)
    expect(errors.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
    expect(given()).toBe(0)
    lock.releaseWith = null
    await vi.advanceTimersByTimeAsync(5000)
    expect([given(), holder.lease, vi.getTimerCount()]).toEqual([1, held, 0])
    expect(lock.leases.find(({ lease }) => lease === held)?.released).toBe(0)
  })

  it('invariant 7: takes no other lease before one that came late is given back', async () => {
    const { lock, holder } = keep()
    const { held, arrive } = await holdPastALateOne(lock, holder)
    lock.releaseWith = () => Promise.reject(new Error('down'))
    const given = arrive()
    await vi.advanceTimersByTimeAsync(0)
    lock.leases.find(({ lease }) => lease === held)?.lose()
    await expect(holder.hold()).rejects.toThrow('down')
    expect([lock.acquisitions, given()]).toEqual([2, 0])
    lock.releaseWith = null
    expect(await holder.hold()).not.toBeNull()
    expect([lock.acquisitions, given()]).toEqual([3, 1])
  })

  it('a failing lock is no lease, and no deadlock', async () => {
    const { lock, holder } = keep()
    lock.acquireWith = () => Promise.reject(new Error('down'))
    await expect(holder.hold()).rejects.toThrow('down')
    lock.acquireWith = () => {
      throw new Error('thrown')
    }
    await expect(holder.hold()).rejects.toThrow('thrown')
    lock.acquireWith = null
    expect(await holder.hold()).not.toBeNull()
  })

  it('tells of a lease that cannot be given back, and never uses it again: somebody else may have it by now (invariant 1)', async () => {
    const { lock, holder, errors } = keep()
    const lease = await holder.hold()
    lock.releaseWith = () => never()
    const releasing = holder.release()
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    await releasing
    expect(errors.map(({ code }) => code)).toEqual(['STORE_TIMEOUT'])
    lock.releaseWith = () => Promise.resolve()
    expect((await holder.hold())?.fencingToken).toBeGreaterThan(lease?.fencingToken ?? Infinity)
  })

  it('tries again to give back what could not be given back', async () => {
    const { lock, holder } = keep()
    await holder.hold()
    lock.releaseWith = () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'down'))
    await holder.release()
    expect(holder.owner).toBe('me')
    expect(holder.isDone).toBe(false)
    lock.releaseWith = () => Promise.resolve()
    await vi.advanceTimersByTimeAsync(5000)
    expect(holder.owner).toBeNull()
    expect(holder.isDone).toBe(true)
  })

  it('when nobody is there any more to try again, tries what cannot be given back once, however many calls wait for it', async () => {
    const { lock, holder, errors } = keep()
    await holder.hold()
    lock.releaseWith = never
    holder.abandon()
    const releasing = [holder.release(), holder.release(), holder.release()]
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    await Promise.all(releasing)
    expect(errors).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
    expect(holder.hasNone).toBe(false)
  })

  it('is not done while a write may still land, until a new lease has fenced it off', async () => {
    const { holder } = keep()
    await holder.hold()
    holder.noteUncertain()
    await holder.release()
    holder.noteUncertain()
    expect(holder.isDone).toBe(false)
    await holder.hold()
    await holder.release()
    expect(holder.isDone).toBe(true)
  })

  it('is not done while a lease that nobody waits for may still come', async () => {
    const { lock, holder } = keep()
    const { arrive } = await holdPastALateOne(lock, holder)
    await holder.release()
    expect(holder.isDone).toBe(false)
    const timesGivenBack = arrive()
    await vi.advanceTimersByTimeAsync(0)
    expect(timesGivenBack()).toBe(1)
    expect(holder.isDone).toBe(true)
  })

  it('gives a late lease back, whatever becomes of the one that is held (invariant 7)', async () => {
    const { lock, holder } = keep()
    const { arrive } = await holdPastALateOne(lock, holder)
    lock.releaseWith = () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'down'))
    const timesGivenBack = arrive()
    await vi.advanceTimersByTimeAsync(0)
    lock.releaseWith = () => Promise.resolve()
    await holder.release()
    await vi.advanceTimersByTimeAsync(5000)
    expect(timesGivenBack()).toBeGreaterThan(0)
    expect(holder.isDone).toBe(true)
  })

  it('does not trust a lease that was lost while it was taken (invariant 1)', async () => {
    const { lock, holder } = keep()
    lock.acquireWith = () => Promise.resolve({ ...lock.grant(), lost: AbortSignal.abort() })
    expect(await holder.hold()).toBeNull()
  })

  it('finishes what is under way before it takes or gives', async () => {
    const { lock, holder } = keep()
    const slow = deferred<SessionLease | null>()
    lock.acquireWith = () => slow.promise
    const [holding, releasing] = [holder.hold(), holder.release()]
    slow.resolve(lock.grant())
    await Promise.all([holding, releasing])
    expect(lock.leases[0]?.released).toBe(1)
    expect(holder.lease).toBeNull()
  })

  it('knows whether the lock is free; one that cannot be asked counts as held', async () => {
    const { lock, holder } = keep()
    expect(await holder.isFree()).toBe(true)
    // As code without types answers that looks into a map.
    Object.assign(lock, { ownerWith: () => Promise.resolve(undefined) })
    expect(await holder.isFree()).toBe(true)
    lock.ownerWith = () => Promise.resolve('host:1:x')
    expect(await holder.isFree()).toBe(false)
    lock.ownerWith = () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'down'))
    expect(await holder.isFree()).toBe(false)
    lock.ownerWith = () => never()
    const asking = holder.isFree()
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    expect(await asking).toBe(false)
  })
})

describe('a lock that tells by itself when it is free', () => {
  it('is not asked now and then, and not heard any more after the watch has ended', async () => {
    const { lock, holder } = keep()
    const waiting = new Set<() => void>()
    const whenFree = (sessionId: string, onFree: () => void): (() => void) => {
      expect(sessionId).toBe('s')
      waiting.add(onFree)
      return () => waiting.delete(onFree)
    }
    Object.assign(lock, { whenFree })
    const owner = vi.spyOn(lock, 'owner')
    let free = 0
    const onFree = (): void => {
      free += 1
    }
    holder.watchUntilFree(1000, onFree)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([owner.mock.calls.length, waiting.size, free]).toEqual([0, 1, 0])
    for (const tell of [...waiting]) {
      tell()
      tell()
    }
    expect([waiting.size, free]).toEqual([0, 1])
    holder.watchUntilFree(1000, onFree)
    const [late] = waiting
    holder.stopWatching()
    late?.()
    expect([waiting.size, free]).toEqual([0, 1])
  })

  it('is asked as long as a lease of our own is to be given back', async () => {
    const { lock, holder } = keep()
    const whenFree = vi.fn(() => () => undefined)
    Object.assign(lock, { whenFree })
    await holder.hold()
    let free = 0
    holder.watchUntilFree(1000, () => {
      free += 1
    })
    await vi.advanceTimersByTimeAsync(1250)
    expect([whenFree.mock.calls.length, free]).toEqual([0, 1])
    holder.stopWatching()
  })
})
