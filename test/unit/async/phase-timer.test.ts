import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PhaseTimer } from '../../../src/async/phase-timer.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('PhaseTimer', () => {
  it('calls back once, at its moment', () => {
    const called = vi.fn()
    new PhaseTimer().after(1000, called)
    vi.advanceTimersByTime(999)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(called).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a new one replaces the one before', () => {
    const [first, second] = [vi.fn(), vi.fn()]
    const timer = new PhaseTimer()
    timer.after(10, first)
    timer.at(new Date(Date.now() + 20), second)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(100)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1])
  })

  it('calls back soon for a moment that has passed', () => {
    const called = vi.fn()
    new PhaseTimer().at(new Date(0), called)
    vi.advanceTimersByTime(1)
    expect(called).toHaveBeenCalledTimes(1)
  })

  it('takes moments farther away than one timer reaches', () => {
    const called = vi.fn()
    const days = 60 * 24 * 3600 * 1000
    new PhaseTimer().after(days, called)
    vi.advanceTimersByTime(days - 1)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(called).toHaveBeenCalledTimes(1)
  })

  it('forgets, also in the middle of a long wait', () => {
    const called = vi.fn()
    const timer = new PhaseTimer()
    timer.after(60 * 24 * 3600 * 1000, called)
    vi.advanceTimersByTime(30 * 24 * 3600 * 1000)
    timer.clear()
    timer.clear()
    expect(vi.getTimerCount()).toBe(0)
  })
})
