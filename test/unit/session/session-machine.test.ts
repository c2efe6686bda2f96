import { describe, expect, it } from 'vitest'
import { INITIAL_STATE, transition, TRANSITIONS, restingState } from '../../../src/session/session-machine.js'
import type { Phase, SessionEvent, SessionState } from '../../../src/session/session-state.js'
import { statusOf } from '../../../src/session/session-report.js'
import { circumstances, NOW, run, stateIn } from '../../support/machine-states.js'

const PHASES: readonly Phase[] = ['idle', 'standby', 'loading', 'dialing', 'pairing', 'settling', 'connected', 'waiting']
const later = (delayMs: number): Date => new Date(NOW.getTime() + delayMs)

/** Every event, by a name that tells its variants apart. */
const EVENTS = {
  start: { type: 'start', request: { purpose: 'connect', force: false } },
  'retry-now': { type: 'retry-now', isForced: false, lostAt: null },
  'owned-elsewhere': { type: 'owned-elsewhere' },
  'loaded: dial': { type: 'loaded', decision: { action: 'dial' } },
  'loaded: pair': { type: 'loaded', decision: { action: 'pair' } },
  'loaded: rest': { type: 'loaded', decision: { action: 'rest', status: 'logged_out', reason: 'logged_out', until: null } },
  'loaded: cool-down': { type: 'loaded', decision: { action: 'cool-down', until: later(9000) } },
  'store-failed': { type: 'store-failed' },
  qr: { type: 'qr' },
  'passkey-required': { type: 'passkey-required' },
  paired: { type: 'paired' },
  opened: { type: 'opened' },
  durable: { type: 'durable', hindrance: null },
  hindered: { type: 'hindered', hindrance: { reason: 'reachout_locked', until: later(9000) } },
  stable: { type: 'stable' },
  closed: { type: 'closed', cause: 'connection_lost', restrictedUntil: null },
  timer: { type: 'timer' },
  'lease-lost': { type: 'lease-lost' },
  'hand-over': { type: 'hand-over' },
  halt: { type: 'halt', to: restingState('disconnected', 'not_running') },
} as const satisfies Record<string, SessionEvent>

type EventName = keyof typeof EVENTS

const halted = 'idle disconnected not_running | close'
const backedOff = 'waiting reconnecting connection_lost | close, wait'
const storeLost = 'waiting reconnecting storage_unavailable | close fresh, wait'
const stoodBy = 'standby disconnected owned_elsewhere | close fresh, release, stand-by'
const handedOver = 'standby disconnected owned_elsewhere | close, hand-back, stand-by'
const started = 'loading connecting starting | load'

/**
 * The whole table: what each event does in each phase, as `phase status reason | effects`. What is not listed changes nothing.
 */
const TABLE: Record<Phase, Partial<Record<EventName, string>>> = {
  idle: { start: started, halt: halted },
  standby: { start: started, timer: 'loading connecting restoring | load', halt: halted },
  loading: {
    start: 'loading connecting restoring | ',
    'owned-elsewhere': 'standby disconnected owned_elsewhere | stand-by',
    'loaded: dial': 'dialing connecting restoring | dial',
    'loaded: pair': 'dialing connecting restoring | dial',
    'loaded: rest': 'idle logged_out logged_out | release',
    'loaded: cool-down': 'waiting reconnecting rate_limited | wait',
    'store-failed': storeLost,
    'lease-lost': stoodBy,
    'hand-over': handedOver,
    halt: halted,
  },
  dialing: {
    qr: 'dialing connecting restoring | ',
    'passkey-required': 'dialing connecting restoring | ',
    paired: 'dialing connecting restart_required | ',
    opened: 'settling connecting restoring | settle',
    closed: backedOff,
    'store-failed': storeLost,
    'lease-lost': stoodBy,
    'hand-over': handedOver,
    halt: halted,
  },
  pairing: {
    'passkey-required': 'pairing pairing null | ',
    paired: 'dialing connecting restart_required | ',
    opened: 'settling connecting starting | settle',
    closed: backedOff,
    'store-failed': storeLost,
    'lease-lost': stoodBy,
    halt: halted,
  },
  settling: {
    durable: 'connected connected null | watch-stability',
    closed: backedOff,
    'store-failed': storeLost,
    'lease-lost': stoodBy,
    'hand-over': handedOver,
    halt: halted,
  },
  connected: {
    hindered: 'connected connected reachout_locked | ',
    stable: 'connected connected null | ',
    closed: backedOff,
    'store-failed': storeLost,
    'lease-lost': stoodBy,
    'hand-over': handedOver,
    halt: halted,
  },
  waiting: {
    timer: 'loading connecting restoring | load',
    'retry-now': 'loading connecting restoring | load',
    'lease-lost': stoodBy,
    'hand-over': handedOver,
    halt: halted,
  },
}

