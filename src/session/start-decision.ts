import type { StoredSession } from '../auth/stored-session.js'
import type { SessionStatus, StatusReason } from '../status/status-reasons.js'
import type { StoredOrMissing } from './missing-credentials.js'

/** How a session is being started. */
export interface StartRequest {
  /** `restore` uses what is stored and never pairs; `connect` pairs when nothing is paired; `unlink` dials to log out. */
  readonly purpose: 'restore' | 'connect' | 'unlink'
  /** Whether credentials that are remembered as logged out are tried again. */
  readonly force: boolean
}

/** What is to be done with a session, given what is stored of it. */
export type StartDecision =
  /** Dial with the stored credentials. */
  | { readonly action: 'dial' }
  /** Begin a pairing. */
  | { readonly action: 'pair' }
  /** Do not dial. `until` is when a restriction ends, if that is known. */
  | {
      readonly action: 'rest'
      readonly status: Extract<SessionStatus, 'disconnected' | 'logged_out' | 'failed'>
      readonly reason: StatusReason | null
      readonly until: Date | null
    }
  /** Dial, but not before `until`. */
  | { readonly action: 'cool-down'; readonly until: Date }
  /** The store cannot be asked: look again later. */
  | { readonly action: 'probe' }

type RestDecision = Extract<StartDecision, { action: 'rest' }>

const rest = (status: RestDecision['status'], reason: StatusReason, until: Date | null = null): RestDecision => ({ action: 'rest', status, reason, until })

/**
 * Decides what to do with a session, given what is stored of it and what was asked. `longestCoolDownMs` bounds a cool-down: the clock may have
 * been ahead when its end was stored.
 */
export function decideStart(stored: StoredOrMissing, request: StartRequest, now: Date, longestCoolDownMs: number = Infinity): StartDecision {
  switch (stored.kind) {
    case 'unavailable':
      return { action: 'probe' }
    case 'corrupt':
      return rest('failed', 'credentials_corrupt')
    case 'wrong-key':
      return rest('failed', 'wrong_key')
    case 'legacy':
      return rest('failed', 'legacy_session')
    case 'missing':
      return request.purpose === 'connect' ? { action: 'pair' } : rest('failed', 'credentials_missing')
    case 'absent':
      return request.purpose === 'connect' ? { action: 'pair' } : rest('disconnected', 'never_paired')
    case 'readable':
      return bounded(decideReadable(stored, request, now), now.getTime() + longestCoolDownMs)
  }
}

function bounded(decision: StartDecision, latestMs: number): StartDecision {
  return decision.action === 'cool-down' && decision.until.getTime() > latestMs ? { ...decision, until: new Date(latestMs) } : decision
}

function decideReadable(stored: Extract<StoredSession, { kind: 'readable' }>, request: StartRequest, now: Date): StartDecision {
  const { creds, lifecycle } = stored
  if (creds.kind !== 'paired') {
    if (request.purpose === 'connect') return { action: 'pair' }
    return rest('disconnected', creds.kind === 'unpaired' ? 'never_paired' : 'pairing_incomplete')
  }
  if (request.purpose === 'unlink') return { action: 'dial' }
  if (lifecycle.loggedOutAt !== null && !request.force) {
    return request.purpose === 'connect' ? { action: 'pair' } : rest('logged_out', 'logged_out')
  }
  if (request.purpose === 'restore' && lifecycle.desired === 'stopped') return rest('disconnected', 'stopped')
  return decideStanding(stored, request, now)
}

function decideStanding(stored: Extract<StoredSession, { kind: 'readable' }>, request: StartRequest, now: Date): StartDecision {
  const { verdict } = stored.lifecycle
  if (verdict === null || request.force) return { action: 'dial' }
  const over = verdict.until !== null && verdict.until <= now
  if (over) return { action: 'dial' }
  if (verdict.kind === 'rate_limited') return verdict.until === null ? { action: 'dial' } : { action: 'cool-down', until: verdict.until }
  return request.purpose === 'connect' ? { action: 'dial' } : rest('failed', 'restricted', verdict.until)
}
