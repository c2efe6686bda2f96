import { count, hidePasswords, maskNumber, maskPrivate } from '../terminal-text.js'
import type { ServerReport } from '../stores/store-name.js'
import type { Diagnosis, DoctorState, JournalState, SessionEncryption } from './diagnosis.js'
import type { Finding } from './finding.js'
import type { RepairReport } from './repair-session.js'

/** A session in the report, as `--json` prints it. */
export interface ReportedSession {
  /** The session. */
  readonly sessionId: string
  /** What became of it. */
  readonly state: DoctorState
  /** The name of the process that runs it, or `null`. */
  readonly owner: string | null
  /** Its pid, where the name tells it. */
  readonly ownerPid: number | null
  /** The number of the linked phone, masked unless it was asked for; `null` when none is known. */
  readonly phoneNumber: string | null
  /** How many records it has. */
  readonly records: number
  /** How many of them are pre-keys. */
  readonly preKeys: number
  /** How many files and folders it takes; `null` for a store that has none. */
  readonly files: number | null
  /** When one of them was last written, as ISO text; `null` when the store does not tell. */
  readonly lastWriteAt: string | null
  /** What is in the journals of its writers, and not in the files yet; `null` when there are none. */
  readonly journal: ReportedJournal | null
  /** How they are kept. */
  readonly encryption: SessionEncryption
  /** What is not as it should be, after any repair. */
  readonly findings: readonly Finding[]
  /** What `--repair` did. */
  readonly repairs: readonly string[]
  /** Why `--repair` did not do something. */
  readonly refusals: readonly string[]
}

/** The journals of a session in the report. */
export interface ReportedJournal extends Omit<JournalState, 'lastWriteAt'> {
  /** When one of them was last written, as ISO text; `null` when only the folders of their writers are left. */
  readonly lastWriteAt: string | null
}

/** The report, as `--json` prints it. Fields may be added; those that are there keep their meaning within a version. */
export interface DoctorReport {
  /** The version of this form. */
  readonly version: 1
  /** The store, as it was named. */
  readonly store: string
  /** Whether anything waits for a person: then the exit code is 1. */
  readonly needsPerson: boolean
  /** The server that keeps the store; `null` for a store of files. */
  readonly server: ReportedServer | null
  /** What is not as it should be with the store as a whole. */
  readonly findings: readonly Finding[]
  /** Its sessions. */
  readonly sessions: readonly ReportedSession[]
}

/** The server of a store in the report. What may lose sessions there is among the findings. */
export type ReportedServer = Omit<ServerReport, 'warnings'>

/** A store as a whole. */
export interface ExaminedStore {
  /** As it was named. */
  readonly store: string
  /** The server that keeps it, if one does. */
  readonly server: ReportedServer | null
  /** What is not as it should be with it. */
  readonly findings: readonly Finding[]
}

/** What may be shown of numbers. */
export interface NumberDisplay {
  /** Whether somebody asked for them. */
  readonly showNumbers: boolean
  /** What holds numbers that are no news: ids and paths are printed as they are. */
  readonly typed: readonly string[]
}

/** A session as it is reported. */
export function reportSession(diagnosis: Diagnosis, { done, refused }: RepairReport, { showNumbers, typed }: NumberDisplay): ReportedSession {
  // The names of files hold the numbers of contacts.
  const masked = (message: string): string => (showNumbers ? hidePasswords(message) : maskPrivate(message, typed))
  const { sessionId, state, owner, phoneNumber, records, preKeys, files, lastWriteAt, journal, encryption, findings } = diagnosis
  return {
    sessionId,
    state,
    owner,
    ownerPid: pidOf(owner),
    phoneNumber: phoneNumber === null || showNumbers ? phoneNumber : maskNumber(phoneNumber),
    records,
    preKeys,
    files,
    lastWriteAt: lastWriteAt?.toISOString() ?? null,
    journal: journal === null ? null : { ...journal, lastWriteAt: journal.lastWriteAt?.toISOString() ?? null },
    encryption,
    findings: findings.map((finding) => ({ ...finding, message: masked(finding.message) })),
    repairs: done.map(masked),
    refusals: refused.map(masked),
  }
}

/** The whole report. */
export function reportStore({ store, server, findings }: ExaminedStore, sessions: readonly ReportedSession[]): DoctorReport {
  const needsPerson = findings.some((finding) => finding.needsPerson) || sessions.some(waitsForPerson)
  return { version: 1, store, needsPerson, server, findings, sessions }
}

/** Whether a session waits for a person. */
export function waitsForPerson({ findings, refusals }: Pick<ReportedSession, 'findings' | 'refusals'>): boolean {
  return refusals.length > 0 || findings.some((finding) => finding.needsPerson)
}

/** A session in a line. */
export function sessionLine(session: ReportedSession): string {
  const { sessionId, state, owner, ownerPid, phoneNumber, records, preKeys, files, lastWriteAt, journal, encryption } = session
  return [
    `${sessionId}: ${state.replaceAll('_', ' ')}`,
    ...(owner === null ? [] : [`running in ${owner}${ownerPid === null ? '' : ` (pid ${ownerPid})`}`]),
    ...(phoneNumber === null ? [] : [phoneNumber]),
    count(records, 'record'),
    ...(lastWriteAt === null ? [] : [`last write ${lastWriteAt}`]),
    ...(preKeys === 0 ? [] : [count(preKeys, 'pre-key')]),
    ...(files === null ? [] : [count(files, 'file')]),
    ...(journal === null || journal.entries === 0 ? [] : [`${count(journal.entries, 'entry', 'entries')} in its journal`]),
    ...(encryption === 'none' ? [] : [encryption === 'mixed' ? 'partly encrypted' : encryption]),
  ].join(', ')
}

/** A server in a line. */
export function serverLine({ engine, version, schemaVersion, processes }: ReportedServer): string {
  const schema = schemaVersion === null ? 'nothing of this library yet' : `schema version ${schemaVersion}`
  return `${version === null ? engine : `${engine} ${version}`}, ${schema}, ${count(processes, 'process has', 'processes have')} a lease`
}

/** All sessions in a line. */
export function summaryLine({ sessions }: DoctorReport): string {
  if (sessions.length === 0) return 'No sessions.'
  const states = new Map<string, number>()
  for (const { state } of sessions) states.set(state, (states.get(state) ?? 0) + 1)
  const parts = [...states].map(([state, number]) => `${number} ${state.replaceAll('_', ' ')}`)
  const waiting = sessions.filter(waitsForPerson).length
  return `${count(sessions.length, 'session')}: ${parts.join(', ')}. ${waiting === 0 ? 'Nothing needs a person.' : `${count(waiting, 'session needs', 'sessions need')} a person.`}`
}

// `host:pid:nonce`, as the stores of this library name a process; others may name it otherwise.
function pidOf(owner: string | null): number | null {
  const pid = /:(\d+):[0-9a-f]+$/u.exec(owner ?? '')?.[1]
  return pid === undefined ? null : Number(pid)
}
