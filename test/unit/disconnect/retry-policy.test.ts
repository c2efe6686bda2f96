import { describe, expect, it } from 'vitest'
import { type BackOff, delayOf, type RetryFunction, type RetryPolicy } from '../../../src/disconnect/disconnect-decision.js'
import { DEFAULT_SESSION_MANAGER_OPTIONS } from '../../../src/manager/session-manager-options.js'
import { seededRandom } from '../../support/seeded-random.js'

const LONGEST_TIMER_MS = 2 ** 31 - 1
const base: BackOff = { maxRetries: Infinity, initialDelayMs: 1000, factor: 2, maxDelayMs: 60_000, jitter: 'none' }
const ask = (policy: RetryPolicy, attempt: number, random = 0.5): number | null =>
  delayOf(policy, { attempt, failures: attempt, cause: 'connection_lost', sessionId: 's' }, random)
const attempts = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('invariant 11: an exponential back-off', () => {
  it('gives exactly 1000, 2000, 4000 by default without jitter, then gives up', () => {
    const policy: BackOff = { ...DEFAULT_SESSION_MANAGER_OPTIONS.retry, jitter: 'none' }
    expect(attempts(5).map((attempt) => ask(policy, attempt))).toEqual([1000, 2000, 4000, null, null])
  })

  it('grows up to the cap and stays there', () => {
    const policy = base
    expect(attempts(8).map((attempt) => ask(policy, attempt))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('keeps the delay with factor 1, and takes fractions', () => {
    expect(attempts(3).map((attempt) => ask({ ...base, factor: 1 }, attempt))).toEqual([1000, 1000, 1000])
    expect(attempts(3).map((attempt) => ask({ ...base, factor: 1.5 }, attempt))).toEqual([1000, 1500, 2250])
  })

  it('stays a number for 3,000 steps, also where the power overflows', () => {
    for (const jitter of ['none', 'full'] as const) {
      for (const factor of [1, 2, 1e300, Number.MAX_VALUE]) {
        const policy: BackOff = { ...base, factor, jitter, initialDelayMs: 0 }
        const growing: BackOff = { ...base, factor, jitter }
        for (const attempt of attempts(3000)) {
          expect(ask(policy, attempt), `factor ${factor}, attempt ${attempt}`).toBe(0)
          const delayMs = ask(growing, attempt)
          expect(delayMs !== null && delayMs >= 0 && delayMs <= 60_000, `factor ${factor}, attempt ${attempt}: ${delayMs ?? 'null'}`).toBe(true)
        }
      }
    }
  })

  it('never overflows a timer, whatever the cap', () => {
    const policy: BackOff = { ...base, maxDelayMs: Number.MAX_VALUE }
    expect(ask(policy, 2000)).toBe(LONGEST_TIMER_MS)
    expect(ask({ ...base, initialDelayMs: LONGEST_TIMER_MS, maxDelayMs: Infinity }, 1)).toBe(LONGEST_TIMER_MS)
  })

  it('full jitter spreads over the whole delay, and never goes beyond it', () => {
    const random = seededRandom(7)
    const policy: BackOff = { ...base, jitter: 'full' }
    const delays = Array.from({ length: 2000 }, () => ask(policy, 3, random.below(1_000_000) / 1_000_000) ?? -1)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays)).toBeLessThanOrEqual(4000)
    expect(Math.min(...delays)).toBeLessThan(100)
    expect(Math.max(...delays)).toBeGreaterThan(3900)
    expect(delays.every(Number.isInteger)).toBe(true)
  })

  it('takes the chance that it is given, at both ends', () => {
    expect(ask({ ...base, jitter: 'full' }, 2, 0)).toBe(0)
    expect(ask({ ...base, jitter: 'full' }, 2, 0.999_999_9)).toBe(2000)
  })

  it.each<[maxRetries: number, given: (number | null)[]]>([
    [0, [null, null, null]],
    [1, [1000, null, null]],
    [2, [1000, 2000, null]],
    [Infinity, [1000, 2000, 4000]],
  ])('retries %s times', (maxRetries, given) => {
    expect(attempts(3).map((attempt) => ask({ ...base, maxRetries }, attempt))).toEqual(given)
  })
})

describe("an application's own function", () => {
  it.each<[answer: unknown, delayMs: number | null]>([
    [0, 0],
    [1500, 1500],
    [-1, 0],
    [-Infinity, 0],
    [Infinity, LONGEST_TIMER_MS],
    [2 ** 40, LONGEST_TIMER_MS],
    [null, null],
  ])('answers %s with %s', (answer, delayMs) => {
    // An application in JavaScript may answer anything.
    expect(ask((() => answer) as RetryFunction, 1)).toBe(delayMs)
  })

  it.each([NaN, undefined, '5', Promise.resolve(5)])('refuses %s, which gives up nothing', (answer) => {
    expect(() => ask((() => answer) as unknown as RetryFunction, 1)).toThrow(TypeError)
  })

  it('is told what it is asked for', () => {
    const asked: unknown[] = []
    delayOf(
      (context) => {
        asked.push(context)
        return 1
      },
      { attempt: 3, failures: 3, cause: 'rate_limited', sessionId: 'a' },
      0,
    )
    expect(asked).toEqual([{ attempt: 3, failures: 3, cause: 'rate_limited', sessionId: 'a' }])
  })
})
