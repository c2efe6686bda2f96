import { setTimeout as delay } from 'node:timers/promises'
import { readStoredSession } from '../../auth/stored-session.js'
import type { ConnectionRecord, ConnectionRepository } from '../../repository/connection-repository.js'
import { asStoreError } from '../../store/store-failure.js'
import { findHolders, type HolderLookup, type Holding } from '../fleet/fleet.js'
import { listSessions, READ_TIMEOUT_MS, type StoreView } from '../store-view.js'
import { count, hidePasswords, maskNumber, maskPrivate } from '../terminal-text.js'
import { isLinked, judgeStanding, type Standing, type StandingState, waitsForPerson } from './standing.js'

/** What is looked at. */
export interface StatusPlace {
  /** The store. */
  readonly view: StoreView
  /** The application's records, when they are to be looked at too. */
  readonly connections: ConnectionRepository | null
  /** The one session that was named; `null`: all of them. */
  readonly sessionId: string | null
}

/** Looks at sessions, and changes nothing. Rejects when the store cannot list them, or the records cannot be read; one session that cannot be read is told of. */
export async function lookAtSessions({ view, connections, sessionId }: StatusPlace): Promise<Standing[]> {
  const records = new Map(((await connections?.findAll()) ?? []).map((record) => [record.sessionId, record]))
  // After a logout the record stays.
  const sessionIds = sessionId === null ? [...new Set([...(await listSessions(view.raw)), ...records.keys()])].sort() : [sessionId]
  const holderOf = await findHolders(view.raw.lock, sessionIds)
  const standings: Standing[] = []
  for (const id of sessionIds) standings.push(await lookAtSession(view, id, records.get(id) ?? null, holderOf))
  return standings
}

async function lookAtSession(view: StoreView, sessionId: string, record: ConnectionRecord | null, holderOf: HolderLookup): Promise<Standing> {
  const stored = await readStoredSession(view.open, sessionId, READ_TIMEOUT_MS).catch((cause: unknown) => ({
    kind: 'unavailable' as const,
    error: asStoreError(sessionId, cause),
  }))
  return judgeStanding({ sessionId, stored, hasKeys: view.currentKeyId !== null, holding: await holderOf(sessionId), record }, new Date())
}

/** How often to look. */
const LOOK_MS = 1000

/** What changed between two looks. */
export interface StandingChanges {
  /** Every session, as it stands now. */
  readonly sessions: readonly ReportedStanding[]
  /** Those that are new, or stand otherwise than before. */
  readonly changed: readonly ReportedStanding[]
  /** The ids of those that are there no more. */
  readonly gone: readonly string[]
}

