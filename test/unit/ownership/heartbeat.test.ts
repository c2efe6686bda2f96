import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Heartbeat, type HeartbeatOptions } from '../../../src/ownership/heartbeat.js'

const HOUR_MS = 3_600_000

/** A heart that beats every ten seconds, and how often it did. */
function heart(options: Partial<HeartbeatOptions> = {}): { heartbeat: Heartbeat, beat: () => Promise<void>, onLate: () => Promise<void> } {
  const [beat, onLate] = [vi.fn(async () => undefined), vi.fn(async () => undefined)]
  return { heartbeat: new Heartbeat({ intervalMs: 10_000, staleAfterMs: 60_000, beat, onLate, ...options }), beat, onLate }
}

describe('a heartbeat', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('beats from the first lease to the last', async () => {
    const { heartbeat, beat, onLate } = heart()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(beat).not.toHaveBeenCalled()
    heartbeat.hold()
    heartbeat.hold()
    await vi.advanceTimersByTimeAsync(20_000)
    await heartbeat.drop()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(beat).toHaveBeenCalledTimes(3)
    await heartbeat.drop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(beat).toHaveBeenCalledTimes(3)
    expect(onLate).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([['went on', HOUR_MS], ['was set back', -HOUR_MS]])('says that it was late when the clock %s by an hour between two beats', async (_, by) => {
    const { heartbeat, onLate } = heart()
    heartbeat.hold()
    vi.setSystemTime(Date.now() + by)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(onLate).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(onLate).toHaveBeenCalledOnce()
  })

  it('goes on when a beat fails, and says that it was late', async () => {
    let isBroken = true
    const beat = vi.fn(async () => { if (isBroken) throw new Error('no disk') })
    const { heartbeat, onLate } = heart({ beat })
    heartbeat.hold()
    await vi.advanceTimersByTimeAsync(30_000)
    expect([beat.mock.calls.length, vi.mocked(onLate).mock.calls.length]).toEqual([3, 0])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(onLate).toHaveBeenCalledOnce()
    isBroken = false
    await vi.advanceTimersByTimeAsync(20_000)
    expect([beat.mock.calls.length, vi.mocked(onLate).mock.calls.length]).toEqual([6, 2])
  })

  it('makes one beat at a time, and has none under way when the last lease has ended', async () => {
    let finish = (): void => undefined
    const beat = vi.fn(() => new Promise<void>((resolve) => { finish = resolve }))
    const { heartbeat } = heart({ beat })
    heartbeat.hold()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(beat).toHaveBeenCalledOnce()
    let isOver = false
    const dropping = heartbeat.drop().then(() => { isOver = true })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(isOver).toBe(false)
    finish()
    await dropping
    expect(beat).toHaveBeenCalledOnce()
  })
})
