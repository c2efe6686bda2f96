import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionError } from '../../errors.js'
import { errorCode } from '../../system/system-error.js'
import { MANIFEST_FILE, readManifest, removeFile } from './batch-manifest.js'
import { BACKUP_FILE, CREDS_FILE } from './creds-backup.js'
import { isStoreFile, kindOfFolder, LIFECYCLE_FILE, removableRecords } from './folder-contents.js'
import { namesIn } from './folder-names.js'
import type { OperationLimit } from './order-of-work.js'
import { NAMES_FILE, namesOf, readRecordNames, RecordNames } from './record-names.js'
import { onDisk } from './storage-failure.js'

/** The folder of a session that is to go. */
export interface SessionRemoval {
  /** The folder. */
  folder: string
  /** The session. */
  sessionId: string
  /** How many files may be open. */
  limit: OperationLimit
}

/**
 * Creds before their keys: a crash in between must not leave creds without them. A backup must not outlive its creds, and a batch
 * that counts must not bring them back.
 */
const FIRST: readonly string[] = [MANIFEST_FILE, BACKUP_FILE, CREDS_FILE]
/** By these the folder is still known for a session's when a crash leaves some of its keys. */
const LAST: readonly string[] = [NAMES_FILE, LIFECYCLE_FILE]

/**
 * Removes what a session keeps in its folder, and the folder when nothing else is in it. Rejects with `STORE_UNAVAILABLE` when it is
 * no session's, and touches nothing then.
 */
export async function removeSession(removal: SessionRemoval): Promise<void> {
  const { folder, sessionId, limit } = removal
  const names = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
  assertSession(removal, names)
  const files = [...names.filter(isStoreFile), ...removableRecords(names, await tableOf(removal))]
  const remove = (fileName: string): Promise<void> => removeFile(join(folder, fileName))
  await onDisk({ verb: 'delete', path: folder, sessionId }, async () => {
    for (const fileName of FIRST) if (files.includes(fileName)) await remove(fileName)
    await limit.map(files.filter(fileName => !FIRST.includes(fileName) && !LAST.includes(fileName)), remove)
    for (const fileName of LAST) if (files.includes(fileName)) await remove(fileName)
    await removeFolder(folder)
  })
}

function assertSession({ folder, sessionId }: SessionRemoval, names: readonly string[]): void {
  const kind = kindOfFolder(names)
  if (kind === 'session') return
  const what = kind === 'browser-profile' ? 'is a browser profile of whatsapp-web.js' : 'holds files of something else, and no session'
  throw new SessionError('STORE_UNAVAILABLE', `${folder} ${what}. Nothing was deleted. Check the prefix of the store, or remove the folder by hand.`, { sessionId })
}

/** The table of names, as far as it can be read: a damaged one must not keep a session from being deleted. */
async function tableOf({ folder, sessionId }: SessionRemoval): Promise<RecordNames> {
  try {
    const pending = await readManifest(folder, sessionId)
    const rows = pending?.names ?? null
    return rows === null ? await readRecordNames(folder, sessionId) : namesOf(rows)
  } catch {
    return new RecordNames()
  }
}

async function removeFolder(path: string): Promise<void> {
  try {
    await rmdir(path)
  } catch (error) {
    // Something else is in it, or was put there just now; or it is gone already.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error
  }
}
