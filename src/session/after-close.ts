import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import { backOffDecision, DISCONNECT_DECISIONS, type BackOffDecision, type StopDecision } from '../disconnect/disconnect-decision.js'
import type { RetryFunction } from '../retry/retry-policy.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import type { ChosenDelay, Circumstances, IdleState, Run, SessionEffect, Step } from './session-state.js'

/** Restarts in a row that are dialled at once and not counted. */
const FREE_RESTARTS = 2

const later = (now: Date, delayMs: number): Date => new Date(now.getTime() + delayMs)

const close = (freshLease = false): SessionEffect => ({ type: 'close', freshLease })

/** Whether the policies have to be asked for a delay after this loss. */
export function needsDelay(run: Run, cause: DisconnectCause): boolean {
  const decision = DISCONNECT_DECISIONS[cause]
  return decision.action === 'back-off' || (decision.action === 'redial' && run.restarts >= FREE_RESTARTS)
}

/**
 * The delay before the next attempt: the retry policy while a start is being tried, the reconnect policy afterwards. Each counts its
 * own attempts; the failures in a row go on from one to the other, so that the back-off starts over only after a stable connection. A session that is not
 * paired has nothing to come back to: its retries end with the start. `null`: give up.
 */
export function chooseDelay(run: Run, cause: DisconnectCause, sessionId: string, policies: { retry: RetryFunction; reconnect: RetryFunction }): ChosenDelay | null {
  const failures = run.failures + 1
  if (run.start === 'trying') {
    const delayMs = policies.retry({ attempt: failures, failures, cause, sessionId })
    if (delayMs !== null) return { delayMs, exhausted: false }
    if (run.paired === false) return null
  }
  const before = run.start === 'trying' ? run.failures : run.failuresAtStart
  const delayMs = policies.reconnect({ attempt: failures - before, failures, cause, sessionId })
  return delayMs === null ? null : { delayMs, exhausted: run.start === 'trying' }
}

/** What follows the loss of a socket. */
export function afterClose(run: Run, cause: DisconnectCause, restrictedUntil: Date | null, circumstances: Circumstances): Step {
  const times = run.repeated?.cause === cause ? run.repeated.times + 1 : 1
  const next: Run = { ...run, repeated: { cause, times } }
  const decision = DISCONNECT_DECISIONS[cause]
  switch (decision.action) {
    case 'redial': return redial(next, decision.reason, circumstances)
    case 'back-off': return times > limitOf(next, decision) ? giveUp(next, decision) : backOff(next, decision, circumstances)
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
    ? backOff({ ...run, repeated: { cause: 'storage_failed', times: 1 } }, decision, circumstances, true)
    : rest('failed', decision.reason, [close(), { type: 'release' }])
}

function limitOf({ paired }: Run, { limit, pairingLimit }: BackOffDecision): number {
  return paired === false ? pairingLimit : limit
}

function redial(run: Run, reason: StatusReason, circumstances: Circumstances): Step {
  const next = { ...run, restarts: run.restarts + 1 }
  if (run.restarts < FREE_RESTARTS) return { state: { phase: 'loading', run: next, reason }, effects: [close(), { type: 'load' }] }
  return backOff(next, backOffDecision(reason), circumstances)
}

function backOff(run: Run, decision: BackOffDecision, { now, delay }: Circumstances, freshLease = false): Step {
  if (delay === null) return giveUp(run, decision)
  const start = delay.exhausted ? 'exhausted' : run.start
  const reason = start === 'exhausted' ? STATUS_REASONS[decision.reason].onceExhausted ?? decision.reason : decision.reason
  const failuresAtStart = delay.exhausted ? run.failures : run.failuresAtStart
  const retryAt = later(now, delay.delayMs * (run.paired === false ? 1 : decision.stretch))
  const refresh: SessionEffect[] = decision.refreshVersion && run.repeated?.times === 1 ? [{ type: 'refresh-version' }] : []
  return {
    state: { phase: 'waiting', run: { ...run, failures: run.failures + 1, failuresAtStart, start }, reason, retryAt },
    effects: [close(freshLease), ...refresh, { type: 'wait', until: retryAt }],
  }
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

function coolDown(run: Run, reason: StatusReason, { now, coolDownMs }: Circumstances): Step {
  if (run.paired !== true) return rest('disconnected', reason, [close(), { type: 'release' }])
  const until = later(now, coolDownMs)
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
