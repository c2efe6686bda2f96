import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import { backOffDecision, type BackOffDecision, delayOf, DISCONNECT_DECISIONS, type StopDecision } from '../disconnect/disconnect-decision.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import type { Circumstances, IdleState, Phase, Run, SessionEffect, SessionEvent, SessionState, StandbyState, Step } from './session-state.js'
import type { StartRequest } from './start-decision.js'

type StateOf<Name extends Phase> = Extract<SessionState, { phase: Name }>
type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>
type Handler<Name extends Phase, Type extends SessionEvent['type']> = (state: StateOf<Name>, event: EventOf<Type>, circumstances: Circumstances) => Step

/** Which events mean something in which phase. An event that a phase does not list changes nothing there. */
export type TransitionTable = { readonly [Name in Phase]: { readonly [Type in SessionEvent['type']]?: Handler<Name, Type> } }

const begin = (request: StartRequest): Run => ({ request, paired: null, failures: 0, restarts: 0, repeated: null, failuresAtStart: 0, start: 'trying' })

const startReason = ({ request }: Run): 'restoring' | 'starting' => (request.purpose === 'restore' ? 'restoring' : 'starting')

const load = (run: Run, isTakeover = false): Step => ({
  state: { phase: 'loading', run, reason: startReason(run) },
  effects: [{ type: 'load', isTakeover }],
})

const start = (_state: SessionState, event: EventOf<'start'>): Step => load(begin(event.request))

const takeOver = (state: { run: Run }): Step => load(state.run, true)

const loadAgain = ({ run, reason }: StateOf<'waiting'>): Step => {
  if (reason === 'storage_unavailable') return { ...load(run), state: { phase: 'loading', run, reason } }
  return run.start === 'trying' ? load(run) : { ...load(run), state: { phase: 'loading', run, reason: 'connection_lost' } }
}

/** A person's wish brings the next attempt forward, but not closer to the last loss than this. */
const RETRY_NOW_AFTER_MS = 5000

const retryNow: Handler<'waiting', 'retry-now'> = (state, { isForced, lostAt }, { now }) => {
  const lostForMs = lostAt === null ? Infinity : now.getTime() - lostAt.getTime()
  // A loss in the future is one before somebody set the clock back: nobody knows how long ago.
  const isTooSoon = lostForMs >= 0 && lostForMs < RETRY_NOW_AFTER_MS
  return isForced || !(isTooSoon || STATUS_REASONS[state.reason].unhurried === true) ? loadAgain(state) : { state, effects: [] }
}

/** Whoever has it now may have been logged out or stopped meanwhile: nothing that was asked before overrides that. */
const givenAway = (run: Run): Run => ({ ...run, request: { purpose: 'restore', force: false }, start: 'trying' })

const leaseLost = (state: { run: Run }): Step => ({
  state: { phase: 'standby', run: givenAway(state.run) },
  effects: [{ type: 'close', freshLease: true }, { type: 'release' }, { type: 'stand-by' }],
})

/** Only what another process can restore is handed over: not a pairing, nor a logout under way. */
const handOver = (state: Exclude<SessionState, IdleState | StandbyState>): Step => {
  const { paired, request } = state.run
  if (request.purpose === 'unlink' || !(paired ?? request.purpose === 'restore')) return { state, effects: [] }
  return {
    state: { phase: 'standby', run: givenAway(state.run) },
    effects: [{ type: 'close', freshLease: false }, { type: 'hand-back' }, { type: 'stand-by' }],
  }
}

const halt = (_state: SessionState, event: EventOf<'halt'>): Step => ({ state: event.to, effects: [{ type: 'close', freshLease: false }] })

const closed = (state: { run: Run }, event: EventOf<'closed'>, circumstances: Circumstances): Step =>
  afterClose(state.run, event.cause, event.restrictedUntil, circumstances)

const storeFailed = (state: { run: Run }, _event: EventOf<'store-failed'>, circumstances: Circumstances): Step => afterStoreFailure(state.run, circumstances)

const paired = (state: { run: Run }): Step => ({
  state: { phase: 'dialing', run: { ...state.run, paired: true }, reason: 'restart_required' },
  effects: [],
})

const opened = (state: StateOf<'dialing'> | StateOf<'pairing'>): Step => ({
  state: { phase: 'settling', run: { ...state.run, paired: true }, reason: state.phase === 'dialing' ? state.reason : 'starting' },
  effects: [{ type: 'settle' }],
})

