import type { WASocket } from '@whiskeysockets/baileys'
import { readStoredSession } from '../auth/stored-session.js'
import { isSessionError, SessionError } from '../errors.js'
import { withDeadline } from '../time/deadline.js'
import { deleteSession } from './end-session.js'
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
    if (failure !== null && requireUnlink) throw failure
    const unlinked = failure === null
    await deleteSession(session, { status: 'logged_out', reason: 'logged_out' })
    return { unlinked }
  } finally {
    session.unlinking = false
  }
}

function unlinkFailed(sessionId: string, timeoutMs: number): SessionError {
  return new SessionError('UNLINK_FAILED',
    `WhatsApp did not confirm within ${timeoutMs} ms that session "${sessionId}" was unlinked. Nothing was deleted: try again, or unlink the device at the phone.`, { sessionId })
}

/** Resolves with `null` once the device is unlinked, or with why it is not. Rejects when another process runs the session. */
async function unlink(session: Session, timeoutMs: number): Promise<SessionError | null> {
  const rest = session.state.phase === 'idle' ? session.state : null
  const attempt = async (): Promise<boolean> => {
    await ensureDialled(session)
    const socket = await session.watch(() => readUnlinkTurn(session))
    return typeof socket === 'boolean' ? socket : sendRemoval(session, socket)
  }
  try {
    if (await withDeadline(attempt(), timeoutMs, () => unlinkFailed(session.id, timeoutMs))) return null
  } catch (cause) {
    if (isSessionError(cause, 'OWNED_ELSEWHERE')) throw cause
    if (isSessionError(cause, 'NOT_PAIRED')) return cause
  }
  // A session that rested before the attempt goes back to rest: nobody asked for it to run.
  if (rest !== null) {
    session.send({ type: 'halt', status: rest.status, reason: rest.reason })
    await session.afterPending(() => session.keeper.release())
  }
  return unlinkFailed(session.id, timeoutMs)
}

/** Makes sure that a dial is under way. Rejects with `NOT_PAIRED` when there is nothing to unlink. */
async function ensureDialled(session: Session): Promise<void> {
  const { phase } = session.state
  if (phase === 'waiting') session.send({ type: 'hurry' })
  if (phase !== 'idle' && phase !== 'standby') return
  const stored = await readStoredSession(session.context.store, session.id, session.context.settings.storeTimeoutMs)
  if (stored.kind !== 'readable' || stored.creds.kind !== 'paired') throw notPaired(session.id)
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
async function sendRemoval(session: Session, socket: WASocket): Promise<boolean> {
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
  })
  return Promise.race([acknowledged, closed])
}
