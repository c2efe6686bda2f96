import { describe, expect, it, vi } from 'vitest'
import type { DisconnectCause } from '../../../src/disconnect/disconnect-cause.js'
import type { RetryFunction, RetryPolicy } from '../../../src/disconnect/disconnect-decision.js'
import { afterClose, afterStoreFailure } from '../../../src/session/session-machine.js'
import type { Run, Step } from '../../../src/session/session-state.js'
import { circumstances, GIVE_UP, NOW, run } from '../../support/machine-states.js'

const later = (delayMs: number): Date => new Date(NOW.getTime() + delayMs)
const close = { type: 'close', freshLease: false }
const release = { type: 'release' }
const after = (cause: DisconnectCause, inside: Run = run(), changes = {}, until: Date | null = null): Step =>
  afterClose(inside, cause, until, circumstances(changes))
const inARow = (cause: DisconnectCause, times: number): Run => run({ repeated: { cause, times }, failures: times })

const LOST: readonly DisconnectCause[] = ['connection_lost', 'connection_closed', 'server_unavailable', 'transport_failed', 'connect_timeout', 'unknown']

describe('after a loss', () => {
  it.each(LOST)('%s: back off, dial again', (cause) => {
    expect(after(cause)).toEqual({
      state: { phase: 'waiting', run: run({ failures: 1, repeated: { cause, times: 1 } }), reason: 'connection_lost', retryAt: later(1000) },
      effects: [close, { type: 'wait', until: later(1000) }],
    })
  })

  it.each([...LOST, 'storage_failed', 'restart_required'] as const)('%s, when the policy gives up', (cause) => {
    const given = after(cause, run({ restarts: 2 }), GIVE_UP)
    expect(given.state).toMatchObject({
      phase: 'idle',
      status: 'failed',
      reason: cause === 'storage_failed' ? 'storage_unavailable' : 'retries_exhausted',
      tried: true,
    })
    expect(given.effects).toEqual([close, release])
    expect(after(cause, run({ paired: false, restarts: 2 }), GIVE_UP).state).toMatchObject({ phase: 'idle', status: 'disconnected' })
  })

  it('a socket that could not be made keeps a reason of its own, through every retry and at the end', () => {
    expect(after('socket_failed').state).toMatchObject({ phase: 'waiting', reason: 'socket_failed', retryAt: later(1000) })
    expect(after('socket_failed', run(), GIVE_UP).state).toMatchObject({ phase: 'idle', status: 'failed', reason: 'socket_failed' })
    expect(after('socket_failed', run({ paired: false }), GIVE_UP).state).toMatchObject({ phase: 'idle', status: 'disconnected', reason: 'socket_failed' })
  })

  it('a restart is dialled at once and not counted, twice in a row; the third time it backs off', () => {
    const first = after('restart_required')
    expect(first).toEqual({
      state: { phase: 'loading', run: run({ restarts: 1, repeated: { cause: 'restart_required', times: 1 } }), reason: 'restart_required' },
      effects: [close, { type: 'load', isTakeover: false }],
    })
    expect(after('restart_required', run({ restarts: 1 })).state).toMatchObject({ phase: 'loading', run: { restarts: 2, failures: 0 } })
    expect(after('restart_required', run({ restarts: 2 })).state).toMatchObject({ phase: 'waiting', retryAt: later(1000), run: { restarts: 3, failures: 1 } })
  })

  it('replaced: one retry after its own delay, then failed', () => {
    const first = after('connection_replaced')
    expect(first.state).toMatchObject({ phase: 'waiting', reason: 'connection_replaced', retryAt: later(5000) })
    expect(first.effects).toEqual([close, { type: 'wait', until: later(5000) }])
    const second = after('connection_replaced', inARow('connection_replaced', 1))
    expect(second).toEqual({ state: { phase: 'idle', status: 'failed', reason: 'connection_replaced', until: null, tried: true }, effects: [close, release] })
  })

  it('rate limited: the long cool-down, remembered', () => {
    expect(after('rate_limited')).toEqual({
      state: {
        phase: 'waiting',
        run: run({ failures: 1, start: 'exhausted', repeated: { cause: 'rate_limited', times: 1 } }),
        reason: 'rate_limited',
        retryAt: later(300_000),
      },
      effects: [close, { type: 'remember', what: { kind: 'rate_limited', until: later(300_000) } }, { type: 'wait', until: later(300_000) }],
    })
    expect(after('rate_limited', run({ paired: false }))).toEqual({
      state: { phase: 'idle', status: 'disconnected', reason: 'rate_limited', until: null, tried: true },
      effects: [close, release],
    })
  })

  it('restricted: failed and remembered, until the date when there is one', () => {
    const dated = after('restricted', run(), {}, later(60_000))
    expect(dated.state).toEqual({ phase: 'idle', status: 'failed', reason: 'restricted', until: later(60_000), tried: true })
    expect(dated.effects).toEqual([close, { type: 'remember', what: { kind: 'restricted', until: later(60_000) } }, release])
    expect(after('restricted').effects).toContainEqual({ type: 'remember', what: { kind: 'restricted', until: null } })
  })

  it.each(['logged_out', 'intentional_logout'] as const)('%s: remembered, nothing deleted', (cause) => {
    expect(after(cause)).toEqual({
      state: { phase: 'idle', status: 'logged_out', reason: 'logged_out', until: null, tried: true },
      effects: [close, { type: 'remember', what: { kind: 'logged_out' } }, release],
    })
  })

  it.each([
    ['pairing_expired', 'disconnected', 'pairing_expired'],
    ['pairing_rejected', 'disconnected', 'pairing_refused'],
    ['multi_device_mismatch', 'failed', 'multi_device_mismatch'],
  ] as const)('%s: %s, nothing remembered', (cause, status, reason) => {
    expect(after(cause, run({ paired: false }))).toEqual({ state: { phase: 'idle', status, reason, until: null, tried: true }, effects: [close, release] })
  })

  it('client outdated: the version is asked for, slow back-off four times, then failed', () => {
    const first = after('client_outdated')
    expect(first.state).toMatchObject({ phase: 'waiting', reason: 'client_outdated', retryAt: later(10_000) })
    expect(first.effects).toEqual([close, { type: 'refresh-version' }, { type: 'wait', until: later(10_000) }])
    expect(after('client_outdated', inARow('client_outdated', 3)).state).toMatchObject({ phase: 'waiting' })
    expect(after('client_outdated', inARow('client_outdated', 4)).state).toMatchObject({ phase: 'idle', status: 'failed', reason: 'client_outdated' })
  })

  it('client outdated while pairing: the version is asked for once more, then the pairing ends', () => {
    const unpaired = run({ paired: false })
    const first = after('client_outdated', unpaired)
    expect(first.state).toMatchObject({ phase: 'waiting', reason: 'client_outdated', retryAt: later(1000) })
    expect(first.effects).toContainEqual({ type: 'refresh-version' })
    const second = after('client_outdated', run({ paired: false, repeated: { cause: 'client_outdated', times: 1 } }))
    expect(second).toEqual({ state: { phase: 'idle', status: 'disconnected', reason: 'client_outdated', until: null, tried: true }, effects: [close, release] })
  })

  it('a registration that is closed again and again: says so once the retries are used up, and not what happens to be lost', () => {
    const unpaired = run({ paired: false })
    expect(after('registration_closed', unpaired).state).toMatchObject({ phase: 'waiting', reason: 'connection_lost' })
    expect(after('registration_closed', unpaired, GIVE_UP).state).toMatchObject({ status: 'disconnected', reason: 'registration_closed' })
    expect(after('transport_failed', unpaired, GIVE_UP).state).toMatchObject({ status: 'disconnected', reason: 'retries_exhausted' })
  })

  it('counts the same cause in a row only', () => {
    expect(after('client_outdated', inARow('connection_lost', 9)).state).toMatchObject({ run: { repeated: { cause: 'client_outdated', times: 1 } } })
    expect(after('connection_lost', inARow('connection_lost', 2)).state).toMatchObject({ run: { repeated: { cause: 'connection_lost', times: 3 } } })
  })

  it('says that the retries are used up once they are, unless there is something more particular to say', () => {
    const exhausted = { retry: () => null, reconnect: () => 7 }
    expect(after('connection_lost', run(), exhausted).state).toMatchObject({ reason: 'retries_exhausted', retryAt: later(7), run: { start: 'exhausted' } })
    expect(after('connection_lost', run({ start: 'exhausted' })).state).toMatchObject({ reason: 'retries_exhausted' })
    expect(after('client_outdated', run(), exhausted).state).toMatchObject({ reason: 'client_outdated', run: { start: 'exhausted' } })
    expect(after('connection_lost', run({ start: 'connected' })).state).toMatchObject({ reason: 'connection_lost', run: { start: 'connected' } })
  })
})

