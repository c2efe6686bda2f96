import { SessionError } from '../../errors.js'
import { CREDS_FILE } from './creds-backup.js'
import { namesIn } from './folder-names.js'
import { onDisk } from './storage-failure.js'

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
