import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CREDS_FILE } from '../adapters/filesystem/record-file.js'
import { readStoredSession } from '../auth/stored-session.js'
import { errorCode } from '../errors.js'
import type { SessionStore } from '../store/session-store.js'
import { inspectDirectory, inspectFolder } from './doctor/inspect-folder.js'
import type { OpenedStore, StoreName } from './stores/store-name.js'
import { listSessions, READ_TIMEOUT_MS } from './store-view.js'
import { count } from './terminal-text.js'

/** Why a name is probably not the one that was meant. */
export interface Misnomer {
  /** `is_a_session`: it is the folder of one session; `other_prefix`: it has folders of sessions that this name does not mean. */
  readonly code: 'is_a_session' | 'other_prefix'
  /** The same for people, with what to do. */
  readonly message: string
}

/** Whether another folder or prefix was meant; `null` when nothing speaks for that. Rejects with `STORE_UNAVAILABLE`. */
export async function findMisnomer({ folder }: StoreName, hasSessions: boolean): Promise<Misnomer | null> {
  if (folder === null) return null
  const { path } = folder
  if (!(await isThere(path))) return null
  if (folder.sessionId === null && (await inspectDirectory(path)).holdsCreds) {
    return {
      code: 'is_a_session',
      message: `${path} is the folder of a single session. Add "?id=" and the id of the session; or give the folder above it, and after "?prefix=" what its folders begin with.`,
    }
  }
  if (hasSessions) return null
  const [first, ...others] = await foldersWithCreds(path)
  if (first === undefined) return null
  const many = others.length === 0 ? 'has' : `and ${others.length} more have`
  const prefixAdvice = 'After "?prefix=", give what the folder names begin with, or nothing for all of them.'
  const found = folder.sessionId === null ? `No folder in ${path} begins with "${folder.prefix}"` : `${path} has no credentials`
  const advice = folder.sessionId === null ? prefixAdvice : `It is no folder of a session: write "?prefix=" instead of "?id=". ${prefixAdvice}`
  return { code: 'other_prefix', message: `${found}, but "${first}" ${folder.sessionId === null ? '' : 'in it '}${many} credentials. ${advice}` }
}

/** Why there is nothing in a store in which somebody expects sessions; `null` when it is empty, or not. */
export async function explainEmptiness(name: StoreName, { store }: OpenedStore): Promise<string | null> {
  if ((await listSessions(store)).length > 0) return null
  return (await findMisnomer(name, false))?.message ?? null
}

/** A store that is to be made is not there yet. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  )
}

async function foldersWithCreds(path: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory() && (await isFile(join(path, entry.name, CREDS_FILE)))) found.push(entry.name)
  }
  return found.sort()
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

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
export async function findForeignFolder({ folder: sessions }: StoreName, store: SessionStore, sessionId: string): Promise<ForeignFolder | null> {
  if (sessions === null) return null
  const stored = await readStoredSession(store, sessionId, READ_TIMEOUT_MS)
  if (stored.kind !== 'absent' && stored.kind !== 'corrupt') return null
  const folder = await inspectFolder(sessions, sessionId)
  if (folder === null || folder.hasBackup || folder.foreign === 0) return null
  return {
    reason: `${folder.path} contains ${count(folder.foreign, 'other file or folder', 'other files and folders')}, but no readable credentials. Is the prefix right?`,
    records: folder.records,
  }
}
