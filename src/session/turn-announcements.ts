import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { SessionAnnouncements } from './session-context.js'
import type { SessionLedger } from './session-ledger.js'
import type { SessionEvent, SessionState } from './session-state.js'

/** One turn of the machine, and what is known beside it. */
export interface Turn {
  readonly sessionId: string
  readonly before: SessionState
  readonly event: SessionEvent
  readonly after: SessionState
  readonly ledger: SessionLedger
  /** Whether the phone was linked in this run. */
  readonly pairedHere: boolean
  /** Whether a logout is under way: the server's answer to it looks like a logout at the phone. */
  readonly unlinking: boolean
}

/** Tells what a turn means beside the change of status. */
export function announceTurn(turn: Turn, announce: SessionAnnouncements): void {
  const { sessionId, before, event, after, ledger } = turn
  if (becameConnected(turn)) announce.connected(sessionId, ledger.phoneNumber ?? null, !turn.pairedHere)
  const cause = lossOf(turn)
  if (cause !== null) {
    announce.disconnected({
      sessionId, cause, code: ledger.lastDisconnect?.code ?? null,
      willRetry: after.phase !== 'idle', nextRetryAt: after.phase === 'waiting' ? after.retryAt : null,
    })
  }
  if (isLoggedOut(after) && !isLoggedOut(before)) {
    const byPhone = event.type === 'closed' && event.cause === 'logged_out' && !turn.unlinking
    announce.loggedOut(sessionId, byPhone ? 'logged_out' : 'intentional_logout')
  }
}

/** Why a socket was lost in this turn, when one was and nobody here asked for it. */
function lossOf({ before, event, after }: Turn): DisconnectCause | null {
  if (after === before) return null
  if (event.type === 'closed') return event.cause
  const hadSocket = before.phase === 'dialing' || before.phase === 'pairing' || before.phase === 'settling' || before.phase === 'connected'
  return event.type === 'store-failed' && hadSocket ? 'storage_failed' : null
}

/** Whether the session got connected in this turn. */
export function becameConnected({ before, after }: Pick<Turn, 'before' | 'after'>): boolean {
  return after.phase === 'connected' && before.phase === 'settling'
}

/** Logged out in this process; what was only remembered is no news. */
function isLoggedOut(state: SessionState): boolean {
  return state.phase === 'idle' && state.status === 'logged_out' && state.tried
}
