import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { boundedBy, withDeadline, withSignal } from '../../../src/async/deadline.js'
import { deferred, never } from '../../support/deferred.js'

const late = (): Error => new Error('late')
const listenersOf = (signal: AbortSignal): { added: number; removed: number } => {
  const counts = { added: 0, removed: 0 }
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...call: Parameters<typeof addEventListener>) => {
    counts.added += 1
    addEventListener.apply(signal, call)
  }
  signal.removeEventListener = (...call: Parameters<typeof removeEventListener>) => {
    counts.removed += 1
    removeEventListener.apply(signal, call)
  }
  return counts
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('withDeadline', () => {
  it('settles as the work does, and leaves no timer', async () => {
    expect(await withDeadline(Promise.resolve(1), 1000, late)).toBe(1)
    await expect(withDeadline(Promise.reject(new Error('work')), 1000, late)).rejects.toThrow('work')
  })

  it('rejects at the deadline; what the work does later reaches nobody', async () => {
    const work = deferred()
    const waiting = expect(withDeadline(work.promise, 1000, late)).rejects.toThrow('late')
    await vi.advanceTimersByTimeAsync(1000)
    await waiting
    work.reject(new Error('too late'))
    await vi.advanceTimersByTimeAsync(0)
  })
})

describe('withSignal', () => {
  it('settles as the work does, and takes its listener back', async () => {
    const { signal } = new AbortController()
    const counts = listenersOf(signal)
    expect(await withSignal(Promise.resolve(1), signal)).toBe(1)
    await expect(withSignal(Promise.reject(new Error('work')), signal)).rejects.toThrow('work')
    expect(counts).toEqual({ added: 2, removed: 2 })
    expect(await withSignal(Promise.resolve(2), undefined)).toBe(2)
  })

  it('rejects with the reason of the signal, at once or later', async () => {
    const reason = new Error('enough')
    await expect(withSignal(never(), AbortSignal.abort(reason))).rejects.toBe(reason)
    const stop = new AbortController()
    const waiting = withSignal(never(), stop.signal)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    await expect(withSignal(never(), AbortSignal.abort('a text'))).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('boundedBy', () => {
  it('tells the work when the caller leaves, and lets the caller go', async () => {
    const stop = new AbortController()
    let told: AbortSignal | undefined
    const waiting = expect(
      boundedBy({ signal: stop.signal, onTimeout: late }, (signal) => {
        told = signal
        return never()
      }),
    ).rejects.toMatchObject({ name: 'AbortError' })
    stop.abort()
    await waiting
    expect(told?.aborted).toBe(true)
  })

  it('rejects when the time is up', async () => {
    const waiting = expect(boundedBy({ timeoutMs: 50, onTimeout: late }, () => never())).rejects.toThrow('late')
    await vi.advanceTimersByTimeAsync(50)
    await waiting
  })

  it('leaves neither timer nor listener behind, however it ends', async () => {
    const { signal } = new AbortController()
    const counts = listenersOf(signal)
    expect(await boundedBy({ signal, timeoutMs: 50, onTimeout: late }, () => Promise.resolve('done'))).toBe('done')
    await expect(boundedBy({ signal, timeoutMs: 50, onTimeout: late }, () => Promise.reject(new Error('work')))).rejects.toThrow('work')
    expect(counts.added).toBe(counts.removed)
  })
})
