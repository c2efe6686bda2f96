import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WriteQueue } from '../../../src/auth/write-queue.js'
import { SessionError, type SessionErrorCode } from '../../../src/errors.js'
import type { RecordChange } from '../../../src/store/session-store.js'
import { deferred, never } from '../../support/deferred.js'

const TIMEOUT_MS = 1000
const change = (id: string, value: string | null = 'v'): RecordChange => ({ type: 'pre-key', id, value })
const creds = (value: string): RecordChange => ({ type: 'creds', id: '', value })
const storeError = (code: SessionErrorCode): SessionError => new SessionError(code, 'it failed')

/** A queue over a store that does what `answers` say, then succeeds; with what it was asked, and what was told. */
function makeQueue(...answers: (() => Promise<void>)[]): { queue: WriteQueue; writes: string[]; failures: string[]; running: () => number } {
  const writes: string[] = []
  const failures: string[] = []
  let [running, most] = [0, 0]
  const queue = new WriteQueue({
    sessionId: 's',
    timeoutMs: TIMEOUT_MS,
    write: async (changes, { replaceAll }) => {
      most = Math.max(most, ++running)
      writes.push(`${replaceAll === true ? 'all: ' : ''}${changes.map(({ id, value }) => (id === '' ? value : id)).join(' ')}`)
      try {
        await (answers.shift()?.() ?? Promise.resolve())
      } finally {
        running -= 1
      }
    },
    onFailure: (error) => {
      failures.push(error.code)
    },
  })
  return { queue, writes, failures, running: () => most }
}

const fail = (code: SessionErrorCode) => (): Promise<void> => Promise.reject(storeError(code))
const codeOf = (work: Promise<void>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof SessionError ? error.code : String(error)),
  )

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('invariant 6: the order of writes', () => {
  it('one at a time, in the order they came', async () => {
    const [first, second] = [deferred(), deferred()]
    const { queue, writes, running } = makeQueue(
      () => first.promise,
      () => second.promise,
    )
    const written = Promise.all([queue.write([change('1')]), queue.write([change('2')]), queue.write([change('3')], true)])
    await vi.advanceTimersByTimeAsync(10)
    expect(writes).toEqual(['1'])
    first.resolve()
    await vi.advanceTimersByTimeAsync(10)
    expect(writes).toEqual(['1', '2'])
    second.resolve()
    await written
    expect(writes).toEqual(['1', '2', 'all: 3'])
    expect(running()).toBe(1)
  })

  it('a batch is one call, with deletions in it', async () => {
    const { queue, writes } = makeQueue()
    await queue.write([change('1'), change('2', null), change('3')])
    expect(writes).toEqual(['1 2 3'])
  })

  it('is idle once everything queued is written, also what came meanwhile', async () => {
    const { queue, writes } = makeQueue()
    await queue.idle()
    void queue.write([change('1')])
    const idle = queue.idle()
    void queue.write([change('2')])
    await idle
    expect(writes).toEqual(['1', '2'])
  })
})

describe('creds', () => {
  it('saved many times in one tick are written once, as they are then', async () => {
    const { queue, writes } = makeQueue()
    await Promise.all(['a', 'b', 'c'].map((value) => queue.writeLatest(() => creds(value))))
    expect(writes).toEqual(['c'])
  })

  it('saved while they are being written are written once more', async () => {
    const slow = deferred()
    const { queue, writes } = makeQueue(() => slow.promise)
    const first = queue.writeLatest(() => creds('a'))
    await vi.advanceTimersByTimeAsync(1)
    const later = ['b', 'c', 'd'].map((value) => queue.writeLatest(() => creds(value)))
    slow.resolve()
    await Promise.all([first, ...later])
    expect(writes).toEqual(['a', 'd'])
  })

  it('keep their place among other writes', async () => {
    const { queue, writes } = makeQueue()
    const all = [queue.write([change('1')]), queue.writeLatest(() => creds('a')), queue.write([change('2')]), queue.writeLatest(() => creds('b'))]
    await Promise.all(all)
    expect(writes).toEqual(['1', 'b', '2'])
  })

  it('that cannot be put into text fail like any write', async () => {
    const { queue, failures } = makeQueue()
    expect(
      await codeOf(
        queue.writeLatest(() => {
          throw new TypeError('cyclic')
        }),
      ),
    ).toBe('STORE_UNAVAILABLE')
    expect(failures).toEqual(['STORE_UNAVAILABLE'])
  })
})