function describeStep(state: SessionState, event: SessionEvent): string {
  const step = transition(state, event, circumstances())
  const { status, reason } = statusOf(step.state)
  const effects = step.effects.map((effect) => (effect.type === 'close' && effect.freshLease ? 'close fresh' : effect.type))
  return `${step.state.phase} ${status} ${reason ?? 'null'} | ${effects.join(', ')}`
}

const pairs = PHASES.flatMap((phase) => Object.keys(EVENTS).map((name) => [phase, name as EventName] as const))

describe('the table of states and events', () => {
  it.each(pairs)('%s, %s', (phase, name) => {
    const state = stateIn(phase)
    const expected = TABLE[phase][name]
    if (expected === undefined) expect(transition(state, EVENTS[name], circumstances())).toEqual({ state, effects: [] })
    else expect(describeStep(state, EVENTS[name])).toBe(expected)
  })

  it('lists the same events as the code, phase by phase', () => {
    const listed = Object.fromEntries(PHASES.map((phase) => [phase, Object.keys(TRANSITIONS[phase]).sort()]))
    const tested = Object.fromEntries(PHASES.map((phase) => [phase, [...new Set(Object.keys(TABLE[phase]).map((name) => name.split(':')[0]))].sort()]))
    expect(listed).toEqual(tested)
  })

  it('never changes the state that it is given', () => {
    for (const [phase, name] of pairs) {
      const state = stateIn(phase)
      const before = structuredClone(state)
      transition(state, EVENTS[name], circumstances())
      expect(state).toEqual(before)
    }
  })

  it('every phase but idle and standby can be halted and can lose its lease', () => {
    for (const phase of PHASES.filter((name) => name !== 'idle' && name !== 'standby')) {
      expect(describeStep(stateIn(phase), EVENTS.halt)).toBe(halted)
      expect(describeStep(stateIn(phase), EVENTS['lease-lost'])).toBe(stoodBy)
    }
  })
})

