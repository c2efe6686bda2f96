import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn, onDisk } from '../../adapters/filesystem/disk.js'
import { journalPath, leaseFoldersAmong, lookAtJournal, readJournal } from '../../adapters/filesystem/lease-folders.js'
import { errorCode, isSessionError } from '../../errors.js'

/** What the writers of a session have in their journals, or have left there. */
export interface JournalInspection {
  /** How many entries these have. */
  readonly entries: number
  /** When one of them was last written; `null` when all that is left of the writers is their folders. */
  readonly lastWriteAt: Date | null
  /** Why they cannot be folded into the files, in a sentence that says what to do; `null` when they can. */
  readonly damage: string | null
}

/**
 * Looks at the journals in the folder of a session and changes nothing; `null` when no writer has, or has left, one.
 *
 * @throws SessionError `STORE_UNAVAILABLE` when one cannot be read.
 */
export async function inspectJournals(folder: string, sessionId: string): Promise<JournalInspection | null> {
  const writers = leaseFoldersAmong(await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder)))
  let [entries, lastWriteAt, damage]: [number, number | null, string | null] = [0, null, null]
  for (const { name } of writers) {
    const path = join(folder, name)
    const journal = await inspectJournal(path, sessionId)
    entries += journal.entries
    damage ??= journal.damage
    const writtenAt = await onDisk({ verb: 'look at', path, sessionId }, () => writtenAtOf(journalPath(path)))
    if (writtenAt !== null) lastWriteAt = Math.max(lastWriteAt ?? 0, writtenAt)
  }
  return writers.length === 0 ? null : { entries, lastWriteAt: lastWriteAt === null ? null : new Date(lastWriteAt), damage }
}

async function inspectJournal(path: string, sessionId: string): Promise<{ entries: number; damage: string | null }> {
  try {
    return { entries: (await readJournal(path, sessionId)).length, damage: null }
  } catch (error) {
    if (!isSessionError(error, 'RECORD_CORRUPT')) throw error
    return { entries: await entriesBeforeDamage(path, sessionId), damage: error.message }
  }
}

/** What is no file at all has none. */
async function entriesBeforeDamage(path: string, sessionId: string): Promise<number> {
  return lookAtJournal(path, sessionId).then(
    ({ entries }) => entries.length,
    () => 0,
  )
}

async function writtenAtOf(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).mtimeMs
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}