const dial = (state: StateOf<'loading'>, isPaired: boolean): Step => ({
  state: {
    phase: 'dialing',
    run: { ...state.run, paired: isPaired },
    reason: state.reason === 'storage_unavailable' ? startReason(state.run) : state.reason,
  },
  effects: [{ type: 'dial' }],
})

const loaded: Handler<'loading', 'loaded'> = (state, { decision }) => {
  switch (decision.action) {
    case 'dial':
      return dial(state, true)
    case 'pair':
      return dial(state, false)
    case 'rest':
      return { state: restState(decision, state.run), effects: [{ type: 'release' }] }
    case 'cool-down':
      return {
        state: { phase: 'waiting', run: { ...state.run, paired: true, start: 'exhausted' }, reason: 'rate_limited', retryAt: decision.until },
        effects: [{ type: 'wait', until: decision.until }],
      }
  }
}

function restState(decision: Pick<IdleState, 'status' | 'reason' | 'until'>, run: Run): IdleState {
  return { phase: 'idle', status: decision.status, reason: decision.reason, until: decision.until, tried: run.failures > 0 || run.start === 'connected' }
}

/** A person who connects while the session is still being restored wants the pairing, too, if it comes to that. */
const startWhileLoading: Handler<'loading', 'start'> = (state, { request }) => {
  const { purpose, force } = state.run.request
  const merged: StartRequest = { purpose: request.purpose === 'connect' ? 'connect' : purpose, force: force || request.force }
  return { state: { ...state, run: { ...state.run, request: merged } }, effects: [] }
}

const ownedElsewhere: Handler<'loading', 'owned-elsewhere'> = (state) => ({
  // Whoever asked was told; once the owner is gone nobody may be there to scan a QR code.
  state: { phase: 'standby', run: { ...state.run, request: { purpose: 'restore', force: false } } },
  effects: [{ type: 'stand-by' }],
})

const showQr: Handler<'dialing', 'qr'> = (state) =>
  // After the phone has scanned one, Baileys goes on making QR codes until the restart comes.
  ({ state: state.run.paired === true ? state : { phase: 'pairing', run: state.run, reason: null }, effects: [] })

const needPasskey = (state: StateOf<'dialing'> | StateOf<'pairing'>): Step => ({
  state: state.run.paired === true ? state : { phase: 'pairing', run: state.run, reason: 'passkey_required' },
  effects: [],
})

/** Once a passkey was asked for, that is why nobody could link in time. */
const pairingClosed: Handler<'pairing', 'closed'> = (state, event, circumstances) => {
  const step = closed(state, event, circumstances)
  const isExpired = step.state.phase === 'idle' && step.state.reason === 'pairing_expired'
  return isExpired && state.reason !== null ? { ...step, state: { ...step.state, reason: state.reason } } : step
}

const durable: Handler<'settling', 'durable'> = (state, { hindrance }) => ({
  state: { phase: 'connected', run: { ...state.run, failuresAtStart: state.run.failures, start: 'connected' }, hindrance },
  effects: [{ type: 'watch-stability' }],
})

const hindered: Handler<'connected', 'hindered'> = (state, { hindrance }) => ({ state: { ...state, hindrance }, effects: [] })

const stable: Handler<'connected', 'stable'> = (state) => ({
  state: { ...state, run: { ...state.run, failures: 0, failuresAtStart: 0, restarts: 0, repeated: null } },
  effects: [],
})

/** The one table of states and events. */
export const TRANSITIONS: TransitionTable = Object.freeze({
  idle: { start, halt },
  standby: { start, timer: takeOver, halt },
  loading: {
    start: startWhileLoading,
    'owned-elsewhere': ownedElsewhere,
    loaded,
    'store-failed': storeFailed,
    'lease-lost': leaseLost,
    'hand-over': handOver,
    halt,
  },
  dialing: {
    qr: showQr,
    'passkey-required': needPasskey,
    paired,
    opened,
    closed,
    'store-failed': storeFailed,
    'lease-lost': leaseLost,
    'hand-over': handOver,
    halt,
  },
  pairing: { 'passkey-required': needPasskey, paired, opened, closed: pairingClosed, 'store-failed': storeFailed, 'lease-lost': leaseLost, halt },
  settling: { durable, closed, 'store-failed': storeFailed, 'lease-lost': leaseLost, 'hand-over': handOver, halt },
  connected: { hindered, stable, closed, 'store-failed': storeFailed, 'lease-lost': leaseLost, 'hand-over': handOver, halt },
  waiting: { timer: loadAgain, 'retry-now': retryNow, 'lease-lost': leaseLost, 'hand-over': handOver, halt },
})

