import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freshLifecycle, type Lifecycle } from '../../../src/auth/lifecycle-record.js'
import type { SessionError } from '../../../src/errors.js'
import { processLock } from '../../../src/lease/process-lock.js'
import { LeaseHolder } from '../../../src/session/lease-holder.js'
import { LifecycleMemory } from '../../../src/session/lifecycle-memory.js'

const NOW = new Date('2026-01-02T03:04:05Z')
const RETRY_MS = 5000

function remember(): {
  memory: LifecycleMemory
  written: Lifecycle[]
  fail: (error: Error | null) => void
  errors: SessionError[]
  due: () => number
  holder: LeaseHolder
  lock: ReturnType<typeof processLock>
} {
  const written: Lifecycle[] = []
  const errors: SessionError[] = []
  let failure: Error | null = null
  let due = 0
  const lock = processLock()
  const onError = (error: SessionError): void => {
    errors.push(error)
  }
  const holder = new LeaseHolder({ sessionId: 's', lock, timeoutMs: 1000, onLost: () => undefined, onTaken: () => undefined, onError })
  const memory = new LifecycleMemory({
    sessionId: 's',
    holder,
    onError,
    write: async (_lease, lifecycle) => {
      if (failure !== null) throw failure
      written.push(lifecycle)
    },
    onRetryDue: () => {
      due += 1
      void memory.retry()
    },
  })
  return {
    memory,
    written,
    fail: (error) => {
      failure = error
    },
    errors,
    due: () => due,
    holder,
    lock,
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('LifecycleMemory', () => {
  it('remembers each verdict beside what was known, at once and under a lease', async () => {
    const { memory, written, holder } = remember()
    memory.adopt({ ...freshLifecycle('id'), desired: 'running' })
    memory.note({ kind: 'rate_limited', until: NOW })
    await memory.retry()
    memory.note({ kind: 'logged_out' })
    await memory.retry()
    const limited = { ...freshLifecycle('id'), verdict: { kind: 'rate_limited', until: NOW } }
    expect(written).toEqual([limited, { ...limited, loggedOutAt: NOW }])
    expect(memory.current).toEqual(written[1])
    expect(holder.lease).not.toBeNull()
  })

  it('clears what a connection has proved wrong, once', async () => {
    const { memory, written } = remember()
    memory.adopt({ ...freshLifecycle('id'), loggedOutAt: NOW, verdict: { kind: 'restricted', until: null } })
    await memory.clear()
    await memory.clear()
    expect(written).toEqual([freshLifecycle('id')])
  })

  it('writes later what could not be written, until it is', async () => {
    const { memory, written, fail, errors, due } = remember()
    fail(new Error('disk full'))
    memory.note({ kind: 'logged_out' })
    await memory.retry()
    await vi.advanceTimersByTimeAsync(RETRY_MS * 2)
    expect(errors.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
    fail(null)
    await vi.advanceTimersByTimeAsync(RETRY_MS)
    expect([due(), written.length, written[0]?.loggedOutAt]).toEqual([3, 1, NOW])
    await vi.advanceTimersByTimeAsync(RETRY_MS * 10)
    expect(written).toHaveLength(1)
  })

  it('writes the latest verdict when several could not be written', async () => {
    const { memory, written, fail } = remember()
    fail(new Error('disk full'))
    memory.note({ kind: 'rate_limited', until: NOW })
    await memory.retry()
    memory.note({ kind: 'logged_out' })
    await memory.retry()
    fail(null)
    await vi.advanceTimersByTimeAsync(RETRY_MS)
    expect(written).toEqual([{ ...freshLifecycle(null), loggedOutAt: NOW, verdict: { kind: 'rate_limited', until: NOW } }])
  })

  it('leaves it to another process that runs the session by now', async () => {
    const { memory, written, errors, lock } = remember()
    await lock.acquire('s')
    memory.note({ kind: 'logged_out' })
    await memory.retry()
    expect([written, errors]).toEqual([[], []])
  })

  it('gives up on demand', async () => {
    const { memory, written, fail } = remember()
    fail(new Error('disk full'))
    memory.note({ kind: 'logged_out' })
    await memory.retry()
    memory.forget()
    fail(null)
    await memory.retry()
    expect(written).toEqual([])
  })
})
