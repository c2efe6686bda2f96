import type { SessionErrorCode } from '../errors.js'
import { unreadableReason } from '../status/status-reasons.js'
import type { LoadOutcome } from './session-loader.js'
import type { Circumstances, IdleState, SessionEvent } from './session-state.js'

/** Failures that time may heal. Every other one needs a person. */
const PASSING: ReadonlySet<SessionErrorCode> = new Set<SessionErrorCode>(['STORE_UNAVAILABLE', 'STORE_TIMEOUT', 'STALE_WRITER'])

/** The event that an outcome of loading is for the session. */
export function readLoadOutcome(outcome: LoadOutcome, circumstances: () => Circumstances): SessionEvent {
  switch (outcome.kind) {
    case 'owned-elsewhere': return { type: 'owned-elsewhere' }
    case 'ready':
    case 'rest': return { type: 'loaded', verdict: outcome.verdict }
    case 'failed': {
      if (!PASSING.has(outcome.error.code)) return rest('failed', unreadableReason(outcome.error.code))
      return outcome.knownUnpaired ? rest('disconnected', 'storage_unavailable') : { type: 'store-failed', circumstances: circumstances() }
    }
  }
}

function rest(status: IdleState['status'], reason: IdleState['reason']): SessionEvent {
  return { type: 'loaded', verdict: { action: 'rest', status, reason, until: null } }
}
