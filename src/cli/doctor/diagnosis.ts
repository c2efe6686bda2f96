import { BACKUP_FILE, CREDS_FILE } from '../../adapters/filesystem/record-file.js'
import type { StoredSession } from '../../auth/stored-session.js'
import type { SessionError } from '../../errors.js'
import { count } from '../terminal-text.js'
import { type Finding, forPerson, passing, repairable } from './finding.js'
import type { FolderInspection } from './inspect-folder.js'
import type { JournalInspection } from './inspect-journals.js'
import { adviseOnSize } from './size-advice.js'

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
export type DoctorState = 'restorable' | 'never_paired' | 'half_paired' | 'stopped' | 'logged_out' | 'corrupt' | 'legacy' | 'locked' | 'unavailable'

/** How the records of a session are kept; `none` when there are none that can be read. */
export type SessionEncryption = 'none' | 'plain' | 'encrypted' | 'mixed'

/** What is to be said of the journals of a session, in which writes are until they are in the files. */
export interface JournalState {
  /** How many entries they have. */
  readonly entries: number
  /** When one of them was last written; `null` when only the folders of their writers are left. */
  readonly lastWriteAt: Date | null
  /** Whether they can be folded into the files. */
  readonly canFold: boolean
}

/** What is to be said of a session. */
export interface Diagnosis {
  /** The session. */
  readonly sessionId: string
  /** What became of it. */
  readonly state: DoctorState
  /** The name of the process that runs it, or `null`. */
  readonly owner: string | null
  /** The number of the linked phone, digits only; `null` when none is known. */
  readonly phoneNumber: string | null
  /** How many records it has. */
  readonly records: number
  /** How many of them are pre-keys. */
  readonly preKeys: number
  /** How many files and folders it takes; `null` for a store that has none. */
  readonly files: number | null
  /** When one of them was last written; `null` when the store does not tell. */
  readonly lastWriteAt: Date | null
  /** What is in the journals of its writers; `null` when there are none. */
  readonly journal: JournalState | null
  /** How they are kept. */
  readonly encryption: SessionEncryption
  /** What is not as it should be. */
  readonly findings: readonly Finding[]
}

/** What became of a session, by what is stored of it. */
export function stateOf(stored: StoredSession): DoctorState {
  switch (stored.kind) {
    case 'absent':
      return 'never_paired'
    case 'corrupt':
      return 'corrupt'
    case 'legacy':
      return 'legacy'
    case 'wrong-key':
      return 'locked'
    case 'unavailable':
      return 'unavailable'
    case 'readable':
      return stateOfCreds(stored)
  }
}

