import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchSilence } from '../../../src/socket/watch-silence.js'
import { FakeBaileys, type FakeSocket } from '../../../src/testing/index.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

interface Watched {
  socket: FakeSocket
  hear: () => void
  /** What the watch told, in order. */
  told: string[]
  end: () => void
}

async function watch(keepAliveIntervalMs: number | undefined): Promise<Watched> {
  const baileys = new FakeBaileys()
  const made = baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const socket = await baileys.takeSocket()
  socket.accept()
  const ending = new AbortController()
  const told: string[] = []
  watchSilence(made, {
    keepAliveIntervalMs,
    ending: ending.signal,
    onDoubt: (isSilent) => {
      told.push(isSilent ? 'in doubt' : 'heard again')
    },
    onSilent: () => {
      told.push('given up')
    },
  })
  return {
    socket,
    hear: () => {
      socket.ws.emit('message', 'a frame')
    },
    told,
    end: () => {
      ending.abort()
    },
  }
}

it('asks, doubts and gives up when nothing comes any more, although the clock was set back', async () => {
  const { socket, hear, told, end } = await watch(30_000)
  hear()
  for (let answer = 0; answer < 10; answer += 1) {
    await vi.advanceTimersByTimeAsync(30_000)
    hear()
  }
  expect(socket.sentNodes).toEqual([])
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(30_000)
  expect({ told, asked: socket.sentNodes }).toEqual({ told: [], asked: [] })
  await vi.advanceTimersByTimeAsync(10_000)
  expect({ told, asked: socket.sentNodes }).toEqual({
    told: [],
    asked: [expect.objectContaining({ tag: 'iq', attrs: expect.objectContaining({ xmlns: 'w:p', type: 'get' }) })],
  })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told).toEqual(['in doubt'])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(told).toEqual(['in doubt', 'given up'])
  expect(socket.sentNodes).toHaveLength(1)
  end()
})

it('tells when something comes again, and begins anew', async () => {
  const { hear, told, end } = await watch(30_000)
  hear()
  await vi.advanceTimersByTimeAsync(60_000)
  hear()
  hear()
  expect(told).toEqual(['in doubt', 'heard again'])
  await vi.advanceTimersByTimeAsync(30_000)
  expect(told).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(told).toEqual(['in doubt', 'heard again', 'in doubt'])
  end()
})

it('has no doubt of a connection on which each answer takes a third of the interval longer', async () => {
  const { hear, told, end } = await watch(10_000)
  hear()
  for (let answer = 0; answer < 50; answer += 1) {
    await vi.advanceTimersByTimeAsync(13_300)
    hear()
  }
  expect(told).toEqual([])
  end()
})

it('begins with the first thing that comes, and ends with the socket', async () => {
  const { hear, told, end } = await watch(undefined)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(vi.getTimerCount()).toBe(0)
  hear()
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(60_000)
  end()
  hear()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(told).toEqual(['in doubt'])
})
