import { Buffer } from 'node:buffer'
import { constants, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { closeFile, discard, openFile, renameFile, type ReplaceOptions, statFile, syncFile, writeTemporary, writeText } from './atomic-file.js'

/** The file of a session's creds. */
export const CREDS_FILE = 'creds.json'

/** A copy of the creds as this store wrote them last. */
export const BACKUP_FILE = '.creds.backup.json'

/** No link to another file, and no waiting at a pipe. Windows knows no such flags. */
const OPEN_FLAGS = process.platform === 'win32' ? constants.O_RDWR : constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Makes the copy say what the creds say, which must be in place by now: at every moment one of the two is whole. A copy that cannot
 * be made is no failure of the creds.
 *
 * It is written over where that can do no harm. That costs a third of a new file and a rename, and creds are stored often.
 */
export async function renewBackup(path: string, text: string, options: ReplaceOptions): Promise<void> {
  try {
    if (!(await overwrite(path, text, options))) await replace(path, text, options)
  } catch {
    // It says what the creds were, or nothing that is whole.
  }
}

async function overwrite(path: string, text: string, { isDurable }: ReplaceOptions): Promise<boolean> {
  const file = await openFile(path, OPEN_FLAGS).catch(() => null)
  if (file === null) return false
  try {
    if (!canBeOverwritten(await statFile(file), Buffer.byteLength(text))) return false
    await writeText(file, text)
    if (isDurable) await syncFile(file)
    return true
  } finally {
    await closeFile(file)
  }
}

/** A file of this user alone, under no second name, of which nothing old would be left behind the new text. */
function canBeOverwritten(found: Stats, length: number): boolean {
  const isPrivate = process.platform === 'win32' || (found.mode & 0o077) === 0
  return found.isFile() && found.nlink === 1 && isPrivate && found.size <= length
}

/** Without a sync of the folder, which the write of the creds makes for both. */
async function replace(path: string, text: string, options: ReplaceOptions): Promise<void> {
  const temporary = await writeTemporary(dirname(path), text, options)
  try {
    await renameFile(temporary, path)
  } catch (error) {
    await discard(temporary)
    throw error
  }
}
