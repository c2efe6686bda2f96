import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionError } from '../../../src/errors.js'
import type { RestoreProgress, RestoreReport, RestoreResult } from '../../../src/manager/restore-report.js'
import { RestoreRun, type RestoreRunOptions } from '../../../src/manager/restore-run.js'
import { deferred, never } from '../../support/deferred.js'

const restored = (sessionId: string): RestoreResult => ({ sessionId, outcome: 'restored', reason: null, durationMs: 0 })
const skipped = (sessionId: string): RestoreResult => ({ sessionId, outcome: 'skipped', reason: 'never_paired', durationMs: 0 })
const named = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`)
const take = (delayMs: number) => (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, delayMs)
  })

interface Watched {
  run: RestoreRun
  started: string[]
  most: () => number
  times: number[]
}

/** A run over sessions whose restore takes as long as `work` says. */
function begin(sessionIds: string[], work: (sessionId: string) => Promise<unknown>, options: Partial<RestoreRunOptions> = {}): Watched {
  const started: string[] = []
  const times: number[] = []
  const startedAt = Date.now()
  let [running, most] = [0, 0]
  const run = new RestoreRun({
    concurrency: 5,
    delayMs: 0,
    candidates: () => Promise.resolve(sessionIds.map((sessionId) => ({ sessionId, record: null }))),
    resultAtRest: () => Promise.resolve(null),
    restore: async (sessionId) => {
      started.push(sessionId)
      times.push(Date.now() - startedAt)
      most = Math.max(most, ++running)
      await work(sessionId)
      running -= 1
      return restored(sessionId)
    },
    ...options,
  })
  return { run, started, most: () => most, times }
}

const count = ({ total, restored: ok, retrying, skipped: left, failed }: RestoreReport): number[] => [
  total,
  ok.length,
  retrying.length,
  left.length,
  failed.length,
]

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('RestoreRun', () => {
  it('restores each session once, a bounded number at once', async () => {
    const { run, started, most } = begin(named(20), take(100))
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(1000)
    expect(count(await report)).toEqual([20, 20, 0, 0, 0])
    expect([most(), started]).toEqual([5, named(20)])
  })

  it('starts them apart, and waits for no start where there is nothing to start', async () => {
    const { run, times } = begin(named(30), take(10), {
      delayMs: 1000,
      resultAtRest: ({ sessionId }) => Promise.resolve(Number(sessionId.slice(1)) % 10 === 0 ? null : skipped(sessionId)),
    })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(5000)
    expect(count(await report)).toEqual([30, 3, 0, 27, 0])
    expect(times).toEqual([0, 1000, 2000])
  })

  it('starts in the order of the candidates, though looking at some takes longer', async () => {
    const slow = deferred<RestoreResult | null>()
    const { run, started } = begin(named(4), take(10), { resultAtRest: ({ sessionId }) => (sessionId === 's0' ? slow.promise : Promise.resolve(null)) })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(500)
    slow.resolve(null)
    await vi.advanceTimersByTimeAsync(100)
    await report
    expect(started).toEqual(named(4))
  })

  it('one whose look hangs does not hold up the others', async () => {
    const slow = deferred<RestoreResult | null>()
    const { run, started } = begin(named(4), take(10), { resultAtRest: ({ sessionId }) => (sessionId === 's0' ? slow.promise : Promise.resolve(null)) })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(1500)
    expect(started).toEqual(['s1', 's2', 's3'])
    slow.resolve(skipped('s0'))
    expect(count(await report)).toEqual([4, 3, 0, 1, 0])
  })

  it('invariant 9: one that cannot be looked at is failed, and the others are restored', async () => {
    const { run } = begin(named(3), take(10), {
      resultAtRest: ({ sessionId }) => (sessionId === 's1' ? Promise.reject(new SessionError('INVALID_SESSION_ID', 'no')) : Promise.resolve(null)),
    })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(100)
    expect(await report).toMatchObject({
      restored: [{ sessionId: 's0' }, { sessionId: 's2' }],
      failed: [{ sessionId: 's1', error: { code: 'INVALID_SESSION_ID' } }],
    })
  })

  it('goes on with the next ones when the first dial of one was not answered, and waits for its result', async () => {
    const result = deferred<RestoreResult>()
    const started: string[] = []
    const { run } = begin(named(3), take(0), {
      concurrency: 1,
      restore: (sessionId, onUnanswered) => {
        started.push(sessionId)
        if (sessionId !== 's0') return Promise.resolve(restored(sessionId))
        setTimeout(onUnanswered, 100)
        return result.promise
      },
    })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(99)
    expect(started).toEqual(['s0'])
    await vi.advanceTimersByTimeAsync(1)
    expect(started).toEqual(named(3))
    result.resolve({ sessionId: 's0', outcome: 'retrying', reason: 'retries_exhausted', durationMs: 0 })
    expect(count(await report)).toEqual([3, 2, 1, 0, 0])
  })

  it('takes any concurrency', async () => {
    const { run, most } = begin(named(3), take(10), { concurrency: Number.MAX_SAFE_INTEGER })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(100)
    expect(count(await report)).toEqual([3, 3, 0, 0, 0])
    expect(most()).toBe(3)
  })

  it('is over at once when there is nothing to restore', async () => {
    expect(count(await begin([], take(0)).run.join({}))).toEqual([0, 0, 0, 0, 0])
  })

  it('rejects when nobody can say what there is', async () => {
    const { run } = begin([], take(0), { candidates: () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'down')) })
    await expect(run.join({})).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('tells everybody who waits how far it has come, from when they joined', async () => {
    const { run } = begin(named(4), take(100), { concurrency: 1 })
    const [first, second]: RestoreProgress[][] = [[], []]
    const early = run.join({ onProgress: (progress) => first?.push(progress) })
    await vi.advanceTimersByTimeAsync(250)
    const late = run.join({ onProgress: (progress) => second?.push(progress) })
    await vi.advanceTimersByTimeAsync(1000)
    expect(await late).toBe(await early)
    expect(first?.map(({ done, total }) => `${done}/${total}`)).toEqual(['1/4', '2/4', '3/4', '4/4'])
    expect(second?.map(({ done }) => done)).toEqual([3, 4])
  })
})

describe('a run that is called off', () => {
  it('by its only caller starts nothing more, and tells that caller at once', async () => {
    const { run, started } = begin(named(10), take(1000), { concurrency: 2 })
    const stop = new AbortController()
    const joining = run.join({ signal: stop.signal })
    await vi.advanceTimersByTimeAsync(1500)
    stop.abort()
    expect(count(await joining)).toEqual([10, 2, 0, 8, 0])
    expect(run.isCalledOff).toBe(true)
    await vi.advanceTimersByTimeAsync(5000)
    expect(started).toHaveLength(4)
    expect(count(await run.finished)).toEqual([10, 4, 0, 6, 0])
  })

  it('by one of two callers goes on for the other', async () => {
    const { run } = begin(named(4), take(1000), { concurrency: 2 })
    const stop = new AbortController()
    const [leaving, staying] = [run.join({ signal: stop.signal }), run.join({})]
    await vi.advanceTimersByTimeAsync(500)
    stop.abort()
    expect(count(await leaving)).toEqual([4, 0, 0, 4, 0])
    await vi.advanceTimersByTimeAsync(5000)
    expect(count(await staying)).toEqual([4, 4, 0, 0, 0])
  })

  it('before it has begun starts nothing', async () => {
    const { run, started } = begin(named(4), take(10))
    expect(count(await run.join({ signal: AbortSignal.abort() }))).toEqual([4, 0, 0, 4, 0])
    expect(count(await run.finished)).toEqual([4, 0, 0, 4, 0])
    expect(started).toEqual([])
  })

  it('in the middle of a wait leaves no timer', async () => {
    const { run } = begin(named(4), take(10), { delayMs: 60_000 })
    const report = run.join({})
    await vi.advanceTimersByTimeAsync(100)
    run.abort()
    expect(count(await report)).toEqual([4, 1, 0, 3, 0])
  })

  it('while a look hangs lets the caller go', async () => {
    const { run } = begin(named(2), take(10), { resultAtRest: () => never() })
    const stop = new AbortController()
    const joining = run.join({ signal: stop.signal })
    await vi.advanceTimersByTimeAsync(10)
    stop.abort()
    expect(count(await joining)).toEqual([2, 0, 0, 2, 0])
    await vi.advanceTimersByTimeAsync(5000)
  })
})
