import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { OperationLimit } from '../../async/order-of-work.js'
import { errorCode, SessionError } from '../../errors.js'
import { isTemporaryName, namesIn, onDisk, removeFile, removeThrough, temporaryName } from './disk.js'
import { isLeaseFolder, removeLeaseFolder, removeSealed } from './lease-folders.js'
import { BACKUP_FILE, CREDS_FILE, hasRecordName, recordOfFileName } from './record-file.js'
import { NAMES_FILE, readRecordNames, RecordNames } from './record-names.js'
import { HIDDEN_FOLDER } from './session-folder-name.js'
import { isTokenFile } from './token-files.js'
import { MANIFEST_FILE } from './unfinished-batch.js'

/** A manifest must not bring creds back, and a copy must not outlive its creds. */
const FIRST_REMOVED: readonly string[] = [MANIFEST_FILE, BACKUP_FILE, CREDS_FILE]

/** The file of what is remembered of a session. */
const LIFECYCLE_FILE = 'lifecycle.json'

/** By these the folder is still known for a session's when a crash leaves some of its keys. */
const LAST_REMOVED: readonly string[] = [NAMES_FILE, LIFECYCLE_FILE]

const STORE_FILES: readonly string[] = [MANIFEST_FILE, BACKUP_FILE, NAMES_FILE]

/** What the name of a file's lock, a folder beside the file, ends with. */
export const LOCK_ENDING = '.lock'

/** What a folder is, judged by the names in it: a session's, a browser profile of whatsapp-web.js, or something else's. */
type FolderKind = 'session' | 'browser-profile' | 'other'

/** Says what a folder is. An empty one counts as a session's: nothing in it can be lost. */
export function kindOfFolder(names: readonly string[]): FolderKind {
  if (names.some((name) => name === CREDS_FILE || name === LIFECYCLE_FILE || isStoreFile(name))) return 'session'
  if (browserProfileMark(names) !== undefined) return 'browser-profile'
  return names.every(hasRecordName) ? 'session' : 'other'
}

/** Whether a folder with such a name is the lock of a file beside it, as a `FileConnectionRepository` keeps one, and no session's. */
export function isLockOfFile(folderName: string, names: readonly string[]): boolean {
  // One that was made just now is empty; a session of this name has nothing to lose then either.
  return folderName.endsWith(LOCK_ENDING) && names.every((name) => isTokenFile(name) || isTemporaryName(name))
}

/** Whether a file is the store's own, beside the records. */
function isStoreFile(name: string): boolean {
  return STORE_FILES.includes(name) || isTemporaryName(name) || isLeaseFolder(name)
}

/** Whether a file has the name of a record, or is the store's own. */
export function isSessionFile(name: string): boolean {
  return isStoreFile(name) || hasRecordName(name) || name === HIDDEN_FOLDER
}

/**
 * The files among those of a folder that are records, for whoever removes them all. `package-lock.json` has the name of a record
 * whose type is unknown here: beside files of something else, it is taken for one of those unless the table of names has it.
 */
export function removableRecords(names: readonly string[], table: RecordNames): string[] {
  const isShared = !names.every(isSessionFile)
  return names.filter((name) => hasRecordName(name) && !(isShared && isGuess(name) && !table.has(name)))
}

function isGuess(name: string): boolean {
  return recordOfFileName(name)?.isCertain === false
}

/** What the browser of whatsapp-web.js leaves in a folder that it uses as its profile. */
const BROWSER_PROFILE: readonly string[] = ['Default', 'Local State', 'SingletonLock', 'DevToolsActivePort', 'first_party_sets.db', 'First Run']

/** The file or folder by which a browser profile is known; `undefined` when there is none. */
function browserProfileMark(names: readonly string[]): string | undefined {
  return BROWSER_PROFILE.find((name) => names.includes(name))
}

/** Throws `LEGACY_SESSION` when the folder is a whatsapp-web.js browser profile, and holds no creds of Baileys. */
export async function assertNotLegacy(folder: string, sessionId: string): Promise<void> {
  const names = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
  const marker = browserProfileMark(names)
  if (marker === undefined || names.includes(CREDS_FILE)) return
  throw new SessionError(
    'LEGACY_SESSION',
    `${folder} is a whatsapp-web.js browser profile (it contains "${marker}"), which Baileys cannot use. Move it away, then link the phone again.`,
    { sessionId },
  )
}

/** The folder of a session that is to go. */
export interface SessionRemoval {
  /** The folder. */
  readonly folder: string
  /** The session. */
  readonly sessionId: string
  /** How many files may be open. */
  readonly limit: OperationLimit
  /** The folder of the writer, through which everything goes; `null` when the disk had no room for one. */
  readonly leaseFolder: string | null
}

/** Rejects with `STORE_UNAVAILABLE` when a folder is no session's. */
export async function assertSessionFolder({ folder, sessionId }: SessionRemoval): Promise<void> {
  const names = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
  // A folder that was named by itself keeps its lock when the session goes.
  const kind = kindOfFolder(names.filter((name) => name !== HIDDEN_FOLDER))
  if (kind === 'session') return
  const what = kind === 'browser-profile' ? 'is a whatsapp-web.js browser profile' : 'contains other files, but no session'
  throw new SessionError('STORE_UNAVAILABLE', `${folder} ${what}. Nothing was deleted. Check the store's prefix, or remove the folder yourself.`, {
    sessionId,
  })
}

/** Removes the creds of a session, when its records cannot be removed in one step. Without them the rest of it is nobody's. */
export async function removeCreds(removal: SessionRemoval): Promise<void> {
  for (const fileName of FIRST_REMOVED) await remove(removal, fileName)
}

/** Removes what else a session keeps in its folder, but the folder of the writer. */
export async function removeRest(removal: SessionRemoval): Promise<void> {
  const { folder, sessionId, limit, leaseFolder } = removal
  const names = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
  const files = [...names.filter(isStoreFile), ...removableRecords(names, await tableOf(removal))].filter((name) => join(folder, name) !== leaseFolder)
  await limit.map(
    files.filter((fileName) => !LAST_REMOVED.includes(fileName)),
    (fileName) => remove(removal, fileName),
  )
  for (const fileName of LAST_REMOVED) if (files.includes(fileName)) await remove(removal, fileName)
}

/** Removes the folder of the writer, and that of the session when nothing else is in it. Resolves with whether the latter is gone. */
export async function removeFolders({ folder, sessionId, leaseFolder }: SessionRemoval): Promise<boolean> {
  return onDisk({ verb: 'delete', path: folder, sessionId }, async () => {
    if (leaseFolder !== null) await removeLeaseFolder(leaseFolder)
    try {
      await rmdir(folder)
    } catch (error) {
      // Something else is in it, or was put there just now; or it is gone already.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error
      return errorCode(error) === 'ENOENT'
    }
    return true
  })
}

async function remove({ folder, sessionId, leaseFolder }: SessionRemoval, fileName: string): Promise<void> {
  const path = join(folder, fileName)
  await onDisk({ verb: 'delete', path, sessionId }, async () => {
    if (leaseFolder === null) await removeFile(path)
    else if (isLeaseFolder(fileName)) await removeSealed(path, leaseFolder)
    else await removeThrough(join(leaseFolder, temporaryName()), path)
  })
}

/** The table of names, as far as it can be read: a damaged one must not keep a session from being deleted. */
async function tableOf({ folder, sessionId }: SessionRemoval): Promise<RecordNames> {
  return readRecordNames(folder, sessionId).catch(() => new RecordNames())
}
