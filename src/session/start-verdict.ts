import type { StoredSession } from '../auth/stored-session.js'
import type { SessionStatus } from '../status/session-status.js'
import type { StatusReason } from '../status/status-reasons.js'

/** How a session is being started. */
export interface StartRequest {
  /** `restore` uses what is stored and never pairs; `connect` pairs when nothing is paired; `unlink` dials to log out. */
  readonly purpose: 'restore' | 'connect' | 'unlink'
  /** Whether credentials that are remembered as logged out are tried again. */
  readonly force: boolean
}

/** Dial with the stored credentials. */
export interface DialVerdict {
  /** Which verdict this is. */
  readonly action: 'dial'
}

/** Begin a pairing. */
export interface PairVerdict {
  /** Which verdict this is. */
  readonly action: 'pair'
}

/** Do not dial. */
export interface RestVerdict {
  /** Which verdict this is. */
  readonly action: 'rest'
  /** The status to show. */
  readonly status: Extract<SessionStatus, 'disconnected' | 'logged_out' | 'failed'>
  /** Why. */
  readonly reason: StatusReason | null
  /** When a restriction ends, if that is known. */
  readonly until: Date | null
}

/** Dial, but not yet. */
export interface CoolDownVerdict {
  /** Which verdict this is. */
  readonly action: 'cool-down'
  /** When to dial. */
  readonly until: Date
}

/** The store cannot be asked: look again later. */
export interface ProbeVerdict {
  /** Which verdict this is. */
  readonly action: 'probe'
}

/** What is to be done with a session, given what is stored of it. */
export type StartVerdict = DialVerdict | PairVerdict | RestVerdict | CoolDownVerdict | ProbeVerdict

const rest = (status: RestVerdict['status'], reason: StatusReason, until: Date | null = null): RestVerdict =>
  ({ action: 'rest', status, reason, until })

/**
 * Decides what to do with a session, given what is stored of it and what was asked. `longestCoolDownMs` bounds a cool-down: the clock may have
 * been ahead when its end was stored.
 */
export function judgeStart(stored: StoredSession, request: StartRequest, now: Date, longestCoolDownMs: number = Infinity): StartVerdict {
  switch (stored.kind) {
    case 'unavailable': return { action: 'probe' }
    case 'corrupt': return rest('failed', 'credentials_corrupt')
    case 'wrong-key': return rest('failed', 'wrong_key')
    case 'legacy': return rest('failed', 'legacy_session')
    case 'absent': return request.purpose === 'connect' ? { action: 'pair' } : rest('disconnected', 'never_paired')
    case 'readable': return bounded(judgeReadable(stored, request, now), now.getTime() + longestCoolDownMs)
  }
}

function bounded(verdict: StartVerdict, latestMs: number): StartVerdict {
  return verdict.action === 'cool-down' && verdict.until.getTime() > latestMs ? { ...verdict, until: new Date(latestMs) } : verdict
}

function judgeReadable(stored: Extract<StoredSession, { kind: 'readable' }>, request: StartRequest, now: Date): StartVerdict {
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
  return judgeStanding(stored, request, now)
}

function judgeStanding(stored: Extract<StoredSession, { kind: 'readable' }>, request: StartRequest, now: Date): StartVerdict {
  const { verdict } = stored.lifecycle
  if (verdict === null || request.force) return { action: 'dial' }
  const over = verdict.until !== null && verdict.until <= now
  if (over) return { action: 'dial' }
  if (verdict.kind === 'rate_limited') return verdict.until === null ? { action: 'dial' } : { action: 'cool-down', until: verdict.until }
  return request.purpose === 'connect' ? { action: 'dial' } : rest('failed', 'restricted', verdict.until)
}
