import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Heartbeat, type HeartbeatOptions } from '../../../src/lease/heartbeat.js'

const HOUR_MS = 3_600_000
const [ONE, OTHER] = [{}, {}]

/** A heart that beats every ten seconds, and how often it did. */
function heart(options: Partial<HeartbeatOptions> = {}): { heartbeat: Heartbeat } & Pick<HeartbeatOptions, 'beat' | 'onLate' | 'onLapsed'> {
  const calls = { beat: vi.fn(async () => true), onLate: vi.fn(async () => undefined), onLapsed: vi.fn(), ...options }
  return { heartbeat: new Heartbeat({ intervalMs: 10_000, staleAfterMs: 60_000, ...calls }), ...calls }
}

/** What a test says when it is done, to be called later. */
function later(): { promise: Promise<boolean>; settle: (value: boolean) => void } {
  let settle: (value: boolean) => void = () => undefined
  const promise = new Promise<boolean>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

describe('a heartbeat', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('beats from the first lease to the last', async () => {
    const { heartbeat, beat, onLate, onLapsed } = heart()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(beat).not.toHaveBeenCalled()
    await heartbeat.hold(ONE)
    await heartbeat.hold(OTHER)
    await vi.advanceTimersByTimeAsync(20_000)
    heartbeat.drop(ONE)
    heartbeat.drop(ONE)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(beat).toHaveBeenCalledTimes(3)
    const letGo = vi.fn(async () => undefined)
    await heartbeat.part(OTHER, letGo)
    expect(letGo).toHaveBeenCalledExactlyOnceWith(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(beat).toHaveBeenCalledTimes(3)
    expect([onLate, onLapsed].map((call) => vi.mocked(call).mock.calls)).toEqual([[], []])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on when the last lease could not be let go', async () => {
    const { heartbeat, beat } = heart()
    await heartbeat.hold(ONE)
    await expect(heartbeat.part(ONE, () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(beat).toHaveBeenCalledOnce()
  })

  it.each([
    ['went on', HOUR_MS],
    ['was set back', -HOUR_MS],
  ])('says that it was late when the clock %s by an hour between two beats', async (_, by) => {
    const { heartbeat, onLate } = heart()
    await heartbeat.hold(ONE)
    vi.setSystemTime(Date.now() + by)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(onLate).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(onLate).toHaveBeenCalledOnce()
  })

  it('goes on when a beat fails, and says that it was late', async () => {
    let isBroken = true
    const beat = vi.fn(async () => {
      if (isBroken) throw new Error('no disk')
      return true
    })
    const { heartbeat, onLate, onLapsed } = heart({ beat })
    await heartbeat.hold(ONE)
    await vi.advanceTimersByTimeAsync(30_000)
    expect([beat.mock.calls.length, vi.mocked(onLate).mock.calls.length]).toEqual([3, 0])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(onLate).toHaveBeenCalledOnce()
    isBroken = false
    await vi.advanceTimersByTimeAsync(20_000)
    expect([beat.mock.calls.length, vi.mocked(onLate).mock.calls.length]).toEqual([6, 2])
    expect(onLapsed).not.toHaveBeenCalled()
  })

  it('makes one beat at a time, and has none under way when the last lease is let go; the next lease waits for that', async () => {
    const beating = later()
    const { heartbeat, beat } = heart({ beat: vi.fn(() => beating.promise) })
    await heartbeat.hold(ONE)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(beat).toHaveBeenCalledOnce()
    const order: string[] = []
    const ends = [
      heartbeat.part(ONE, async () => {
        order.push('let go')
      }),
      heartbeat.hold(OTHER).then(() => order.push('held')),
    ]
    await vi.advanceTimersByTimeAsync(10_000)
    expect(order).toEqual([])
    beating.settle(true)
    await Promise.all(ends)
    expect(order).toEqual(['let go', 'held'])
    expect(beat).toHaveBeenCalledOnce()
  })

  it('has lapsed when the engine says so, or when no beat has come through for too long', async () => {
    const refused = heart({ beat: vi.fn(async () => false) })
    await refused.heartbeat.hold(ONE)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(refused.onLapsed).toHaveBeenCalledOnce()
    const broken = heart({ lapsesAfterMs: 25_000, beat: vi.fn(() => Promise.reject(new Error('no network'))) })
    await broken.heartbeat.hold(ONE)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(broken.onLapsed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(broken.onLapsed).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(broken.onLapsed).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not take the answer to a beat that hung until it had lapsed for one of the leases that came after it', async () => {
    const hanging = later()
    const beat = vi.fn(async () => true).mockReturnValueOnce(hanging.promise)
    const { heartbeat, onLapsed } = heart({ lapsesAfterMs: 25_000, beat })
    await heartbeat.hold(ONE)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(onLapsed).toHaveBeenCalledOnce()
    await heartbeat.hold(OTHER)
    hanging.settle(false)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(beat).toHaveBeenCalledTimes(4)
    expect(onLapsed).toHaveBeenCalledOnce()
  })
})
