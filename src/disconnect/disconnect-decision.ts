import type { SessionStatus } from '../status/session-status.js'
import type { StatusReason } from '../status/status-reasons.js'
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
  socket_failed: backOffDecision('connection_lost'),
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
