import type { LastDisconnect, SessionSnapshot, SessionStatus } from '../status/session-status.js'
import type { StatusReason } from '../status/status-reasons.js'
import { describeStatus, type StatusMessages } from '../status/status-messages.js'
import type { SessionState } from './session-state.js'

/** What a snapshot shows beside the state. */
export interface SessionFacts {
  readonly sessionId: string
  readonly since: Date
  readonly owner: string | null
  readonly qr: string | undefined
  readonly pairingCode: string | undefined
  readonly pairingPhoneNumber: string | undefined
  readonly pairingExpiresAt: Date | undefined
  readonly phoneNumber: string | undefined
  readonly lastDisconnect: LastDisconnect | undefined
  readonly metadata: Record<string, unknown> | undefined
  /** What the last socket was made with. */
  readonly client: ClientFacts
}

/** What WhatsApp is told of the client, as people read it. */
export interface ClientFacts {
  readonly version?: string | undefined
  readonly browser?: string | undefined
}

/** Status and reason of a state. */
export function statusOf(state: SessionState): { status: SessionStatus; reason: StatusReason | null } {
  switch (state.phase) {
    case 'idle': return { status: state.status, reason: state.reason }
    case 'standby': return { status: 'disconnected', reason: 'owned_elsewhere' }
    case 'loading': return { status: state.reason === 'storage_unavailable' ? 'reconnecting' : 'connecting', reason: state.reason }
    case 'dialing':
    case 'settling': return { status: 'connecting', reason: state.reason }
    case 'pairing': return { status: 'pairing', reason: state.reason }
    case 'connected': return { status: 'connected', reason: null }
    case 'waiting': return { status: 'reconnecting', reason: state.reason }
  }
}

/** The snapshot of a state. It is the caller's own: dates are copies. Asked so often that it is put together in place. */
export function viewSession(state: SessionState, facts: SessionFacts, messages: StatusMessages): SessionSnapshot {
  const { status, reason } = statusOf(state)
  const snapshot: SessionSnapshot = {
    sessionId: facts.sessionId,
    status,
    isConnected: status === 'connected',
    reason,
    message: describeStatus(status, reason, messages, { ...facts.client, number: facts.phoneNumber ?? facts.pairingPhoneNumber, until: untilOf(state), wasConnected: 'run' in state && state.run.start === 'connected' }),
    since: new Date(facts.since),
    owner: facts.owner,
    isLocal: state.phase !== 'standby',
  }
  if (facts.phoneNumber !== undefined) snapshot.phoneNumber = facts.phoneNumber
  if (facts.lastDisconnect !== undefined) snapshot.lastDisconnect = { ...facts.lastDisconnect, at: new Date(facts.lastDisconnect.at) }
  if (facts.metadata !== undefined) snapshot.metadata = facts.metadata
  if (state.phase === 'pairing') showPairing(snapshot, facts)
  showProgress(snapshot, state)
  return snapshot
}

function untilOf(state: SessionState): Date | undefined {
  if (state.phase === 'waiting') return state.retryAt
  return state.phase === 'idle' ? state.until ?? undefined : undefined
}

function showPairing(snapshot: SessionSnapshot, { qr, pairingCode, pairingPhoneNumber, pairingExpiresAt }: SessionFacts): void {
  if (qr !== undefined) snapshot.qr = qr
  if (pairingCode !== undefined) snapshot.pairingCode = pairingCode
  if (pairingPhoneNumber !== undefined) snapshot.pairingPhoneNumber = pairingPhoneNumber
  if (pairingExpiresAt !== undefined) snapshot.pairingExpiresAt = new Date(pairingExpiresAt)
}

function showProgress(snapshot: SessionSnapshot, state: SessionState): void {
  if (state.phase === 'idle') {
    if (state.until !== null) snapshot.restrictedUntil = new Date(state.until)
    return
  }
  if (state.run.failures > 0) snapshot.attempt = state.run.failures
  if (state.phase === 'waiting') snapshot.nextRetryAt = new Date(state.retryAt)
}