describe('the run that goes from state to state', () => {
  it('loads as a takeover only where another process that ran it is gone', () => {
    const load = (phase: Phase, name: EventName): unknown => transition(stateIn(phase), EVENTS[name], circumstances()).effects
    expect(load('standby', 'timer')).toEqual([{ type: 'load', isTakeover: true }])
    for (const [phase, name] of [
      ['standby', 'start'],
      ['idle', 'start'],
      ['waiting', 'timer'],
      ['waiting', 'retry-now'],
    ] as const) {
      expect(load(phase, name)).toEqual([{ type: 'load', isTakeover: false }])
    }
  })

  it('begins anew with each start', () => {
    const { state } = transition(INITIAL_STATE, EVENTS.start, circumstances())
    expect(state).toEqual({
      phase: 'loading',
      reason: 'starting',
      run: { request: { purpose: 'connect', force: false }, paired: null, failures: 0, failuresAtStart: 0, restarts: 0, repeated: null, start: 'trying' },
    })
  })

  it('a restore says so', () => {
    expect(describeStep(INITIAL_STATE, { type: 'start', request: { purpose: 'restore', force: false } })).toBe('loading connecting restoring | load')
    expect(describeStep(INITIAL_STATE, { type: 'start', request: { purpose: 'unlink', force: true } })).toBe(started)
  })

  it.each([
    ['restore', false, 'connect', false, { purpose: 'connect', force: false }],
    ['connect', false, 'restore', true, { purpose: 'connect', force: true }],
    ['restore', true, 'restore', false, { purpose: 'restore', force: true }],
    ['unlink', true, 'restore', false, { purpose: 'unlink', force: true }],
  ] as const)('%s (force %s) joined by %s (force %s) while loading', (purpose, force, joining, joiningForce, request) => {
    const { state } = transition(
      stateIn('loading', run({ request: { purpose, force } })),
      { type: 'start', request: { purpose: joining, force: joiningForce } },
      circumstances(),
    )
    expect('run' in state && state.run.request).toEqual(request)
  })

  it('knows from the decision whether it is paired', () => {
    const paired = (name: EventName): unknown => {
      const { state } = transition(stateIn('loading', run({ paired: null })), EVENTS[name], circumstances())
      return 'run' in state ? state.run.paired : undefined
    }
    expect([paired('loaded: dial'), paired('loaded: pair'), paired('loaded: cool-down')]).toEqual([true, false, true])
  })

  it('shows a QR code only while nothing is paired', () => {
    expect(describeStep(stateIn('dialing', run({ paired: false })), EVENTS.qr)).toBe('pairing pairing null | ')
    expect(describeStep(stateIn('dialing', run({ paired: true })), EVENTS.qr)).toBe('dialing connecting restoring | ')
  })

  it('is paired from the moment the phone has scanned', () => {
    const { state } = transition(stateIn('pairing', run({ paired: false })), EVENTS.paired, circumstances())
    expect('run' in state && state.run.paired).toBe(true)
  })

  it('is connected for good, counting on until the connection was stable', () => {
    const flapping = run({ failures: 5, restarts: 1, repeated: { cause: 'connection_lost', times: 5 }, start: 'exhausted' })
    const { state: connected } = transition(stateIn('settling', flapping), EVENTS.durable, circumstances())
    expect('run' in connected && connected.run).toEqual({ ...flapping, start: 'connected', failuresAtStart: 5 })
    const { state: stable } = transition(connected, EVENTS.stable, circumstances())
    expect('run' in stable && stable.run).toEqual({ ...flapping, start: 'connected', failures: 0, failuresAtStart: 0, restarts: 0, repeated: null })
  })

  it('after a store failure it is not connecting before the store has answered', () => {
    const probing: SessionState = { phase: 'waiting', run: run(), reason: 'storage_unavailable', retryAt: NOW }
    expect(describeStep(probing, EVENTS.timer)).toBe('loading reconnecting storage_unavailable | load')
    expect(describeStep({ phase: 'loading', run: run(), reason: 'storage_unavailable' }, EVENTS['loaded: dial'])).toBe('dialing connecting restoring | dial')
  })

  it('reconnecting does not claim to restore', () => {
    const reconnecting: SessionState = { phase: 'waiting', run: run({ start: 'connected' }), reason: 'connection_lost', retryAt: NOW }
    expect(describeStep(reconnecting, EVENTS.timer)).toBe('loading connecting connection_lost | load')
  })

  it('on standby, or after a lost lease, only a restore is left of what was asked', () => {
    const connecting = run({ request: { purpose: 'connect', force: false }, paired: true, start: 'connected', failures: 2 })
    for (const [phase, name] of [
      ['loading', 'owned-elsewhere'],
      ['connected', 'lease-lost'],
      ['pairing', 'lease-lost'],
      ['waiting', 'lease-lost'],
    ] as const) {
      const { state } = transition(stateIn(phase, connecting), EVENTS[name], circumstances())
      expect('run' in state && state.run.request, `${phase}, ${name}`).toEqual({ purpose: 'restore', force: false })
    }
  })

  it.each(['loading', 'dialing', 'settling', 'connected', 'waiting'] as const)('handed over while %s, only a restore is left of what was asked', (phase) => {
    const connecting = run({ request: { purpose: 'connect', force: false }, start: 'connected', failures: 2 })
    const { state } = transition(stateIn(phase, connecting), EVENTS['hand-over'], circumstances())
    expect(state).toEqual({ phase: 'standby', run: { ...connecting, request: { purpose: 'restore', force: false }, start: 'trying' } })
  })

  it.each([
    ['a pairing', run({ paired: false, request: { purpose: 'connect', force: false } }), false],
    ['a connect of which nobody knows yet whether it pairs', run({ paired: null, request: { purpose: 'connect', force: false } }), false],
    ['a restore that has not read anything yet', run({ paired: null }), true],
    ['a logout that dials', run({ request: { purpose: 'unlink', force: true } }), false],
  ] as const)('%s is handed over: %s', (_what, inside, isHandedOver) => {
    for (const phase of ['loading', 'dialing', 'settling', 'connected', 'waiting'] as const) {
      const state = stateIn(phase, inside)
      const step = transition(state, EVENTS['hand-over'], circumstances())
      if (isHandedOver) expect(step.state.phase, phase).toBe('standby')
      else expect(step, phase).toEqual({ state, effects: [] })
    }
  })

  it.each([
    ['connection_lost', 4999, false, 'waiting'],
    ['connection_lost', 5000, false, 'loading'],
    ['connection_lost', null, false, 'loading'],
    ['connection_lost', -3_600_000, false, 'loading'],
    ['storage_unavailable', null, false, 'waiting'],
    ['rate_limited', null, false, 'waiting'],
    ['connection_replaced', null, false, 'waiting'],
    ['connection_lost', 0, true, 'loading'],
    ['storage_unavailable', 0, true, 'loading'],
    ['rate_limited', 0, true, 'loading'],
  ] as const)('waiting for %s, lost %s ms ago, asked to try now (forced: %s): %s', (reason, lostAgoMs, isForced, phase) => {
    const waiting: SessionState = { phase: 'waiting', run: run(), reason, retryAt: later(60_000) }
    const lostAt = lostAgoMs === null ? null : later(-lostAgoMs)
    expect(transition(waiting, { type: 'retry-now', isForced, lostAt }, circumstances()).state.phase).toBe(phase)
  })

  it('a rest tells whether a dial came before', () => {
    const tried = (inside: ReturnType<typeof run>): unknown => {
      const { state } = transition(stateIn('loading', inside), EVENTS['loaded: rest'], circumstances())
      return state.phase === 'idle' ? state.tried : undefined
    }
    expect([tried(run()), tried(run({ failures: 1 })), tried(run({ start: 'connected' }))]).toEqual([false, true, true])
  })

  it('a rest shows until when', () => {
    const decision = { action: 'rest', status: 'failed', reason: 'restricted', until: later(5) } as const
    expect(transition(stateIn('loading'), { type: 'loaded', decision }, circumstances()).state).toEqual({
      phase: 'idle',
      status: 'failed',
      reason: 'restricted',
      until: later(5),
      tried: false,
    })
  })

  it.each([
    ['connect', 'starting'],
    ['restore', 'restoring'],
  ] as const)('after an outage of the store a %s is %s again', (purpose, reason) => {
    const waited = run({ request: { purpose, force: false } })
    const { state } = transition(
      { phase: 'loading', run: waited, reason: 'storage_unavailable' },
      { type: 'loaded', decision: { action: 'pair' } },
      circumstances(),
    )
    expect(state).toMatchObject({ phase: 'dialing', reason })
  })
})
