import { NamedFolder } from '../../adapters/filesystem/named-folder.js'
import { SessionFolders } from '../../adapters/filesystem/session-folders.js'
import type { SessionLocator } from '../../adapters/filesystem/session-locator.js'

/** Where a store of files has its sessions: a directory with a folder for each, or the folder of one. */
export type SessionsFolder = SessionsDirectory | SingleSession

/** A directory with a folder for each session. */
interface SessionsDirectory {
  /** Its absolute path. */
  readonly path: string
  /** What the folders of its sessions begin with. */
  readonly prefix: string
  readonly sessionId: null
}

/** The folder of one session. */
interface SingleSession {
  /** Its absolute path. */
  readonly path: string
  /** The session. */
  readonly sessionId: string
}

/** Finds the folders of sessions as the store does. */
export function locatorOf(folder: SessionsFolder): SessionLocator {
  return folder.sessionId === null ? new SessionFolders(folder.path, folder.prefix) : new NamedFolder(folder.path, folder.sessionId)
}

/** The ids that the names of all folders stand for, whatever is in them. */
export async function listFolders(folder: SessionsFolder): Promise<string[]> {
  return folder.sessionId === null ? new SessionFolders(folder.path, folder.prefix).listNamed() : [folder.sessionId]
}