/** The next state, and what has to be done. Pure: no clock, no chance, no I/O, no Baileys. */
export function transition(state: SessionState, event: SessionEvent, circumstances: Circumstances): Step {
  // The table pairs each handler with its own phase and event; TypeScript cannot follow that through two look-ups.
  const handler = TRANSITIONS[state.phase][event.type] as ((state: SessionState, event: SessionEvent, circumstances: Circumstances) => Step) | undefined
  return handler === undefined ? { state, effects: [] } : handler(state, event, circumstances)
}

/**
 * What a load is to look for, given the run under way. A run that was paired once only restores: should its credentials vanish,
 * nobody wants a surprise pairing.
 */
export function requestOf(run: Run | null): StartRequest {
  if (run === null) return { purpose: 'restore', force: false }
  if (run.paired !== true || run.request.purpose === 'unlink') return run.request
  return { purpose: 'restore', force: run.request.force || run.request.purpose === 'connect' }
}

/** The rest that a session is brought to from outside. */
export function restingState(status: IdleState['status'], reason: IdleState['reason']): IdleState {
  return { phase: 'idle', status, reason, until: null, tried: true }
}

/** Where a session begins. */
export const INITIAL_STATE: IdleState = Object.freeze({ phase: 'idle', status: 'disconnected', reason: null, until: null, tried: false })

/** Restarts in a row that are dialled at once and not counted. */
const FREE_RESTARTS = 2

/** The delay when the application's own policy throws. */
const FALLBACK_DELAY_MS = 30_000

const later = (now: Date, delayMs: number): Date => new Date(now.getTime() + delayMs)

const close = (freshLease = false): SessionEffect => ({ type: 'close', freshLease })

/** What follows the loss of a socket. */
export function afterClose(run: Run, cause: DisconnectCause, restrictedUntil: Date | null, circumstances: Circumstances): Step {
  const times = run.repeated?.cause === cause ? run.repeated.times + 1 : 1
  const next: Run = { ...run, repeated: { cause, times } }
  const decision = DISCONNECT_DECISIONS[cause]
  switch (decision.action) {
    case 'redial':
      return redial(next, cause, decision.reason, circumstances)
    case 'back-off':
      return times > limitOf(next, decision) ? giveUp(next, decision) : backOff(next, cause, decision, circumstances)
    case 'retry-once':
      return retryOnce(next, decision.reason, circumstances)
    case 'cool-down':
      return coolDown(next, decision.reason, circumstances)
    case 'stop':
      return stop(decision, cause, restrictedUntil)
  }
}

/** The store failed while there was a socket, or before there was one. */
export function afterStoreFailure(run: Run, circumstances: Circumstances): Step {
  if (run.paired === false) return rest('disconnected', 'storage_unavailable', [close(true), { type: 'release' }])
  const decision = DISCONNECT_DECISIONS.storage_failed
  return decision.action === 'back-off'
    ? backOff({ ...run, repeated: { cause: 'storage_failed', times: 1 } }, 'storage_failed', decision, circumstances, true)
    : rest('failed', decision.reason, [close(), { type: 'release' }])
}

function limitOf(run: Run, { limit, pairingLimit }: BackOffDecision): number {
  return run.paired === false ? pairingLimit : limit
}

function redial(run: Run, cause: DisconnectCause, reason: StatusReason, circumstances: Circumstances): Step {
  const next = { ...run, restarts: run.restarts + 1 }
  if (run.restarts < FREE_RESTARTS) return { state: { phase: 'loading', run: next, reason }, effects: [close(), { type: 'load', isTakeover: false }] }
  return backOff(next, cause, backOffDecision(reason), circumstances)
}

