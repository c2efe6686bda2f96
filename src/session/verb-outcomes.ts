import type { WASocket } from '@whiskeysockets/baileys'
import type { DialPriority } from '../disconnect/dial-limiter.js'
import type { SessionError } from '../errors.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import { INITIAL_STATE } from './session-machine.js'
import { alreadyPaired, managerClosed, needsPerson, ownedElsewhere } from './session-refusals.js'
import type { IdleState, SessionState } from './session-state.js'

/** Where a session stands, for whoever waits for it to get somewhere. */
export interface Standing {
  readonly sessionId: string
  readonly state: SessionState
  /** Why the last start came to nothing, when that was a failure and no decision. */
  readonly startError: SessionError | null
  readonly snapshot: SessionSnapshot
  /** What the last socket was lost with. */
  readonly lossError: unknown
}

/** What became of a restore, without the numbers. */
export interface RestoreEnd {
  readonly outcome: 'restored' | 'already_connected' | 'retrying' | 'skipped' | 'failed'
  readonly reason: StatusReason | null
}

/** What a standing means for `connect`; `undefined`: there is nothing to show yet. Throws why there never will be. */
export function connectOutcome({ sessionId, state, startError, snapshot }: Standing): SessionSnapshot | undefined {
  switch (state.phase) {
    case 'idle':
      if (state.reason === 'not_running') throw managerClosed(sessionId)
      if (startError !== null && !tellsOfStorage(state.reason)) throw startError
      return snapshot
    case 'standby':
      throw ownedElsewhere(sessionId)
    case 'pairing':
      return snapshot.qr !== undefined || snapshot.pairingCode !== undefined || state.reason !== null ? snapshot : undefined
    case 'connected':
    case 'waiting':
      return snapshot
    case 'loading':
    case 'dialing':
    case 'settling':
      return undefined
  }
}

/** Whether a pairing code can be asked for; `undefined`: not yet. Throws why it never can. */
export function pairingOutcome({ sessionId, state, startError, snapshot, lossError }: Standing): true | undefined {
  const refused = (): SessionError => startError ?? needsPerson(snapshot, lossError)
  switch (state.phase) {
    case 'pairing':
      return true
    case 'standby':
      throw ownedElsewhere(sessionId)
    case 'idle':
      throw refused()
    case 'waiting':
      if (state.run.paired === true) throw alreadyPaired(sessionId)
      // Nobody can tell whether it is paired, or the network does not come back in time.
      if (state.run.paired === null || state.run.start !== 'trying') throw refused()
      return undefined
    case 'connected':
    case 'settling':
      throw alreadyPaired(sessionId)
    case 'dialing':
      if (state.run.paired === true) throw alreadyPaired(sessionId)
      return undefined
    case 'loading':
      return undefined
  }
}

/** The open socket; `undefined`: it may still come. Throws when a person is needed for that. */
export function connectionOutcome({ sessionId, state, snapshot, lossError }: Standing, socket: WASocket | undefined): WASocket | undefined {
  if (state.phase === 'standby') throw ownedElsewhere(sessionId)
  // Before its first start it may still be started while the caller waits.
  if (state.phase !== 'idle' || state === INITIAL_STATE) return socket
  throw needsPerson(snapshot, lossError)
}

/** How a restore is to be done. */
export interface RestoreOrder {
  readonly force: boolean
  readonly priority: DialPriority
  /** Called when a dial was lost, and the restore goes on; with whether it was not answered within `connectTimeoutMs`. */
  readonly onWaiting: (isUnanswered: boolean) => void
}

/** What a state means for a restore; `undefined`: it is not over yet. */
export function restoreOutcome(state: SessionState): RestoreEnd | undefined {
  switch (state.phase) {
    case 'idle':
      return outcomeAtRest(state)
    case 'standby':
      return { outcome: 'skipped', reason: 'owned_elsewhere' }
    case 'pairing':
      return { outcome: 'skipped', reason: 'pairing_incomplete' }
    case 'connected':
      return { outcome: 'restored', reason: null }
    case 'waiting':
      return state.run.start === 'trying' ? undefined : { outcome: 'retrying', reason: state.reason }
    case 'loading':
    case 'dialing':
    case 'settling':
      return undefined
  }
}

/** What a restore came to that ends, or ended before it began, with a session at rest. */
export function outcomeAtRest({ reason, tried }: Pick<IdleState, 'reason' | 'tried'>): RestoreEnd {
  if (reason === null) return { outcome: 'failed', reason }
  if (reason === 'not_running') return { outcome: 'skipped', reason: 'aborted' }
  const { restore } = STATUS_REASONS[reason]
  const isSkipped = restore === 'skipped' || (restore === 'failed_if_tried' && !tried)
  return { outcome: isSkipped ? 'skipped' : 'failed', reason }
}

/** What is stored cannot be used: a status says so, and nothing went wrong with the call. */
function tellsOfStorage(reason: StatusReason | null): boolean {
  return reason !== null && STATUS_REASONS[reason].unreadable === true
}
