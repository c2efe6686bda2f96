import { isTemporaryName } from './atomic-file.js'
import { MANIFEST_FILE } from './batch-manifest.js'
import { BACKUP_FILE, CREDS_FILE } from './creds-backup.js'
import { hasRecordName, recordOfFileName } from './record-file-name.js'
import { NAMES_FILE, type RecordNames } from './record-names.js'
import { isTokenFile } from './token-files.js'
import { SessionError } from '../../errors.js'
import { namesIn } from './folder-names.js'
import { onDisk } from './storage-failure.js'

/** The file of what is remembered of a session. */
export const LIFECYCLE_FILE = 'lifecycle.json'

const STORE_FILES: readonly string[] = [MANIFEST_FILE, BACKUP_FILE, NAMES_FILE]

/** What the name of a file's lock, a folder beside the file, ends with. */
export const LOCK_ENDING = '.lock'

/** What a folder is, judged by the names in it: a session's, a browser profile of whatsapp-web.js, or something else's. */
export type FolderKind = 'session' | 'browser-profile' | 'other'

/** Says what a folder is. An empty one counts as a session's: nothing in it can be lost. */
export function kindOfFolder(names: readonly string[]): FolderKind {
  if (names.some(name => name === CREDS_FILE || name === LIFECYCLE_FILE || isStoreFile(name))) return 'session'
  if (browserProfileMark(names) !== undefined) return 'browser-profile'
  return names.every(hasRecordName) ? 'session' : 'other'
}

/** Whether a folder with such a name is the lock of a file beside it, as a `FileConnectionRepository` keeps one, and no session's. */
export function isLockOfFile(folderName: string, names: readonly string[]): boolean {
  // One that was made just now is empty; a session of this name has nothing to lose then either.
  return folderName.endsWith(LOCK_ENDING) && names.every(name => isTokenFile(name) || isTemporaryName(name))
}

/** Whether a file is the store's own, beside the records. */
export function isStoreFile(name: string): boolean {
  return STORE_FILES.includes(name) || isTemporaryName(name)
}

/** Whether a file has the name of a record, or is the store's own. */
export function isSessionFile(name: string): boolean {
  return isStoreFile(name) || hasRecordName(name)
}

/**
 * The files among those of a folder that are records, for whoever removes them all. `package-lock.json` has the name of a record
 * whose type is unknown here: beside files of something else, it is taken for one of those unless the table of names has it.
 */
export function removableRecords(names: readonly string[], table: RecordNames): string[] {
  const isShared = !names.every(isSessionFile)
  return names.filter(name => hasRecordName(name) && !(isShared && isGuess(name) && !table.has(name)))
}

function isGuess(name: string): boolean {
  return recordOfFileName(name)?.isCertain === false
}

/** What the browser of whatsapp-web.js leaves in a folder that it uses as its profile. */
const BROWSER_PROFILE: readonly string[] = ['Default', 'Local State', 'SingletonLock', 'DevToolsActivePort', 'first_party_sets.db', 'First Run']

/** The file or folder by which a browser profile is known; `undefined` when there is none. */
export function browserProfileMark(names: readonly string[]): string | undefined {
  return BROWSER_PROFILE.find(name => names.includes(name))
}

/** Throws `LEGACY_SESSION` when the folder is a browser profile of whatsapp-web.js, and holds no creds of Baileys. */
export async function assertNotLegacy(folder: string, sessionId: string): Promise<void> {
  const names = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
  const marker = browserProfileMark(names)
  if (marker === undefined || names.includes(CREDS_FILE)) return
  throw new SessionError('LEGACY_SESSION', `${folder} is a browser profile of whatsapp-web.js (it holds "${marker}"), which Baileys cannot use. Move it away, then pair the session again.`, { sessionId })
}