function stateOfCreds({ creds, lifecycle }: StoredSession & { kind: 'readable' }): DoctorState {
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
  /** What its writers have, or have left, in journals; `null` when there is nothing, or it could not be looked at. */
  readonly journal: JournalInspection | null
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
  /** How many are pre-keys. */
  readonly preKeys: number
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

/** Everything about a session that is not as it should be. */
function findFaults(facts: SessionFacts, state: DoctorState, now: Date): Finding[] {
  return [
    ...faultOfState(facts, state),
    ...faultsOfVerdict(facts, now),
    ...faultsOfRecords(facts, state),
    ...faultsOfFolder(facts),
    ...faultsOfJournal(facts),
    ...adviseOnSize({ preKeys: facts.records.preKeys, files: facts.folder?.files ?? null }),
    // A damaged journal fails every look at the records.
    ...facts.failures.filter(({ message }) => message !== facts.journal?.damage).map(({ message }) => forPerson('unavailable', message)),
  ]
}

function faultOfState({ sessionId, stored, records, hasKeys, folder, journal }: SessionFacts, state: DoctorState): Finding[] {
  switch (state) {
    case 'restorable':
    case 'stopped':
      return []
    case 'never_paired':
      return stored.kind === 'absent' ? faultsWithoutCreds({ records, folder }) : []
    case 'half_paired':
      return [forPerson('half_paired', 'A pairing was started but never finished. Link the phone again, or delete the session.')]
    case 'logged_out':
      return [forPerson('logged_out', `The device was unlinked${loggedOutAt(stored)}. Link the phone again, or delete the session.`)]
    case 'legacy':
      return [forPerson('legacy_session', messageOf(stored))]
    case 'corrupt':
      return messageOf(stored) === journal?.damage ? [] : [forPerson('credentials_corrupt', messageOf(stored))]
    case 'unavailable':
      return [forPerson('unavailable', messageOf(stored))]
    case 'locked':
      return [
        hasKeys
          ? forPerson('wrong_key', messageOf(stored))
          : forPerson('key_missing', `The credentials of session "${sessionId}" are encrypted. Give the key with --key-file.`),
      ]
  }
}

/** A session begins with its credentials: what has records or files without them was not made by pairing. */
function faultsWithoutCreds({ records, folder }: Pick<SessionFacts, 'records' | 'folder'>): Finding[] {
  // First, lest somebody deletes a folder of something else: some of its files may be named as records are.
  if (folder !== null && folder.foreign > 0 && !folder.hasBackup) {
    return [
      forPerson(
        'not_a_session',
        `${folder.path} contains ${count(folder.foreign, 'other file or folder', 'other files and folders')}, but no credentials. Is the prefix right?`,
      ),
    ]
  }
  const missing = `It has ${count(records.total, 'record')}, but no credentials.`
  if (folder?.hasBackup === true)
    return [
      forPerson(
        'credentials_missing',
        `${missing} The file ${BACKUP_FILE} in its folder has the credentials as they were last written. Copy it to ${CREDS_FILE}.`,
      ),
    ]
  // What is remembered of a session may be there before its first pairing, and stay after its last.
  if (records.total > Number(records.hasLifecycle))
    return [forPerson('credentials_missing', `${missing} Restore them from a backup. Only if you have no backup, delete the session and link the phone again.`)]
  return []
}

function faultsOfVerdict({ stored }: SessionFacts, now: Date): Finding[] {
  const verdict = stored.kind === 'readable' ? stored.lifecycle.verdict : null
  if (verdict?.kind !== 'restricted' || (verdict.until !== null && verdict.until <= now)) return []
  return [
    forPerson('restricted', `WhatsApp has restricted the account${verdict.until === null ? '' : ` until ${verdict.until.toISOString()}`}. Check the phone.`),
  ]
}

function faultsOfRecords({ records, hasKeys }: SessionFacts, state: DoctorState): Finding[] {
  const findings: Finding[] = []
  const { plain, encrypted, unreadable, locked, underOldKey, hasRestoredCreds } = records
  if (hasRestoredCreds) findings.push(repairable('credentials_from_backup', 'The credentials are damaged, so their backup is used. --repair writes them back.'))
  if (unreadable > 0 && state !== 'corrupt')
    findings.push(
      forPerson(
        'records_unreadable',
        `${count(unreadable, 'record')} cannot be read, so messages that need them fail. Restore them from a backup, or ask the contact to send again.`,
      ),
    )
  if (locked > 0 && state !== 'locked')
    findings.push(forPerson(hasKeys ? 'wrong_key' : 'key_missing', `${count(locked, 'record is', 'records are')} encrypted with a key that you did not give.`))
  if (plain > 0 && (hasKeys || encrypted > 0))
    findings.push(
      forPerson(
        'records_not_encrypted',
        `${count(plain, 'record is', 'records are')} not encrypted. If they are yours, run the command "encrypt"${encrypted > 0 ? ' with --allow-plain' : ''}.`,
      ),
    )
  if (underOldKey > 0 && locked === 0) {
    findings.push({
      code: 'records_under_old_key',
      message: `${count(underOldKey, 'record is', 'records are')} not encrypted with the current key. Run the command "encrypt".`,
      needsPerson: false,
      canRepair: false,
    })
  }
  return findings
}

function faultsOfFolder({ stored, folder }: SessionFacts): Finding[] {
  if (folder === null) return []
  const { wideModes, leftOvers, hasUnfinishedBatch, links } = folder
  const findings: Finding[] = []
  const widest = isSession({ stored, folder }) ? wideModes[0] : undefined
  if (widest !== undefined) {
    findings.push(
      repairable(
        'modes_too_wide',
        `Users other than the owner can use ${count(wideModes.length, 'file or folder', 'files and folders')}, such as ${widest.path} with mode ${widest.mode.toString(8).padStart(4, '0')}. --repair restricts them to the owner.`,
      ),
    )
  }
  if (hasUnfinishedBatch)
    findings.push(passing('unfinished_batch', 'A write was cut off after it counted. The next process that runs the session finishes it, or --repair does.'))
  if (leftOvers > 0)
    findings.push(
      passing(
        'left_over_files',
        `A write was cut off and left ${count(leftOvers, 'file')} behind. The next process that runs the session cleans up, or --repair does.`,
      ),
    )
  if (links > 0)
    findings.push(
      forPerson(
        'symbolic_links',
        `${count(links, 'symbolic link is', 'symbolic links are')} where files should be, and links are not followed. Put the files themselves there.`,
      ),
    )
  return findings
}

function faultsOfJournal({ owner, journal }: SessionFacts): Finding[] {
  if (journal === null) return []
  const { entries, lastWriteAt, damage } = journal
  if (damage !== null) return [forPerson('journal_damaged', damage)]
  // Whoever runs the session folds it.
  if (owner !== null) return []
  if (entries === 0)
    return [
      passing('left_over_files', 'A process ended and left an empty journal behind. The next process that runs the session removes it, or --repair does.'),
    ]
  const at = lastWriteAt === null ? '' : `, the last of ${lastWriteAt.toISOString()}`
  return [
    passing(
      'unfolded_journal',
      `A process ended and left ${count(entries, 'entry', 'entries')} in its journal${at}. Nothing is lost. The next process that runs the session brings them into the files, or --repair does.`,
    ),
  ]
}

function messageOf(stored: SessionFacts['stored']): string {
  return 'error' in stored ? stored.error.message : ''
}

function loggedOutAt(stored: SessionFacts['stored']): string {
  const at = stored.kind === 'readable' ? stored.lifecycle.loggedOutAt : null
  return at === null ? '' : ` on ${at.toISOString()}`
}

/** Judges what was seen of a session, at a time. */
export function diagnose(facts: SessionFacts, now: Date): Diagnosis {
  const { sessionId, stored, owner, records, folder, journal } = facts
  const state = stateOf(stored)
  return {
    sessionId,
    state,
    owner,
    phoneNumber: stored.kind === 'readable' && stored.creds.kind === 'paired' ? stored.creds.phoneNumber : null,
    records: records.total,
    preKeys: records.preKeys,
    files: folder?.files ?? null,
    lastWriteAt: folder?.lastWriteAt ?? null,
    journal: journal === null ? null : { entries: journal.entries, lastWriteAt: journal.lastWriteAt, canFold: journal.damage === null },
    encryption: records.plain > 0 && records.encrypted > 0 ? 'mixed' : records.encrypted > 0 ? 'encrypted' : records.plain > 0 ? 'plain' : 'none',
    findings: findFaults(facts, state, now),
  }
}
