import type { DialPriority } from '../dial/dial-limiter.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import type { Session } from './session.js'
import type { IdleState, SessionState } from './session-state.js'

/** What became of a restore, without the numbers. */
export interface RestoreEnd {
  readonly outcome: 'restored' | 'already_connected' | 'retrying' | 'skipped' | 'failed'
  readonly reason: StatusReason | null
}

/** How a restore is to be done. */
export interface RestoreOrder {
  readonly force: boolean
  readonly priority: DialPriority
  /** Called when a dial was not answered within `connectTimeoutMs`, and the restore goes on. */
  readonly onUnanswered: () => void
}

/** Starts the restore of a session, or joins the one under way, and resolves with how it ended. It goes on, whoever stops waiting for it. */
export async function restoreSession(session: Session, { onUnanswered, ...options }: RestoreOrder): Promise<RestoreEnd> {
  const { state } = session
  if (state.phase === 'connected') return { outcome: 'already_connected', reason: 'already_connected' }
  // One that is loading takes the wish to force it into account.
  if (!session.isRunning || state.phase === 'loading') session.start({ purpose: 'restore', force: options.force }, options.priority)
  else if (state.phase === 'waiting' && state.run.start !== 'trying') session.hurry(options.priority)
  else session.promote(options.priority)
  return session.watch(() => {
    if (session.state.phase === 'waiting' && session.snapshot.lastDisconnect?.cause === 'connect_timeout') onUnanswered()
    return readRestoreEnd(session.state)
  })
}

/** What a state means for a restore; `undefined`: it is not over yet. */
export function readRestoreEnd(state: SessionState): RestoreEnd | undefined {
  switch (state.phase) {
    case 'idle': return readRestEnd(state)
    case 'standby': return { outcome: 'skipped', reason: 'owned_elsewhere' }
    case 'pairing': return { outcome: 'skipped', reason: 'pairing_incomplete' }
    case 'connected': return { outcome: 'restored', reason: null }
    case 'waiting': return state.run.start === 'trying' ? undefined : { outcome: 'retrying', reason: state.reason }
    case 'loading':
    case 'dialing':
    case 'settling': return undefined
  }
}

/** What a restore came to that ends, or ended before it began, with a session at rest. */
export function readRestEnd({ reason, tried }: Pick<IdleState, 'reason' | 'tried'>): RestoreEnd {
  if (reason === null) return { outcome: 'failed', reason }
  if (reason === 'not_running') return { outcome: 'skipped', reason: 'aborted' }
  const { restore } = STATUS_REASONS[reason]
  const isSkipped = restore === 'skipped' || (restore === 'failed_if_tried' && !tried)
  return { outcome: isSkipped ? 'skipped' : 'failed', reason }
}
