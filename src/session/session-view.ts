import type { LastDisconnect, SessionSnapshot, SessionStatus, StatusReason } from '../status/session-status.js'
import { describeStatus, type StatusMessages } from '../status/status-messages.js'
import type { SessionState } from './session-state.js'

/** What a snapshot shows beside the state. */
export interface SessionFacts {
  readonly sessionId: string
  readonly since: Date
  readonly owner: string | null
  readonly qr: string | undefined
  readonly pairingCode: string | undefined
  readonly pairingExpiresAt: Date | undefined
  readonly phoneNumber: string | undefined
  readonly lastDisconnect: LastDisconnect | undefined
  readonly metadata: Record<string, unknown> | undefined
}

/** Status and reason of a state. */
export function statusOf(state: SessionState): { status: SessionStatus; reason: StatusReason | null } {
  switch (state.phase) {
    case 'idle': return { status: state.status, reason: state.reason }
    case 'standby': return { status: 'disconnected', reason: 'owned_elsewhere' }
    case 'loading': return { status: state.reason === 'storage_unavailable' ? 'reconnecting' : 'connecting', reason: state.reason }
    case 'dialing':
    case 'settling': return { status: 'connecting', reason: state.reason }
    case 'pairing': return { status: 'pairing', reason: null }
    case 'connected': return { status: 'connected', reason: null }
    case 'waiting': return { status: 'reconnecting', reason: state.reason }
  }
}

/** The snapshot of a state. */
export function viewSession(state: SessionState, facts: SessionFacts, messages: StatusMessages): SessionSnapshot {
  const { status, reason } = statusOf(state)
  return {
    sessionId: facts.sessionId,
    status,
    isConnected: status === 'connected',
    reason,
    message: describeStatus(status, reason, messages),
    ...viewPairing(state, facts),
    ...(facts.phoneNumber === undefined ? {} : { phoneNumber: facts.phoneNumber }),
    ...viewProgress(state),
    ...(facts.lastDisconnect === undefined ? {} : { lastDisconnect: facts.lastDisconnect }),
    since: facts.since,
    owner: facts.owner,
    isLocal: state.phase !== 'standby',
    ...(facts.metadata === undefined ? {} : { metadata: facts.metadata }),
  }
}

type PairingView = Pick<SessionSnapshot, 'qr' | 'pairingCode' | 'pairingExpiresAt'>

function viewPairing(state: SessionState, { qr, pairingCode, pairingExpiresAt }: SessionFacts): PairingView {
  if (state.phase !== 'pairing') return {}
  return {
    ...(qr === undefined ? {} : { qr }),
    ...(pairingCode === undefined ? {} : { pairingCode }),
    ...(pairingExpiresAt === undefined ? {} : { pairingExpiresAt }),
  }
}

function viewProgress(state: SessionState): Pick<SessionSnapshot, 'attempt' | 'nextRetryAt' | 'restrictedUntil'> {
  if (state.phase === 'idle') return state.until === null ? {} : { restrictedUntil: state.until }
  const attempt = state.run.failures > 0 ? { attempt: state.run.failures } : {}
  return state.phase === 'waiting' ? { ...attempt, nextRetryAt: state.retryAt } : attempt
}
