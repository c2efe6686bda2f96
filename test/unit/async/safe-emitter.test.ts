import { describe, expect, it, vi } from 'vitest'
import { SafeEmitter } from '../../../src/async/safe-emitter.js'

interface Events {
  told: [event: { sessionId: string }]
  error: [event: { sessionId: string }]
}

const event = { sessionId: 's' }

function makeEmitter(): { emitter: SafeEmitter<Events>; failures: [string, unknown][] } {
  const failures: [string, unknown][] = []
  const emitter = new SafeEmitter<Events>((name, error) => {
    failures.push([name, error])
  })
  return { emitter, failures }
}

describe('SafeEmitter', () => {
  it('tells every listener of an event, in order, and says whether there is one', () => {
    const { emitter } = makeEmitter()
    const heard: string[] = []
    expect(emitter.emit('told', event)).toBe(false)
    emitter.on('told', ({ sessionId }) => {
      heard.push(`first ${sessionId}`)
    })
    emitter.on('told', ({ sessionId }) => {
      heard.push(`second ${sessionId}`)
    })
    expect(emitter.emit('told', event)).toBe(true)
    expect(heard).toEqual(['first s', 'second s'])
  })

  it('invariant 9: what a listener throws reaches neither the emitter nor the other listeners', () => {
    const { emitter, failures } = makeEmitter()
    const [before, after] = [vi.fn(), vi.fn()]
    const error = new Error('boom')
    emitter.on('told', before)
    emitter.on('told', () => {
      throw error
    })
    emitter.on('told', after)
    emitter.emit('told', event)
    expect([before.mock.calls, after.mock.calls]).toEqual([[[event]], [[event]]])
    expect(failures).toEqual([['told', error]])
  })

  it('invariant 9: what an asynchronous listener rejects with becomes no unhandled rejection', async () => {
    const { emitter, failures } = makeEmitter()
    const error = new Error('later')
    emitter.on('told', () => Promise.reject(error))
    emitter.on('told', async () => {
      await Promise.resolve()
      throw error
    })
    emitter.emit('told', event)
    await vi.waitFor(() => {
      expect(failures).toEqual([
        ['told', error],
        ['told', error],
      ])
    })
  })

  it('passes on a failure of an error listener like any other: who is told decides what becomes of it', () => {
    const { emitter, failures } = makeEmitter()
    emitter.on('error', () => {
      throw new Error('again')
    })
    emitter.emit('error', event)
    expect(failures.map(([name]) => name)).toEqual(['error'])
  })

  it('an error without a listener is nothing to die of', () => {
    const { emitter } = makeEmitter()
    expect(() => emitter.emit('error', event)).not.toThrow()
  })

  it('once is once', () => {
    const { emitter } = makeEmitter()
    const listener = vi.fn()
    emitter.once('told', listener)
    emitter.emit('told', event)
    emitter.emit('told', event)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('off finds what on and once added, and only on that event', () => {
    const { emitter } = makeEmitter()
    const listener = vi.fn()
    emitter.on('told', listener)
    emitter.once('told', listener)
    emitter.on('error', listener)
    emitter.off('told', listener)
    emitter.emit('told', event)
    expect(listener).not.toHaveBeenCalled()
    emitter.emit('error', event)
    expect(listener).toHaveBeenCalledTimes(1)
    emitter.off('told', () => undefined)
  })

  it('a listener may take itself away, and add others, while it is told', () => {
    const { emitter } = makeEmitter()
    const added = vi.fn()
    const listener = vi.fn(() => {
      emitter.off('told', listener)
      emitter.on('told', added)
    })
    emitter.on('told', listener)
    emitter.emit('told', event)
    emitter.emit('told', event)
    expect([listener.mock.calls.length, added.mock.calls.length]).toEqual([1, 1])
  })

  it('is silent once it is cleared', () => {
    const { emitter } = makeEmitter()
    const listener = vi.fn()
    emitter.on('told', listener)
    emitter.clear()
    expect(emitter.emit('told', event)).toBe(false)
    emitter.off('told', listener)
    expect(listener).not.toHaveBeenCalled()
  })
})