/** Looks again and again, and tells of what changed: first of everything. Resolves when it is called off. Rejects as `look` does. */
export async function watchSessions(
  look: () => Promise<readonly ReportedStanding[]>,
  signal: AbortSignal,
  tell: (changes: StandingChanges) => void,
): Promise<void> {
  let before: readonly ReportedStanding[] | null = null
  while (!signal.aborted) {
    const sessions = await look()
    const changes = compareStandings(before ?? [], sessions)
    if (before === null || changes.changed.length > 0 || changes.gone.length > 0) tell(changes)
    before = sessions
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** What changed between two looks. */
export function compareStandings(before: readonly ReportedStanding[], sessions: readonly ReportedStanding[]): StandingChanges {
  const known = new Map(before.map((session) => [session.sessionId, JSON.stringify(session)]))
  const ids = new Set(sessions.map(({ sessionId }) => sessionId))
  return {
    sessions,
    changed: sessions.filter((session) => known.get(session.sessionId) !== JSON.stringify(session)),
    gone: before.map(({ sessionId }) => sessionId).filter((sessionId) => !ids.has(sessionId)),
  }
}

/** A session as `--json` prints it. Fields may be added; those that are there keep their meaning within a version. */
export interface ReportedStanding {
  /** The session. */
  readonly sessionId: string
  /** What is stored of it, in a word. */
  readonly state: StandingState
  /** Whether a phone is linked to it. */
  readonly linked: boolean
  /** When a restriction or a wait ends, as ISO text; `null` when there is none, or nobody said. */
  readonly until: string | null
  /** The number of the linked phone, masked; `null` when none is known. */
  readonly phoneNumber: string | null
  /** The process that runs it; `null` when nobody does. */
  readonly owner: string | null
  /** Where that process can be reached; `null` when it did not say. */
  readonly ownerAddress: string | null
  /** What that process says of it; `null` when it says nothing. */
  readonly running: ReportedRun | null
  /** Whether it waits for a person. */
  readonly needsPerson: boolean
  /** What to know or do beside that; `null` when the state says it all. */
  readonly problem: string | null
  /** The application's record of it; `null` when there is none, or --connections was not given. */
  readonly connection: ReportedConnection | null
}

/** What the process that runs a session says of it. */
interface ReportedRun {
  /** Its status. */
  readonly status: string
  /** Why it is in this status. */
  readonly reason: string | null
  /** When it entered this status, as ISO text. */
  readonly since: string
  /** When WhatsApp said that a restriction ends, as ISO text; `null` when there is none, or it did not say. */
  readonly restrictedUntil: string | null
}

/** The application's record, without its metadata. */
interface ReportedConnection {
  /** The last status that was recorded. */
  readonly status: string
  /** Why. */
  readonly reason: string | null
  /** When it was last connected, as ISO text. */
  readonly lastConnectedAt: string | null
  /** The process that ran it then. */
  readonly owner: string | null
  /** When this was recorded, as ISO text. */
  readonly updatedAt: string
}

/** The report, as `--json` prints it. */
interface StatusReport {
  /** The version of this form. */
  readonly version: 1
  /** The store, as it was named. */
  readonly store: string
  /** Whether anything waits for a person: then the exit code is 1. */
  readonly needsPerson: boolean
  /** The sessions. */
  readonly sessions: readonly ReportedStanding[]
}

/** A session as it is reported. `typed` holds what the caller has named: numbers in it are no news. */
export function reportStanding(standing: Standing, typed: readonly string[]): ReportedStanding {
  const { sessionId, state, until, phoneNumber, holding, record, problem } = standing
  return {
    sessionId,
    state,
    linked: isLinked(standing),
    until: until?.toISOString() ?? null,
    phoneNumber: phoneNumber === null ? null : maskNumber(phoneNumber),
    ...reportHolding(holding),
    needsPerson: waitsForPerson(standing),
    problem: problem === null ? null : maskPrivate(problem, [sessionId, ...typed]),
    connection: record === null ? null : reportConnection(record),
  }
}

function reportHolding(holding: Holding | null): Pick<ReportedStanding, 'owner' | 'ownerAddress' | 'running'> {
  if (holding === null) return { owner: null, ownerAddress: null, running: null }
  const { owner, address, standing } = holding
  const running = standing === null ? null : reportRun(standing)
  return { owner, ownerAddress: address === null ? null : hidePasswords(address), running }
}

function reportRun({ status, reason, since, restrictedUntil }: NonNullable<Holding['standing']>): ReportedRun {
  return { status, reason, since: since.toISOString(), restrictedUntil: restrictedUntil?.toISOString() ?? null }
}

function reportConnection({ status, reason, lastConnectedAt, owner, updatedAt }: ConnectionRecord): ReportedConnection {
  return { status, reason, lastConnectedAt: lastConnectedAt?.toISOString() ?? null, owner, updatedAt: updatedAt.toISOString() }
}

/** The whole report. */
export function reportStatus(store: string, sessions: readonly ReportedStanding[]): StatusReport {
  return { version: 1, store, needsPerson: sessions.some(({ needsPerson }) => needsPerson), sessions }
}

/** A session in a line. */
export function standingLine({ sessionId, state, until, phoneNumber, owner, ownerAddress, running, connection }: ReportedStanding): string {
  return [
    `${sessionId}: ${inWords(state)}${until === null ? '' : ` until ${until}`}`,
    owner === null ? 'not running' : `running in ${owner}${ownerAddress === null ? '' : ` at ${ownerAddress}`}`,
    ...(running === null ? [] : [`${statusInWords(running)} since ${running.since}`]),
    ...(phoneNumber === null ? [] : [phoneNumber]),
    ...(connection === null ? [] : [`recorded as ${statusInWords(connection)} at ${connection.updatedAt}`]),
  ].join(', ')
}

function statusInWords({ status, reason, restrictedUntil = null }: { status: string; reason: string | null; restrictedUntil?: string | null }): string {
  const until = restrictedUntil === null ? '' : ` until ${restrictedUntil}`
  return `${inWords(status)}${reason === null ? '' : ` (${inWords(reason)}${until})`}`
}

/** All sessions in a line. */
export function standingsLine({ sessions }: StatusReport): string {
  if (sessions.length === 0) return 'No sessions.'
  const linked = sessions.filter((session) => session.linked).length
  const running = sessions.filter(({ owner }) => owner !== null).length
  const waiting = sessions.filter(({ needsPerson }) => needsPerson).length
  return `${count(sessions.length, 'session')}: ${linked} linked, ${running} running. ${waiting === 0 ? 'Nothing needs a person.' : `${count(waiting, 'session needs', 'sessions need')} a person.`}`
}

function inWords(name: string): string {
  return name.replaceAll('_', ' ')
}