describe('a write that is rejected', () => {
  it('is tried again, before anything else is written', async () => {
    const { queue, writes, failures } = makeQueue(fail('STORE_UNAVAILABLE'), fail('STORE_UNAVAILABLE'))
    const written = Promise.all([queue.write([change('1')]), queue.write([change('2')])])
    await vi.advanceTimersByTimeAsync(99)
    expect(writes).toEqual(['1'])
    await vi.advanceTimersByTimeAsync(501)
    await written
    expect(writes).toEqual(['1', '1', '1', '2'])
    expect(failures).toEqual([])
  })

  it('three times ends the queue: told once, everything queued fails, nothing is accepted', async () => {
    const { queue, writes, failures } = makeQueue(fail('STORE_UNAVAILABLE'), fail('STORE_UNAVAILABLE'), fail('STORE_UNAVAILABLE'))
    const codes = Promise.all([codeOf(queue.write([change('1')])), codeOf(queue.write([change('2')])), codeOf(queue.writeLatest(() => creds('a')))])
    await vi.advanceTimersByTimeAsync(600)
    expect(await codes).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
    expect(await codeOf(queue.write([change('3')]))).toBe('STORE_UNAVAILABLE')
    expect(await codeOf(queue.writeLatest(() => creds('b')))).toBe('STORE_UNAVAILABLE')
    expect(writes).toEqual(['1', '1', '1'])
    expect(failures).toEqual(['STORE_UNAVAILABLE'])
    await queue.idle()
  })

  it('with anything that is no SessionError counts as a store that cannot be reached', async () => {
    const { queue, writes } = makeQueue(
      () => Promise.reject(new Error('EMFILE')),
      () => {
        throw new Error('thrown')
      },
    )
    const written = queue.write([change('1')])
    await vi.advanceTimersByTimeAsync(600)
    await written
    expect(writes).toHaveLength(3)
  })

  it.each(['STALE_WRITER', 'RECORD_CORRUPT', 'LEGACY_SESSION'] as const)('with %s is not tried again', async (code) => {
    const { queue, writes, failures } = makeQueue(fail(code))
    expect(await codeOf(queue.write([change('1')]))).toBe(code)
    expect([writes, failures]).toEqual([['1'], [code]])
  })
})

describe('a write that hangs', () => {
  it('fails at its deadline and is not tried again: its outcome is unknown', async () => {
    const { queue, writes, failures } = makeQueue(() => never())
    const codes = Promise.all([codeOf(queue.write([change('1')])), codeOf(queue.write([change('2')]))])
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    expect(await codes).toEqual(['STORE_TIMEOUT', 'STORE_TIMEOUT'])
    expect([writes, failures]).toEqual([['1'], ['STORE_TIMEOUT']])
  })

  it('and lands or fails afterwards, harms nobody', async () => {
    const late = [deferred(), deferred()]
    for (const [index, settle] of [
      () => {
        late[0]?.resolve()
      },
      () => {
        late[1]?.reject(new Error('late'))
      },
    ].entries()) {
      const { queue, failures } = makeQueue(() => late[index]?.promise ?? never())
      const code = codeOf(queue.write([change('1')]))
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
      settle()
      await vi.advanceTimersByTimeAsync(1)
      expect([await code, failures]).toEqual(['STORE_TIMEOUT', ['STORE_TIMEOUT']])
    }
  })
})

describe('a sealed queue', () => {
  it('finishes the call under way, refuses what is queued and what comes, and tells nobody', async () => {
    const slow = deferred()
    const { queue, writes, failures } = makeQueue(() => slow.promise)
    const codes = Promise.all([codeOf(queue.write([change('1')])), codeOf(queue.write([change('2')]))])
    await vi.advanceTimersByTimeAsync(1)
    queue.seal()
    queue.seal()
    slow.resolve()
    expect(await codes).toEqual(['done', 'STALE_WRITER'])
    expect(await codeOf(queue.write([change('3')]))).toBe('STALE_WRITER')
    expect([writes, failures]).toEqual([['1'], []])
  })

  it('does not try again what is rejected afterwards', async () => {
    const slow = deferred()
    const { queue, writes, failures } = makeQueue(() => slow.promise)
    const code = codeOf(queue.write([change('1')]))
    await vi.advanceTimersByTimeAsync(1)
    queue.seal()
    slow.reject(storeError('STORE_UNAVAILABLE'))
    expect(await code).toBe('STORE_UNAVAILABLE')
    expect([writes, failures]).toEqual([['1'], []])
  })
})
