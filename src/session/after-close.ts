import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import { backOffDecision, DISCONNECT_DECISIONS, type BackOffDecision, type StopDecision } from '../disconnect/disconnect-decision.js'
import { delayOf } from '../retry/retry-policy.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import type { Circumstances, IdleState, Run, SessionEffect, Step } from './session-state.js'

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
    case 'redial': return redial(next, cause, decision.reason, circumstances)
    case 'back-off': return times > limitOf(next, decision) ? giveUp(next, decision) : backOff(next, cause, decision, circumstances)
    case 'retry-once': return retryOnce(next, decision.reason, circumstances)
    case 'cool-down': return coolDown(next, decision.reason, circumstances)
    case 'stop': return stop(decision, cause, restrictedUntil)
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

function limitOf({ paired }: Run, { limit, pairingLimit }: BackOffDecision): number {
  return paired === false ? pairingLimit : limit
}

function redial(run: Run, cause: DisconnectCause, reason: StatusReason, circumstances: Circumstances): Step {
  const next = { ...run, restarts: run.restarts + 1 }
  if (run.restarts < FREE_RESTARTS) return { state: { phase: 'loading', run: next, reason }, effects: [close(), { type: 'load', isTakeover: false }] }
  return backOff(next, cause, backOffDecision(reason), circumstances)
}

function backOff(run: Run, cause: DisconnectCause, decision: BackOffDecision, circumstances: Circumstances, freshLease = false): Step {
  const { delay, told } = chooseDelay(run, cause, circumstances)
  if (delay === null) return giveUp(run, decision)
  const start = delay.exhausted ? 'exhausted' : run.start
  const reason = start === 'exhausted' ? STATUS_REASONS[decision.reason].onceExhausted ?? decision.reason : decision.reason
  const failuresAtStart = delay.exhausted ? run.failures : run.failuresAtStart
  const retryAt = later(circumstances.now, delay.delayMs * (run.paired === false ? 1 : decision.stretch))
  const refresh: SessionEffect[] = decision.refreshVersion && run.repeated?.times === 1 ? [{ type: 'refresh-version' }] : []
  return {
    state: { phase: 'waiting', run: { ...run, failures: run.failures + 1, failuresAtStart, start }, reason, retryAt },
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
