import { asStoreError, readStoredSession, storeTimeout } from '../auth/stored-session.js'
import type { SessionLease } from '../ownership/session-lock.js'
import { withDeadline } from '../time/deadline.js'
import { ownedElsewhere } from './session-refusals.js'
import type { IdleState } from './session-state.js'
import type { Session } from './session.js'

/** Closes the socket, keeps the credentials, and remembers that the session is not wanted. */
export async function stopSession(session: Session): Promise<void> {
  await endUnderLease(session, { status: 'disconnected', reason: 'stopped' }, lease => rememberStopped(session, lease))
}

/** Ends the session in any state and deletes all that is stored of it. */
export async function deleteSession(session: Session, end: Pick<IdleState, 'status' | 'reason'>): Promise<void> {
  await endUnderLease(session, end, lease => deleteStored(session, lease))
  session.ledger.forgetPairing()
}

/**
 * Closes the socket without logging out, writes what is left to write, and gives the lease back. Resolves with whether everything
 * was written. Never rejects.
 */
export async function closeSession(session: Session): Promise<boolean> {
  // What rests already keeps its status: closing is no news about a session that was logged out.
  if (session.state.phase !== 'idle') session.send({ type: 'halt', status: 'disconnected', reason: 'not_running' })
  await session.afterPending(async () => {
    await session.memory.retry()
    session.memory.forget()
    await session.keeper.release()
  })
  return session.drained
}

async function endUnderLease(session: Session, end: Pick<IdleState, 'status' | 'reason'>, work: (lease: SessionLease) => Promise<void>): Promise<void> {
  const isIdle = session.state.phase === 'idle' || session.state.phase === 'standby'
  // One that runs elsewhere must not even look stopped here; one that runs here holds the lease already.
  if (isIdle && await session.afterPending(() => session.keeper.hold()) === null) throw ownedElsewhere(session.id)
  session.send({ type: 'halt', ...end })
  await session.afterPending(async () => {
    try {
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
  const stored = await readStoredSession(store, session.id, settings.storeTimeoutMs)
  if (stored.kind === 'unavailable') throw stored.error
  // Nothing is dialled for what is absent, corrupt or foreign: there is nothing to remember of it.
  if (stored.kind !== 'readable') return
  const lifecycle = { ...stored.lifecycle, desired: 'stopped' as const }
  await session.loader.writeLifecycle(lease, lifecycle)
  session.memory.adopt(lifecycle)
}

async function deleteStored(session: Session, { fencingToken }: SessionLease): Promise<void> {
  const { store, settings: { storeTimeoutMs } } = session.context
  await withDeadline(store.delete(session.id, { fencingToken }), storeTimeoutMs, () => storeTimeout(session.id, 'delete', storeTimeoutMs))
}
