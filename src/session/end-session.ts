import { readStoredSession, type StoredSession } from '../auth/stored-session.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import type { SessionLease } from '../lease/session-lock.js'
import { withDeadline } from '../time/deadline.js'
import { judgeStart } from './start-verdict.js'
import { restingState } from './session-machine.js'
import { ownedElsewhere } from './session-refusals.js'
import type { IdleState } from './session-state.js'
import type { Session } from './session.js'

/** Closes the socket, keeps the credentials, and remembers that the session is not wanted. */
export async function stopSession(session: Session): Promise<void> {
  const end = restingState('disconnected', 'stopped')
  try {
    await endUnderLease(session, end, lease => rememberStopped(session, lease), () => session.loader.savePairing(session.sockets))
  } catch (cause) {
    const error = asStoreError(session.id, cause)
    // What cannot be remembered holds in this process all the same.
    if (error.code !== 'OWNED_ELSEWHERE' && error.code !== 'WRONG_KEY' && !session.closing.aborted) session.send({ type: 'halt', to: end })
    throw error
  }
}

/** Ends the session in any state and deletes all that is stored of it, then does what else has to be gone before it may begin anew. */
export async function deleteSession(session: Session, end: IdleState, alsoDelete?: () => Promise<void>): Promise<void> {
  await endUnderLease(session, end, async (lease) => {
    await deleteStored(session, lease)
    await alsoDelete?.()
  })
}

/**
 * Closes the socket without logging out, writes what is left to write, and gives the lease back. Resolves with whether everything
 * was written. Never rejects.
 */
export async function closeSession(session: Session): Promise<boolean> {
  session.beginClosing()
  // What rests already keeps its status: closing is no news about a session that was logged out.
  if (session.state.phase !== 'idle') session.send({ type: 'halt', to: restingState('disconnected', 'not_running') })
  return session.afterPending(async () => {
    const isPairingSaved = await savePairing(session)
    session.keeper.fenceUncertain()
    await session.memory.retry()
    session.memory.forget()
    await session.keeper.release()
    if (session.keeper.owner !== null) await session.keeper.release()
    return session.drained && isPairingSaved && session.keeper.isDone
  })
}

/** The phone has the device linked already: credentials that could not be stored get one more chance. */
async function savePairing(session: Session): Promise<boolean> {
  if (session.sockets.unsavedPairing === null) return true
  const { keeper, loader, sockets } = session
  try {
    await loader.savePairing(sockets)
    keeper.fenceUncertain()
    const lease = await keeper.hold()
    if (lease !== null) await loader.writePairing(lease, sockets)
    else if (sockets.unsavedPairing !== null) throw ownedElsewhere(session.id)
    return true
  } catch (cause) {
    session.context.announce.error(asStoreError(session.id, cause))
    return false
  }
}

/** `before` is done while the lease of what ran is still held. */
function endUnderLease(session: Session, end: IdleState, work: (lease: SessionLease) => Promise<void>, before?: () => Promise<void>): Promise<void> {
  return session.whileEnding(() => endNow(session, end, work, before))
}

async function endNow(session: Session, end: IdleState, work: (lease: SessionLease) => Promise<void>, before?: () => Promise<void>): Promise<void> {
  session.closing.throwIfAborted()
  // One that runs elsewhere must not even look stopped here; one that runs here holds the lease already.
  if (!session.isRunning && await session.afterPending(() => session.keeper.hold()) === null) throw ownedElsewhere(session.id)
  session.closing.throwIfAborted()
  session.send({ type: 'halt', to: end })
  await session.afterPending(async () => {
    try {
      session.closing.throwIfAborted()
      await before?.()
      session.keeper.fenceUncertain()
      const lease = await session.keeper.hold()
      if (lease === null) throw ownedElsewhere(session.id)
      await work(lease)
      session.memory.forget()
    } catch (cause) {
      throw asStoreError(session.id, cause)
    } finally {
      await session.keeper.release()
    }
  })
}

async function rememberStopped(session: Session, lease: SessionLease): Promise<void> {
  const { store, settings } = session.context
  await session.loader.writePairing(lease, session.sockets)
  const stored = await readStoredSession(store, session.id, settings.storeTimeoutMs)
  if (stored.kind === 'unavailable') throw stored.error
  if (stored.kind === 'readable') {
    const lifecycle = { ...stored.lifecycle, desired: 'stopped' as const }
    await session.loader.writeLifecycle(lease, lifecycle)
    session.memory.adopt(lifecycle)
    showWhatStays(session, { ...stored, lifecycle })
    return
  }
  // Nothing is dialled for what is absent, corrupt or foreign: there is nothing to remember of it.
  showWhatStays(session, stored)
  // What is there with another key cannot be remembered for it.
  if (stored.kind === 'wrong-key') throw stored.error
}

/** Stopping mends nothing: what needs a person goes on saying so, or whoever looks at the store would be told something else. */
function showWhatStays(session: Session, stored: StoredSession): void {
  const verdict = judgeStart(stored, { purpose: 'restore', force: false }, new Date())
  if (verdict.action !== 'rest' || verdict.status === 'disconnected') return
  const { status, reason, until } = verdict
  // It is no news, so nothing is announced but the status.
  session.send({ type: 'halt', to: { phase: 'idle', status, reason, until, tried: false } })
}

async function deleteStored(session: Session, { fencingToken }: SessionLease): Promise<void> {
  const { store, settings: { storeTimeoutMs } } = session.context
  await withDeadline(store.delete(session.id, { fencingToken }), storeTimeoutMs, () => {
    session.keeper.noteUncertain()
    return storeTimeout(session.id, 'delete', storeTimeoutMs)
  })
  // A pairing that waits to be stored must not come back.
  session.sockets.pairingSaved()
}
