import { inspectFolder } from './doctor/inspect-folder.js'
import { readStoredSession } from '../auth/stored-session.js'
import type { SessionStore } from '../store/session-store.js'
import { READ_TIMEOUT_MS } from './read-timeout.js'
import type { StoreName } from './store-name.js'
import { count } from './terminal-text.js'

/** A folder that is listed as a session, and probably is none. */
export interface ForeignFolder {
  /** Why, for people. */
  readonly reason: string
  /** How many of its files are named as records are. */
  readonly records: number
}

/**
 * Whether a folder is one of something else: with another prefix any folder could be taken for a session, and some of its files for
 * records. `null` when it holds credentials, a copy of them, or nothing but records.
 */
export async function findForeignFolder(name: StoreName, store: SessionStore, sessionId: string): Promise<ForeignFolder | null> {
  if (name.kind !== 'fs') return null
  const stored = await readStoredSession(store, sessionId, READ_TIMEOUT_MS)
  if (stored.kind !== 'absent' && stored.kind !== 'corrupt') return null
  const folder = await inspectFolder(name.path, name.prefix, sessionId)
  if (folder === null || folder.hasBackup || folder.foreign === 0) return null
  return {
    reason: `${folder.path} holds ${count(folder.foreign, 'file or folder', 'files and folders')} of something else, and no credentials that can be read. Is the prefix right?`,
    records: folder.records,
  }
}
