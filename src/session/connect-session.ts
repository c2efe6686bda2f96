import { readStoredSession } from '../auth/stored-session.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import { alreadyPaired, managerClosed, needsPerson, ownedElsewhere } from './session-refusals.js'
import type { Session } from './session.js'

/** Starts a session, pairing it when nothing is paired, and resolves when there is something to show. */
export async function connectSession(session: Session, signal: AbortSignal): Promise<SessionSnapshot> {
  begin(session)
  return session.watch(() => readConnectEnd(session), signal)
}

/** Begins a pairing, or joins the one under way, and asks for a pairing code once it can be asked for. */
export async function pairByCode(session: Session, phoneNumber: string): Promise<string> {
  if (!session.isRunning) await session.afterPending(() => refuseWhenPaired(session))
  begin(session)
  await session.watch(() => readyForPairingCode(session))
  return session.sockets.requestPairingCode(phoneNumber)
}

/** A session that is linked and stopped must not be started only to say that it is linked. */
async function refuseWhenPaired({ id, context, keeper }: Session): Promise<void> {
  const stored = await readStoredSession(context.store, id, context.settings.storeTimeoutMs)
  if (stored.kind !== 'readable' || stored.creds.kind !== 'paired' || stored.lifecycle.loggedOutAt !== null) return
  throw await keeper.isFree() ? alreadyPaired(id) : ownedElsewhere(id)
}

function begin(session: Session): void {
  const { phase } = session.state
  if (phase === 'idle' || phase === 'standby' || phase === 'loading') session.start({ purpose: 'connect', force: false }, 'person')
  else if (phase === 'waiting') session.hurry('person')
  else session.promote('person')
}

/** What is stored cannot be used: a status says so, and nothing went wrong with the call. */
function tellsOfStorage(reason: StatusReason | null): boolean {
  return reason !== null && STATUS_REASONS[reason].unreadable === true
}

function readConnectEnd(session: Session): SessionSnapshot | undefined {
  switch (session.state.phase) {
    case 'idle':
      if (session.state.reason === 'not_running') throw managerClosed(session.id)
      if (session.startError !== null && !tellsOfStorage(session.state.reason)) throw session.startError
      return session.snapshot
    case 'standby': throw ownedElsewhere(session.id)
    case 'pairing': return session.ledger.hasSomethingToScan || session.state.reason !== null ? session.snapshot : undefined
    case 'connected':
    case 'waiting': return session.snapshot
    case 'loading':
    case 'dialing':
    case 'settling': return undefined
  }
}

function readyForPairingCode(session: Session): true | undefined {
  const { state, id } = session
  switch (state.phase) {
    case 'pairing': return true
    case 'standby': throw ownedElsewhere(id)
    case 'idle': throw session.startError ?? needsPerson(session.snapshot, session.ledger.lossError)
    case 'waiting':
      if (state.run.paired === true) throw alreadyPaired(id)
      // Nobody can tell whether it is paired, or the network does not come back in time.
      if (state.run.paired === null || state.run.start !== 'trying') throw session.startError ?? needsPerson(session.snapshot, session.ledger.lossError)
      return undefined
    case 'connected':
    case 'settling': throw alreadyPaired(id)
    case 'dialing':
      if (state.run.paired === true) throw alreadyPaired(id)
      return undefined
    case 'loading': return undefined
  }
}
