import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BusyWait } from '../../../../src/adapters/sqlite/sqlite-connection.js'
import { outcome } from '../../../support/outcome.js'

const LOCKED = new Error('locked')
const isLocked = (error: unknown): boolean => error === LOCKED

describe('waiting for a lock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    // The longest pauses: 2, 4, 8 and 16 ms, then 20 ms each.
    vi.spyOn(Math, 'random').mockReturnValue(1)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('tries at once, before anything else happens', async () => {
    const work = vi.fn(() => 'done')
    const running = new BusyWait().run(0, isLocked, work)
    expect(work).toHaveBeenCalledOnce()
    expect(await running).toBe('done')
  })

  it('tries again until its time is over, and then tells the last error', async () => {
    const tries: number[] = []
    const began = performance.now()
    const running = outcome(
      new BusyWait().run(60, isLocked, () => {
        tries.push(performance.now() - began)
        throw LOCKED
      }),
    )
    await vi.advanceTimersByTimeAsync(1000)
    expect(await running).toBe('Error: locked')
    expect(tries).toEqual([0, 2, 6, 14, 30, 50, 70])
  })

  it('is not held up by a clock that is set back', async () => {
    const running = outcome(
      new BusyWait().run(100, isLocked, () => {
        throw LOCKED
      }),
    )
    vi.setSystemTime(0)
    await vi.advanceTimersByTimeAsync(200)
    expect(await running).toBe('Error: locked')
  })

  it('tells any other error at once', async () => {
    const work = vi.fn(() => {
      throw new Error('another')
    })
    expect(await outcome(new BusyWait().run(1000, isLocked, work))).toBe('Error: another')
    expect(work).toHaveBeenCalledOnce()
  })

  it('lets one of hundreds try for all, and then all have their turn, in order', async () => {
    const waiting = new BusyWait()
    let isHeld = true
    let tries = 0
    const done: number[] = []
    const running = Array.from({ length: 300 }, (_, index) =>
      waiting.run(1000, isLocked, () => {
        tries += 1
        if (isHeld) throw LOCKED
        done.push(index)
      }),
    )
    await vi.advanceTimersByTimeAsync(55)
    expect(tries).toBe(6)
    isHeld = false
    await vi.advanceTimersByTimeAsync(20)
    await Promise.all(running)
    expect(tries).toBe(306)
    expect(done).toEqual(Array.from({ length: 300 }, (_, index) => index))
  })

  it('gives each of hundreds its error when the lock stays', async () => {
    const waiting = new BusyWait()
    const running = Array.from({ length: 300 }, () =>
      outcome(
        waiting.run(100, isLocked, () => {
          throw LOCKED
        }),
      ),
    )
    await vi.advanceTimersByTimeAsync(130)
    expect(new Set(await Promise.all(running))).toEqual(new Set(['Error: locked']))
  })
})