describe('after a store failure', () => {
  const fresh = { type: 'close', freshLease: true }

  it('a paired session, or one that nobody knows yet, probes with back-off under a fresh lease', () => {
    for (const paired of [true, null]) {
      expect(afterStoreFailure(run({ paired }), circumstances())).toMatchObject({
        state: { phase: 'waiting', reason: 'storage_unavailable', retryAt: later(1000), run: { failures: 1 } },
        effects: [fresh, { type: 'wait', until: later(1000) }],
      })
    }
  })

  it('a session that is being paired ends', () => {
    expect(afterStoreFailure(run({ paired: false }), circumstances())).toEqual({
      state: { phase: 'idle', status: 'disconnected', reason: 'storage_unavailable', until: null, tried: true },
      effects: [fresh, release],
    })
  })

  it('ends as failed when a finite policy gives up', () => {
    expect(afterStoreFailure(run(), circumstances(GIVE_UP)).state).toMatchObject({ phase: 'idle', status: 'failed', reason: 'storage_unavailable' })
  })
})

describe('the delay before the next attempt', () => {
  const policy =
    (delays: readonly number[]): RetryFunction =>
    ({ attempt }) =>
      delays[attempt - 1] ?? null
  const forever: RetryFunction = ({ attempt, failures }) => attempt * 1000 + failures
  const choose = (inside: Run, retry: RetryPolicy, reconnect: RetryPolicy = forever, random = 0.5): unknown => {
    const { state } = after('connection_lost', inside, { retry, reconnect, random })
    return state.phase === 'waiting' ? { delayMs: state.retryAt.getTime() - NOW.getTime(), start: state.run.start } : null
  }

  it('is the retry policy while a start is tried, then the reconnect policy: each counts its own attempts, the failures go on', () => {
    expect(choose(run({ failures: 0 }), policy([1, 2]))).toEqual({ delayMs: 1, start: 'trying' })
    expect(choose(run({ failures: 1 }), policy([1, 2]))).toEqual({ delayMs: 2, start: 'trying' })
    expect(choose(run({ failures: 2 }), policy([1, 2]))).toEqual({ delayMs: 1003, start: 'exhausted' })
    expect(choose(run({ failures: 3, failuresAtStart: 2, start: 'exhausted' }), policy([1, 2]))).toEqual({ delayMs: 2004, start: 'exhausted' })
    expect(choose(run({ failures: 0, start: 'connected' }), policy([1, 2]))).toEqual({ delayMs: 1001, start: 'connected' })
  })

  it('ends with the start when nothing is paired, and with both policies when something is', () => {
    expect(choose(run({ paired: false, failures: 2 }), policy([1, 2]))).toBeNull()
    expect(choose(run({ failures: 2 }), policy([1, 2]), () => null)).toBeNull()
  })

  it('goes on where nobody knows yet whether the session is paired', () => {
    expect(choose(run({ paired: null, failures: 2 }), policy([1, 2]))).toEqual({ delayMs: 1003, start: 'exhausted' })
  })

  it('spreads a back-off by the chance that comes in', () => {
    const backOff = { maxRetries: 3, initialDelayMs: 1000, factor: 2, maxDelayMs: 9000, jitter: 'full' } as const
    expect([0, 0.25, 0.75].map((random) => choose(run({ failures: 1 }), backOff, forever, random))).toMatchObject([
      { delayMs: 0 },
      { delayMs: 500 },
      { delayMs: 1500 },
    ])
  })

  it('tells the policy attempt, failures, cause and session', () => {
    const asked: unknown[] = []
    after('transport_failed', run({ failures: 4 }), {
      retry: (context: unknown) => {
        asked.push(context)
        return 1
      },
    })
    expect(asked).toEqual([{ attempt: 5, failures: 5, cause: 'transport_failed', sessionId: 's' }])
  })

  it.each([
    ['connection_lost', 0, true],
    ['client_outdated', 0, true],
    ['storage_failed', 0, true],
    ['restart_required', 0, false],
    ['restart_required', 1, false],
    ['restart_required', 2, true],
    ['connection_replaced', 0, false],
    ['rate_limited', 0, false],
    ['logged_out', 0, false],
    ['restricted', 0, false],
  ] as const)('%s after %i restarts asks for one: %s', (cause, restarts, isAsked) => {
    const retry = vi.fn(() => 1)
    after(cause, run({ restarts }), { retry })
    expect(retry).toHaveBeenCalledTimes(isAsked ? 1 : 0)
  })

  it.each(['trying', 'connected'] as const)('is 30 s when the policy throws, which is told (%s)', (start) => {
    const thrown = new Error('a slip of the pen')
    const fails = (): never => {
      throw thrown
    }
    const step = after('connection_lost', run({ start }), { retry: fails, reconnect: fails })
    expect(step.state).toMatchObject({ phase: 'waiting', retryAt: later(30_000), run: { start: start === 'trying' ? 'exhausted' : 'connected' } })
    expect(step.effects[0]).toEqual({ type: 'tell-policy-failed', thrown })
    const nonsense = after('connection_lost', run(), { retry: () => NaN })
    expect(nonsense.effects[0]).toMatchObject({ type: 'tell-policy-failed', thrown: expect.any(TypeError) })
  })
})
