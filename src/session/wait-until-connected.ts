import type { WASocket } from '@whiskeysockets/baileys'
import { managerClosed, needsPerson, ownedElsewhere } from './session-refusals.js'
import type { Session } from './session.js'

/** Resolves with the open socket once there is one; rejects when the session rests and a person is needed. Starts nothing. */
export function waitUntilConnected(session: Session, signal: AbortSignal): Promise<WASocket> {
  return session.watch(() => {
    const { state } = session
    if (session.closing.aborted) throw managerClosed(session.id)
    if (state.phase === 'connected') return session.openSocket
    if (state.phase === 'standby') throw ownedElsewhere(session.id)
    // Before its first start it may still be started while the caller waits.
    if (!session.isResting || state.phase !== 'idle') return undefined
    throw needsPerson(session.snapshot, session.ledger.lossError)
  }, signal)
}
