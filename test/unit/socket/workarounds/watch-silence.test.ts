import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchSilence } from '../../../../src/socket/workarounds/watch-silence.js'
import { FakeBaileys } from '../../../../src/testing/index.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function watch(keepAliveIntervalMs: number | undefined): { hear: () => void; onSilent: ReturnType<typeof vi.fn>; end: () => void } {
  const baileys = new FakeBaileys()
  const { ws } = baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const ending = new AbortController()
  const onSilent = vi.fn()
  watchSilence({ ws }, { keepAliveIntervalMs, ending: ending.signal, onSilent })
  return {
    hear: () => {
      ws.emit('message', 'a frame')
    },
    onSilent,
    end: () => {
      ending.abort()
    },
  }
}

it('tells of a connection on which nothing comes any more, although the clock was set back', async () => {
  const { hear, onSilent, end } = watch(10_000)
  hear()
  for (let answer = 0; answer < 10; answer += 1) {
    await vi.advanceTimersByTimeAsync(10_000)
    hear()
  }
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(29_999)
  expect(onSilent).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(onSilent).toHaveBeenCalledTimes(1)
  end()
})

it('begins with the first thing that comes, and ends with the socket', async () => {
  const { hear, onSilent, end } = watch(undefined)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(vi.getTimerCount()).toBe(0)
  hear()
  expect(vi.getTimerCount()).toBe(1)
  end()
  hear()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(onSilent).not.toHaveBeenCalled()
})
