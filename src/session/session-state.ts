import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { RetryPolicy } from '../disconnect/disconnect-decision.js'
import type { SessionStatus, StatusReason } from '../status/status-reasons.js'
import type { StartDecision, StartRequest } from './start-decision.js'

/** What a run of a session remembers from attempt to attempt. */
export interface Run {
  /** How it was started. */
  readonly request: StartRequest
  /** Whether its credentials are paired; `null` until the store has answered. */
  readonly paired: boolean | null
  /** Attempts that failed in a row since the last stable connection. */
  readonly failures: number
  /** Restarts that the server asked for, in a row. */
  readonly restarts: number
  /** The cause of the last loss, and how often in a row it was the same. */
  readonly repeated: { readonly cause: DisconnectCause; readonly times: number } | null
  /** How many of the failures belong to the start: the reconnect policy counts from there. */
  readonly failuresAtStart: number
  /** What became of the promise of the start: still trying, connected once, or its retries are used up. */
  readonly start: 'trying' | 'connected' | 'exhausted'
}

/** Not running, and not trying. */
export interface IdleState {
  readonly phase: 'idle'
  readonly status: Extract<SessionStatus, 'disconnected' | 'logged_out' | 'failed'>
  readonly reason: StatusReason | null
  /** When a restriction ends. */
  readonly until: Date | null
  /** Whether a dial came before: what was found at the login, not what was remembered. */
  readonly tried: boolean
}

/** Another process runs it; this one takes over when that one is gone. */
export interface StandbyState {
  readonly phase: 'standby'
  readonly run: Run
}

/** Taking the lease and reading what is stored. */
export interface LoadingState {
  readonly phase: 'loading'
  readonly run: Run
  readonly reason: StatusReason
}

/** Queued for a dial, or opening a socket. */
export interface DialingState {
  readonly phase: 'dialing'
  readonly run: Run
  readonly reason: StatusReason
}

/** Waiting for the phone. */
export interface PairingState {
  readonly phase: 'pairing'
  readonly run: Run
  /** What stands in the way, if something does. */
  readonly reason: Extract<StatusReason, 'passkey_required'> | null
}

/** Open, with credentials that are not stored yet. */
export interface SettlingState {
  readonly phase: 'settling'
  readonly run: Run
  readonly reason: StatusReason
}

/** What stands in the way of an open connection, although it stays open. */
export interface Hindrance {
  readonly reason: Extract<StatusReason, 'not_responding' | 'reachout_locked' | 'message_capped'>
  /** When WhatsApp said that it ends; `null` when nobody knows. */
  readonly until: Date | null
}

/** Open, and the credentials are stored. */
export interface ConnectedState {
  readonly phase: 'connected'
  readonly run: Run
  readonly hindrance: Hindrance | null
}

/** No socket; the next attempt is made at `retryAt`. */
export interface WaitingState {
  readonly phase: 'waiting'
  readonly run: Run
  readonly reason: StatusReason
  readonly retryAt: Date
}

/** Where one session stands, inside. */
export type SessionState = IdleState | StandbyState | LoadingState | DialingState | PairingState | SettlingState | ConnectedState | WaitingState

/** The name of a state. */
export type Phase = SessionState['phase']

/** What the machine cannot know by itself: the time, chance, and what the application wants. Handed in with each event. */
export interface Circumstances {
  readonly sessionId: string
  readonly now: Date
  /** Spreads the delays: 0 ≤ x < 1. */
  readonly random: number
  /** The delays while a start is being tried. */
  readonly retry: RetryPolicy
  /** The delays afterwards. */
  readonly reconnect: RetryPolicy
  /** The wait before the one retry after a replaced connection. */
  readonly replacedDelayMs: number
  /** The cool-down after a rate limit. */
  readonly rateLimitCoolDownMs: number
}

/** What can happen to a session. */
export type SessionEvent =
  | { readonly type: 'start'; readonly request: StartRequest }
  /** Somebody asks for it while it waits. `isForced`: at once, whatever it waits for; `lostAt`: when the socket was lost last. */
  | { readonly type: 'retry-now'; readonly isForced: boolean; readonly lostAt: Date | null }
  | { readonly type: 'owned-elsewhere' }
  | { readonly type: 'loaded'; readonly decision: Exclude<StartDecision, { action: 'probe' }> }
  | { readonly type: 'store-failed' }
  | { readonly type: 'qr' }
  | { readonly type: 'passkey-required' }
  | { readonly type: 'paired' }
  | { readonly type: 'opened' }
  | { readonly type: 'durable'; readonly hindrance: Hindrance | null }
  /** What stands in the way of the open connection changed; `null`: nothing does any more. */
  | { readonly type: 'hindered'; readonly hindrance: Hindrance | null }
  | { readonly type: 'stable' }
  | { readonly type: 'closed'; readonly cause: DisconnectCause; readonly restrictedUntil: Date | null }
  | { readonly type: 'timer' }
  | { readonly type: 'lease-lost' }
  /** Another process is about to take it over. */
  | { readonly type: 'hand-over' }
  | { readonly type: 'halt'; readonly to: IdleState }

/** What is kept in the lifecycle record. */
export type Remembered = { readonly kind: 'logged_out' } | { readonly kind: 'restricted' | 'rate_limited'; readonly until: Date | null }

/** What the shell has to do. */
export type SessionEffect =
  /** `isTakeover`: nobody asked for it; another process that ran the session is gone. */
  | { readonly type: 'load'; readonly isTakeover: boolean }
  | { readonly type: 'dial' }
  | { readonly type: 'settle' }
  | { readonly type: 'watch-stability' }
  | { readonly type: 'close'; readonly freshLease: boolean }
  | { readonly type: 'remember'; readonly what: Remembered }
  | { readonly type: 'release' }
  /** Writes what is left to write, then gives the lease back. */
  | { readonly type: 'hand-back' }
  | { readonly type: 'wait'; readonly until: Date }
  | { readonly type: 'stand-by' }
  | { readonly type: 'refresh-version' }
  /** The application's own policy threw, and the fallback was taken. */
  | { readonly type: 'tell-policy-failed'; readonly thrown: unknown }

/** A state, and what has to be done to get there. */
export interface Step {
  readonly state: SessionState
  readonly effects: readonly SessionEffect[]
}
