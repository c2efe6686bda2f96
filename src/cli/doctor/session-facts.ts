import type { FolderInspection } from './inspect-folder.js'
import type { StoredSession } from '../../auth/stored-session.js'
import type { SessionError } from '../../errors.js'

/** All that was seen of one session. */
export interface SessionFacts {
  /** The session. */
  readonly sessionId: string
  /** What its credentials and its lifecycle record say, read with the keys that were given. */
  readonly stored: StoredSession
  /** Its records, one by one. */
  readonly records: RecordCensus
  /** The name of the process that runs it, or `null`. */
  readonly owner: string | null
  /** Its folder; `null` for a store that has none, or when it could not be looked at. */
  readonly folder: FolderInspection | null
  /** Whether keys were given. */
  readonly hasKeys: boolean
  /** What could not be looked at. */
  readonly failures: readonly SessionError[]
}

/** Whether somebody has kept a session there: with an empty prefix every folder is listed as one. */
export function isSession({ stored, folder }: Pick<SessionFacts, 'stored' | 'folder'>): boolean {
  return stored.kind !== 'absent' || folder?.hasBackup === true
}

/** What the records of a session are like. */
export interface RecordCensus {
  /** How many there are. */
  readonly total: number
  /** How many are plain text. */
  readonly plain: number
  /** How many are encrypted. */
  readonly encrypted: number
  /** How many of these cannot be opened: no key was given, or another one. */
  readonly locked: number
  /** How many are encrypted under a key that is not the current one. */
  readonly underOldKey: number
  /** How many cannot be read, or mean nothing. */
  readonly unreadable: number
  /** Whether the credentials could be read from their backup only. */
  readonly hasRestoredCreds: boolean
  /** Whether one of them is what is remembered of the session, beside its credentials. */
  readonly hasLifecycle: boolean
}
