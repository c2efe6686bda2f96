import type { OperationLimit } from '../../async/order-of-work.js'
import type { BatchFolderView } from './record-names.js'

/** Where a session is kept. */
export interface SessionFolder {
  /** Its folder. */
  path: string
  /** Whether the folder is there. */
  exists: boolean
}

/** Finds the folders of sessions, and says whether they are safe to use. */
export interface SessionLocator {
  /** The ids of all sessions that have a folder. */
  list(limit: OperationLimit): Promise<string[]>
  /** Where a session is, or would be. Rejects when its id, or what is in its place, cannot be used. */
  locate(sessionId: string): Promise<SessionFolder>
  /** Where a session is, after its folder was made if need be. */
  ensure(sessionId: string): Promise<string>
  /** Rejects when this user may not write where the session is, or would be. A folder yet to be made is not tried. */
  assertWritable(sessionId: string): Promise<void>
  /** Rejects when a store that names the folder by itself has it. To be called once the lock is held: that one looks for this lock, too. */
  assertNotNamed(sessionId: string): Promise<void>
  /** A session's folder as names for its records are chosen. */
  viewOf(path: string, sessionId: string): Promise<BatchFolderView>
  /** Whether the disk can be read, and has no folder of this session. */
  isGone(sessionId: string): Promise<boolean>
  /** To be called when a folder may be gone: it is looked for again. */
  forget(sessionId: string): void
}
