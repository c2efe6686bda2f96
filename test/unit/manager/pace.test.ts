import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pace } from '../../../src/manager/restore-run.js'

const NEVER = new AbortController().signal

async function startTimes(pace: Pace, count: number, runMs: number): Promise<number[]> {
  const begin = performance.now()
  const times: number[] = []
  for (let index = 0; index < count; index += 1) void pace.turn(NEVER).then(() => times.push(performance.now() - begin))
  await vi.advanceTimersByTimeAsync(runMs)
  return times
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('Pace', () => {
  it('lets the first one start at once, and each further one after the delay', async () => {
    expect(await startTimes(new Pace(1000), 4, 5000)).toEqual([0, 1000, 2000, 3000])
  })

  it('without a delay lets all start at once', async () => {
    expect(await startTimes(new Pace(0), 4, 0)).toEqual([0, 0, 0, 0])
  })

  it('counts the delay from the start before, not from the question', async () => {
    const pace = new Pace(1000)
    await pace.turn(NEVER)
    await vi.advanceTimersByTimeAsync(5000)
    expect(await startTimes(pace, 2, 1000)).toEqual([0, 1000])
  })

  it('called off, nobody starts any more, and no timer is left', async () => {
    const pace = new Pace(1000)
    const stop = new AbortController()
    await pace.turn(stop.signal)
    const turns = [pace.turn(stop.signal), pace.turn(stop.signal)].map((turn) =>
      turn.then(
        () => 'started',
        (error: unknown) => (error instanceof Error ? error.name : 'odd'),
      ),
    )
    await vi.advanceTimersByTimeAsync(500)
    stop.abort()
    expect(await Promise.all(turns)).toEqual(['AbortError', 'AbortError'])
  })

  it('goes on for others after one was called off', async () => {
    const pace = new Pace(1000)
    const stop = new AbortController()
    await pace.turn(NEVER)
    const called = pace.turn(stop.signal).catch(() => 'called off')
    const next = startTimes(pace, 1, 1000)
    stop.abort()
    expect([await called, await next]).toEqual(['called off', [1000]])
  })

  it('is not held up by a clock that is set back', async () => {
    const pace = new Pace(1000)
    await pace.turn(NEVER)
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(await startTimes(pace, 1, 1000)).toEqual([1000])
  })
})
