import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { PacedWork } from '../../../src/async/paced-work.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
})

/** Work that is over when it is told so. */
function slowWork(): { work: () => Promise<void>; begun: () => number; end: (error?: Error) => void } {
  const ends: ((error?: Error) => void)[] = []
  let begun = 0
  const work = (): Promise<void> => {
    begun += 1
    return new Promise((resolve, reject) => ends.push((error) => (error === undefined ? resolve() : reject(error))))
  }
  return { work, begun: () => begun, end: (error) => ends.shift()?.(error) }
}

describe('PacedWork', () => {
  it('begins at once, and makes those who ask within the pause share one more run', async () => {
    const runs: number[] = []
    const paced = new PacedWork(async () => void runs.push(performance.now()), 100)
    await paced.run()
    const [start = 0] = runs
    const later = Promise.all([paced.run(), paced.run(), paced.run()])
    await vi.advanceTimersByTimeAsync(99)
    expect(runs).toEqual([start])
    await vi.advanceTimersByTimeAsync(1)
    await later
    expect(runs).toEqual([start, start + 100])
  })

  it('runs again for who asked while it ran: that run may not have seen why', async () => {
    const { work, begun, end } = slowWork()
    const paced = new PacedWork(work, 100)
    const first = paced.run()
    await vi.advanceTimersByTimeAsync(0)
    expect(begun()).toBe(1)
    const second = paced.run()
    end()
    await first
    expect(begun()).toBe(1)
    await vi.advanceTimersByTimeAsync(100)
    expect(begun()).toBe(2)
    end()
    await second
  })

  it('tells a failure to those who asked for that run, and to nobody else', async () => {
    const { work, end } = slowWork()
    const paced = new PacedWork(work, 100)
    const first = paced.run()
    await vi.advanceTimersByTimeAsync(0)
    end(new Error('full'))
    await expect(first).rejects.toThrow('full')
    const second = paced.run()
    await vi.advanceTimersByTimeAsync(100)
    end()
    await second
  })

  it('waits for the run that is under way, and for no other', async () => {
    const { work, begun, end } = slowWork()
    const paced = new PacedWork(work, 100)
    await paced.settled()
    const first = paced.run()
    await vi.advanceTimersByTimeAsync(0)
    const settled = paced.settled()
    void paced.run()
    end()
    await Promise.all([first, settled])
    expect(begun()).toBe(1)
  })
})
