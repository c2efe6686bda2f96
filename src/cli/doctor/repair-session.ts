import { CREDS_KEY, type SessionStore } from '../../store/session-store.js'
import { asStoreError } from '../../store/store-failure.js'
import { count } from '../terminal-text.js'
import { isSession, type SessionFacts } from './diagnosis.js'
import { type FolderInspection, narrowModes } from './inspect-folder.js'

/** What came of a repair. */
export interface RepairReport {
  /** What was done, a sentence each. */
  readonly done: readonly string[]
  /** Why something was not, a sentence each. */
  readonly refused: readonly string[]
}

/** What a repair works on. */
export interface RepairPlace {
  /** The store, without any keys: what is written back stays as it was. */
  readonly store: SessionStore
  /** Looks at the folder of the session, where there is one. */
  lookAtFolder(): Promise<FolderInspection | null>
}

/**
 * Does what cannot lose anything, under the lease of the session: brings what a process left in a journal into the files, finishes and cleans
 * up after a write that was cut off, writes credentials back from their backup, takes away the permissions of others. Touches no session
 * that is run, and none of which a journal is damaged: a backup of that may be put back into its place.
 */
export async function repairSession(place: RepairPlace, facts: SessionFacts): Promise<RepairReport> {
  const { sessionId } = facts
  const done: string[] = []
  if (!needsRepair(facts)) return { done, refused: [] }
  const { lock } = place.store
  try {
    const lease = await lock.acquire(sessionId)
    if (lease === null) return { done, refused: [`Not repaired: it is running in ${(await lock.owner(sessionId)) ?? 'another process'}. Stop it there first.`] }
    try {
      await repairUnderLease(place, facts, lease.fencingToken, done)
    } finally {
      await lease.release()
    }
    return { done, refused: [] }
  } catch (cause) {
    return { done, refused: [`Not repaired: ${asStoreError(sessionId, cause).message}`] }
  }
}

function needsRepair({ stored, owner, records, folder, journal }: SessionFacts): boolean {
  if (typeof journal?.damage === 'string') return false
  if (records.hasRestoredCreds || (journal !== null && owner === null)) return true
  return folder !== null && (folder.leftOvers > 0 || folder.hasUnfinishedBatch || (folder.wideModes.length > 0 && isSession({ stored, folder })))
}

async function repairUnderLease(place: RepairPlace, facts: SessionFacts, fencingToken: number, done: string[]): Promise<void> {
  await foldJournal(place, facts, fencingToken, done)
  // Read again: another process may have run the session in between.
  const [creds] = await place.store.read(facts.sessionId, [CREDS_KEY])
  if (creds?.restoredFrom === 'backup') {
    await place.store.write(facts.sessionId, [{ ...CREDS_KEY, value: creds.value }], { fencingToken })
    done.push('Restored the credentials from their backup.')
  }
  const folder = await place.lookAtFolder()
  if (folder === null) return
  // The store finishes and cleans when a lease is taken.
  if (facts.folder?.hasUnfinishedBatch === true && !folder.hasUnfinishedBatch) done.push('Finished the write that was cut off.')
  const cleaned = (facts.folder?.leftOvers ?? 0) - folder.leftOvers
  if (cleaned > 0) done.push(`Cleaned up after a write that was cut off: ${count(cleaned, 'file')}.`)
  if (!isSession(facts)) return
  const narrowed = folder.wideModes.length - (await narrowModes(folder.wideModes)).length
  if (narrowed > 0) done.push(`Restricted ${count(narrowed, 'file or folder', 'files and folders')} to the owner.`)
}

async function foldJournal({ store }: RepairPlace, { sessionId, owner, journal }: SessionFacts, fencingToken: number, done: string[]): Promise<void> {
  if (journal === null || owner !== null) return
  // The store has tried when the lease was taken. That it failed, and why, is told to whoever writes.
  await store.write(sessionId, [], { fencingToken })
  done.push(journal.entries === 0 ? 'Removed an empty journal.' : `Brought ${count(journal.entries, 'entry', 'entries')} of a journal into the files.`)
}
