import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KeyUse } from '../../../../src/socket/key-use.js'
import { flushBufferedEvents } from '../../../../src/socket/workarounds/flush-buffered-events.js'
import { FakeBaileys } from '../../../../src/testing/index.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A socket whose buffer never flushes by itself, as that of Baileys 6.7.24, or one of Baileys 7. */
function makeSocket(isOld: boolean): { flush: ReturnType<typeof vi.fn>; keyUse: KeyUse; end: () => void } {
  const baileys = new FakeBaileys()
  const socket = baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const flush = vi.fn()
  socket.ev.flush = flush
  if (isOld) Object.defineProperty(socket, 'ev', { value: withoutDestroy(socket.ev) })
  const keyUse = new KeyUse()
  const ending = new AbortController()
  flushBufferedEvents(socket, { keyUse, ending: ending.signal })
  return {
    flush,
    keyUse,
    end: () => {
      ending.abort()
    },
  }
}

function withoutDestroy<Events extends object>(events: Events): Events {
  return new Proxy(events, {
    has: (target, name) => name !== 'destroy' && Reflect.has(target, name),
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

describe('flushBufferedEvents', () => {
  it('flushes every quarter of a second, until the end of its generation begins', async () => {
    const { flush, end } = makeSocket(true)
    await vi.advanceTimersByTimeAsync(1000)
    expect(flush).toHaveBeenCalledTimes(4)
    end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(vi.getTimerCount()).toBe(0)
    expect(flush).toHaveBeenCalledTimes(4)
  })

  it('waits while keys are in use', async () => {
    const { flush, keyUse } = makeSocket(true)
    const { keys } = keyUse.watch({ creds: new FakeBaileys().initAuthCreds(), keys: { get: async () => new Promise(() => undefined), set: () => undefined } })
    void keys.get('session', ['one'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(flush).not.toHaveBeenCalled()
  })

  it('leaves a buffer alone that flushes by itself', async () => {
    const { flush } = makeSocket(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(flush).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