function backOff(run: Run, cause: DisconnectCause, decision: BackOffDecision, circumstances: Circumstances, freshLease = false): Step {
  const { delay, told } = chooseDelay(run, cause, circumstances)
  if (delay === null) return giveUp(run, decision)
  const startNow = delay.exhausted ? 'exhausted' : run.start
  const reason = startNow === 'exhausted' ? (STATUS_REASONS[decision.reason].onceExhausted ?? decision.reason) : decision.reason
  const failuresAtStart = delay.exhausted ? run.failures : run.failuresAtStart
  const retryAt = later(circumstances.now, delay.delayMs * (run.paired === false ? 1 : decision.stretch))
  const refresh: SessionEffect[] = decision.refreshVersion && run.repeated?.times === 1 ? [{ type: 'refresh-version' }] : []
  return {
    state: { phase: 'waiting', run: { ...run, failures: run.failures + 1, failuresAtStart, start: startNow }, reason, retryAt },
    effects: [...told, close(freshLease), ...refresh, { type: 'wait', until: retryAt }],
  }
}

/** A delay before the next attempt. */
interface Delay {
  readonly delayMs: number
  /** Whether the retries of the start are used up with this. */
  readonly exhausted: boolean
}

/** The delay before the next attempt; `null`: give up. An application's policy that throws costs no session its next attempt. */
function chooseDelay(run: Run, cause: DisconnectCause, circumstances: Circumstances): { delay: Delay | null; told: SessionEffect[] } {
  try {
    return { delay: askPolicies(run, cause, circumstances), told: [] }
  } catch (thrown) {
    return { delay: { delayMs: FALLBACK_DELAY_MS, exhausted: run.start === 'trying' }, told: [{ type: 'tell-policy-failed', thrown }] }
  }
}

/**
 * Asks the retry policy while a start is being tried, the reconnect policy afterwards. Each counts its own attempts; the failures in a
 * row go on from one to the other, so that the back-off starts over only after a stable connection. A session that is not paired has
 * nothing to come back to: its retries end with the start.
 */
function askPolicies(run: Run, cause: DisconnectCause, { sessionId, random, retry, reconnect }: Circumstances): Delay | null {
  const failures = run.failures + 1
  if (run.start === 'trying') {
    const delayMs = delayOf(retry, { attempt: failures, failures, cause, sessionId }, random)
    if (delayMs !== null) return { delayMs, exhausted: false }
    if (run.paired === false) return null
  }
  const before = run.start === 'trying' ? run.failures : run.failuresAtStart
  const delayMs = delayOf(reconnect, { attempt: failures - before, failures, cause, sessionId }, random)
  return delayMs === null ? null : { delayMs, exhausted: run.start === 'trying' }
}

function giveUp(run: Run, { exhausted }: BackOffDecision): Step {
  return rest(run.paired === false ? 'disconnected' : 'failed', exhausted, [close(), { type: 'release' }])
}

function retryOnce(run: Run, reason: StatusReason, { now, replacedDelayMs }: Circumstances): Step {
  if (run.repeated !== null && run.repeated.times > 1) return rest('failed', reason, [close(), { type: 'release' }])
  const retryAt = later(now, replacedDelayMs)
  return {
    state: { phase: 'waiting', run: { ...run, failures: run.failures + 1 }, reason, retryAt },
    effects: [close(), { type: 'wait', until: retryAt }],
  }
}

function coolDown(run: Run, reason: StatusReason, { now, rateLimitCoolDownMs }: Circumstances): Step {
  if (run.paired !== true) return rest('disconnected', reason, [close(), { type: 'release' }])
  const until = later(now, rateLimitCoolDownMs)
  return {
    state: { phase: 'waiting', run: { ...run, failures: run.failures + 1, failuresAtStart: run.failures, start: 'exhausted' }, reason, retryAt: until },
    effects: [close(), { type: 'remember', what: { kind: 'rate_limited', until } }, { type: 'wait', until }],
  }
}

function stop(decision: StopDecision, cause: DisconnectCause, until: Date | null): Step {
  const remember: SessionEffect[] = decision.remember ? [{ type: 'remember', what: rememberedOf(decision, until) }] : []
  return rest(decision.status, decision.reason, [close(), ...remember, { type: 'release' }], cause === 'restricted' ? until : null)
}

function rememberedOf(decision: StopDecision, until: Date | null): Extract<SessionEffect, { type: 'remember' }>['what'] {
  return decision.status === 'logged_out' ? { kind: 'logged_out' } : { kind: 'restricted', until }
}

function rest(status: IdleState['status'], reason: StatusReason, effects: readonly SessionEffect[], until: Date | null = null): Step {
  return { state: { phase: 'idle', status, reason, until, tried: true }, effects }
}
