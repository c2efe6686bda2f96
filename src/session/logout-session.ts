import type { WASocket } from '@whiskeysockets/baileys'
import { readStoredSession } from '../auth/stored-session.js'
import { isSessionError, SessionError } from '../errors.js'
import { boundedBy } from '../time/deadline.js'
import { deleteSession } from './end-session.js'
import { restingState } from './session-machine.js'
import { notPaired, ownedElsewhere } from './session-refusals.js'
import type { Session } from './session.js'

/** How a logout is to be done. */
export interface LogoutWishes {
  readonly timeoutMs: number
  readonly requireUnlink: boolean
}

/** Unlinks the device at WhatsApp, dialling once when there is no connection, then deletes what is stored. */
export async function logoutSession(session: Session, { timeoutMs, requireUnlink }: LogoutWishes): Promise<{ unlinked: boolean }> {
  session.unlinking = true
  try {
    const failure = await unlink(session, timeoutMs)
    if (failure !== null && (requireUnlink || mustNotDelete(failure))) throw failure
    await deleteSession(session, restingState('logged_out', 'logged_out'))
    return { unlinked: failure === null }
  } finally {
    session.unlinking = false
  }
}

function mustNotDelete(failure: SessionError): boolean {
  // With the right key the device can still be unlinked.
  return failure.code === 'WRONG_KEY' || failure.code === 'OWNED_ELSEWHERE' || failure.code === 'MANAGER_CLOSED'
}

function unlinkFailed(sessionId: string, timeoutMs: number): SessionError {
  return new SessionError('UNLINK_FAILED',
    `WhatsApp did not confirm within ${timeoutMs} ms that session "${sessionId}" was unlinked. Nothing was deleted: try again, or unlink the device at the phone.`, { sessionId })
}

/** Resolves with `null` once the device is unlinked, or with why it is not. Nothing of the attempt goes on afterwards. */
async function unlink(session: Session, timeoutMs: number): Promise<SessionError | null> {
  const rest = session.state.phase === 'idle' ? session.state : null
  const failure = await tryToUnlink(session, timeoutMs)
  if (failure === null || rest === null || session.closing.aborted) return failure
  // A session that rested before the attempt goes back to rest, unless somebody else has ended or started it meanwhile.
  if ('run' in session.state && session.state.run.request.purpose === 'unlink') {
    session.send({ type: 'halt', to: rest })
    await session.afterPending(() => session.keeper.release())
  }
  return failure
}

async function tryToUnlink(session: Session, timeoutMs: number): Promise<SessionError | null> {
  const bounds = { signal: session.closing, timeoutMs, onTimeout: () => unlinkFailed(session.id, timeoutMs) }
  try {
    const isUnlinked = await boundedBy(bounds, async (signal) => {
      await ensureDialled(session, signal)
      const socket = await session.watch(() => readUnlinkTurn(session), signal)
      return typeof socket === 'boolean' ? socket : sendRemoval(session, socket, signal)
    })
    return isUnlinked ? null : unlinkFailed(session.id, timeoutMs)
  } catch (cause) {
    return isSessionError(cause) ? cause : unlinkFailed(session.id, timeoutMs)
  }
}

/** Makes sure that a dial is under way. Rejects when there is nothing to unlink, or nobody can tell. */
async function ensureDialled(session: Session, signal: AbortSignal): Promise<void> {
  if (session.state.phase === 'waiting') session.send({ type: 'hurry' })
  if (session.isRunning) return
  const stored = await readStoredSession(session.context.store, session.id, session.context.settings.storeTimeoutMs)
  if ('error' in stored) throw stored.error
  if (stored.kind !== 'readable' || stored.creds.kind !== 'paired') throw notPaired(session.id)
  signal.throwIfAborted()
  session.start({ purpose: 'unlink', force: true }, 'person')
}

/** The open socket; or whether the device is unlinked, where that is known without one. */
function readUnlinkTurn(session: Session): WASocket | boolean | undefined {
  switch (session.state.phase) {
    case 'connected': return session.openSocket
    // The login was answered with 401: the device is unlinked already.
    case 'idle': return session.state.status === 'logged_out'
    case 'standby': throw ownedElsewhere(session.id)
    case 'waiting':
    case 'pairing': return false
    case 'loading':
    case 'dialing':
    case 'settling': return undefined
  }
}

/** Asks WhatsApp to remove this device, and waits for the answer: Baileys' own `logout` does not (7.0.0-rc14). */
async function sendRemoval(session: Session, socket: WASocket, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  const jid = socket.authState.creds.me?.id
  if (jid === undefined) return false
  const acknowledged = socket.query({
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'md' },
    content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
  }).then((answer: unknown) => answer !== undefined)
  const closed = session.watch(() => {
    if (session.state.phase === 'connected') return undefined
    return session.state.phase === 'idle' && session.state.status === 'logged_out'
  }, signal)
  return Promise.race([acknowledged, closed])
}
