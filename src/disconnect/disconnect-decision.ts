import { LONGEST_TIMER_MS } from '../async/deadline.js'
import type { SessionStatus, StatusReason } from '../status/status-reasons.js'
import type { DisconnectCause } from './disconnect-cause.js'

/** Dial at once: the server asked for it. Not counted the first two times in a row. */
export interface RedialDecision {
  /** Which decision this is. */
  readonly action: 'redial'
  /** Why the session is `connecting` meanwhile. */
  readonly reason: StatusReason
}

/** Wait for the back-off, then dial. */
export interface BackOffDecision {
  /** Which decision this is. */
  readonly action: 'back-off'
  /** Why the session is `reconnecting` meanwhile. */
  readonly reason: StatusReason
  /** How much longer than the back-off's own delay to wait; a pairing, which somebody looks at, waits no longer. */
  readonly stretch: number
  /** How often in a row before the session is `failed`; `Infinity`: the policy alone decides. */
  readonly limit: number
  /** How often in a row before a pairing ends. */
  readonly pairingLimit: number
  /** Why the session rests once the retries are used up. */
  readonly exhausted: StatusReason
  /** Ask the version provider before the next dial, the first time in a row. */
  readonly refreshVersion: boolean
}

/** Wait for a fixed time, once; the next time in a row the session is `failed`. */
export interface RetryOnceDecision {
  /** Which decision this is. */
  readonly action: 'retry-once'
  /** Why the session is `reconnecting`, then `failed`. */
  readonly reason: StatusReason
}

/** Wait for the long cool-down, which is remembered across restarts. */
export interface CoolDownDecision {
  /** Which decision this is. */
  readonly action: 'cool-down'
  /** Why the session is `reconnecting` meanwhile. */
  readonly reason: StatusReason
}

/** Stay away until a person acts. */
export interface StopDecision {
  /** Which decision this is. */
  readonly action: 'stop'
  /** The status it ends in. */
  readonly status: Extract<SessionStatus, 'disconnected' | 'logged_out' | 'failed'>
  /** Why. */
  readonly reason: StatusReason
  /** Whether the verdict is kept in the lifecycle record, so that a restart does not dial either. */
  readonly remember: boolean
}

/** What happens after a socket is lost. No decision touches stored credentials. */
export type DisconnectDecision = RedialDecision | BackOffDecision | RetryOnceDecision | CoolDownDecision | StopDecision

/** The plain back-off: as often, and for as long, as the policies say. */
export function backOffDecision(reason: StatusReason, exhausted: StatusReason = 'retries_exhausted'): BackOffDecision {
  return { action: 'back-off', reason, stretch: 1, limit: Infinity, pairingLimit: Infinity, exhausted, refreshVersion: false }
}

/** The decision for each cause. docs/disconnects.md shows this table. */
export const DISCONNECT_DECISIONS: Readonly<Record<DisconnectCause, DisconnectDecision>> = Object.freeze({
  restart_required: { action: 'redial', reason: 'restart_required' },
  connection_lost: backOffDecision('connection_lost'),
  connection_closed: backOffDecision('connection_lost'),
  server_unavailable: backOffDecision('connection_lost'),
  transport_failed: backOffDecision('connection_lost'),
  connect_timeout: backOffDecision('connection_lost'),
  unknown: backOffDecision('connection_lost'),
  socket_failed: backOffDecision('socket_failed', 'socket_failed'),
  storage_failed: backOffDecision('storage_unavailable', 'storage_unavailable'),
  registration_closed: backOffDecision('connection_lost', 'registration_closed'),
  pairing_expired: { action: 'stop', status: 'disconnected', reason: 'pairing_expired', remember: false },
  pairing_rejected: { action: 'stop', status: 'disconnected', reason: 'pairing_refused', remember: false },
  logged_out: { action: 'stop', status: 'logged_out', reason: 'logged_out', remember: true },
  intentional_logout: { action: 'stop', status: 'logged_out', reason: 'logged_out', remember: true },
  connection_replaced: { action: 'retry-once', reason: 'connection_replaced' },
  restricted: { action: 'stop', status: 'failed', reason: 'restricted', remember: true },
  client_outdated: { ...backOffDecision('client_outdated', 'client_outdated'), stretch: 10, limit: 4, pairingLimit: 1, refreshVersion: true },
  multi_device_mismatch: { action: 'stop', status: 'failed', reason: 'multi_device_mismatch', remember: false },
  rate_limited: { action: 'cool-down', reason: 'rate_limited' },
} satisfies Record<DisconnectCause, DisconnectDecision>)

/** How delays are spread: `full` picks at random between 0 and the delay, `none` takes the delay as it is. */
export type Jitter = 'full' | 'none'

/** What a retry policy is asked. */
export interface RetryContext {
  /** Which retry of this policy in a row it would be: 1 for the first. */
  attempt: number
  /** How many attempts in a row have failed, whichever policy they were made under: the back-off grows with these. */
  failures: number
  /** Why the last one failed. */
  cause: DisconnectCause
  /** The session. */
  sessionId: string
}

/** Chooses how long to wait before the next attempt, in milliseconds; `null` gives up. */
export type RetryFunction = (context: RetryContext) => number | null

/** An exponential back-off. */
export interface BackOffOptions {
  /** How many retries in a row; `Infinity` never gives up, `0` never retries. */
  maxRetries?: number | undefined
  /** The delay before the first retry. */
  initialDelayMs?: number | undefined
  /** What each further delay is multiplied by; at least 1. */
  factor?: number | undefined
  /** No delay is longer than this. */
  maxDelayMs?: number | undefined
  /** How delays are spread, so that many sessions do not dial at the same moment. */
  jitter?: Jitter | undefined
}

/** A back-off with every value set. */
export type BackOff = { [Key in keyof BackOffOptions]-?: NonNullable<BackOffOptions[Key]> }

/** How long to wait before each attempt: a back-off, or a function of the application. */
export type RetryPolicy = BackOff | RetryFunction

/**
 * The delay that a policy chooses, in milliseconds; `null`: it gives up. `random` is 0 ≤ x < 1. Throws what an application's function
 * throws, and `TypeError` when it answers with neither a number nor `null`.
 */
export function delayOf(policy: RetryPolicy, context: RetryContext, random: number): number | null {
  return typeof policy === 'function' ? bounded(policy(context)) : backedOff(policy, context, random)
}

function backedOff(backOff: BackOff, { attempt, failures }: RetryContext, random: number): number | null {
  if (attempt > backOff.maxRetries) return null
  // Zero times infinity would be no number.
  const grown = backOff.initialDelayMs * Math.min(backOff.factor ** (failures - 1), Number.MAX_VALUE)
  const capped = Math.min(grown, backOff.maxDelayMs, LONGEST_TIMER_MS)
  return backOff.jitter === 'none' ? capped : Math.round(capped * random)
}

/** Keeps the answer of an application's function within what a timer can do. */
function bounded(delayMs: unknown): number | null {
  if (delayMs === null) return null
  // A slip of the pen must not turn an outage into a session that has given up.
  if (typeof delayMs !== 'number' || Number.isNaN(delayMs)) throw new TypeError('The retry policy must return a number of milliseconds, or null to give up.')
  return Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS)
}
