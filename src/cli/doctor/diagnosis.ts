import type { StoredSession } from '../../auth/stored-session.js'
import type { FolderInspection } from './inspect-folder.js'
import type { SessionError } from '../../errors.js'

/**
 * What became of a session:
 *
 * - `restorable`: linked to a phone; a manager restores it;
 * - `never_paired`: no phone was ever linked;
 * - `half_paired`: a pairing was begun and not finished;
 * - `stopped`: linked, and somebody stopped it: it is not restored by itself;
 * - `logged_out`: the device was unlinked;
 * - `corrupt`: its credentials cannot be understood;
 * - `legacy`: a browser profile of whatsapp-web.js;
 * - `locked`: encrypted, and the key is missing or wrong;
 * - `unavailable`: it could not be read.
 */
export type SessionState = 'restorable' | 'never_paired' | 'half_paired' | 'stopped' | 'logged_out' | 'corrupt' | 'legacy' | 'locked' | 'unavailable'

/** How the records of a session are kept; `none` when there are none that can be read. */
export type SessionEncryption = 'none' | 'plain' | 'encrypted' | 'mixed'

/** Something that is not as it should be. */
export interface Finding {
  /** Its stable name. */
  readonly code: FindingCode
  /** What is wrong and what to do, for people. */
  readonly message: string
  /** Whether it waits for a person; the others mend themselves when the session runs next. */
  readonly needsPerson: boolean
  /** Whether `--repair` mends it. */
  readonly canRepair: boolean
}

/** The name of a finding. */
export type FindingCode =
  | 'half_paired' | 'logged_out' | 'restricted' | 'credentials_corrupt' | 'credentials_from_backup' | 'credentials_missing' | 'legacy_session'
  | 'key_missing' | 'wrong_key' | 'records_not_encrypted' | 'records_under_old_key' | 'records_unreadable'
  | 'unavailable' | 'modes_too_wide' | 'left_over_files' | 'unfinished_batch' | 'symbolic_links' | 'not_a_session'
  | 'is_a_session' | 'other_prefix' | 'directory_writable'

/** What is to be said of a session. */
export interface Diagnosis {
  /** The session. */
  readonly sessionId: string
  /** What became of it. */
  readonly state: SessionState
  /** The name of the process that runs it, or `null`. */
  readonly owner: string | null
  /** The number of the linked phone, digits only; `null` when none is known. */
  readonly phoneNumber: string | null
  /** How many records it has. */
  readonly records: number
  /** When one of them was last written; `null` when the store does not tell. */
  readonly lastWriteAt: Date | null
  /** How they are kept. */
  readonly encryption: SessionEncryption
  /** What is not as it should be. */
  readonly findings: readonly Finding[]
}

/** What became of a session, by what is stored of it. */
export function stateOf(stored: StoredSession): SessionState {
  switch (stored.kind) {
    case 'absent': return 'never_paired'
    case 'corrupt': return 'corrupt'
    case 'legacy': return 'legacy'
    case 'wrong-key': return 'locked'
    case 'unavailable': return 'unavailable'
    case 'readable': return stateOfCreds(stored)
  }
}

function stateOfCreds({ creds, lifecycle }: StoredSession & { kind: 'readable' }): SessionState {
  if (lifecycle.loggedOutAt !== null) return 'logged_out'
  if (creds.kind === 'half_paired') return 'half_paired'
  if (creds.kind === 'unpaired') return 'never_paired'
  return lifecycle.desired === 'stopped' ? 'stopped' : 'restorable'
}

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
