import { setTimeout as delay } from 'node:timers/promises'
import { readStoredSession } from '../../auth/stored-session.js'
import type { ConnectionRecord, ConnectionRepository } from '../../repository/connection-repository.js'
import { asStoreError } from '../../store/store-failure.js'
import { listSessions, READ_TIMEOUT_MS, type StoreView } from '../store-view.js'
import { judgeStanding, type Standing } from './standing.js'
import type { ReportedStanding } from './standing-report.js'

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
  const records = new Map((await connections?.findAll() ?? []).map(record => [record.sessionId, record]))
  // After a logout the record stays.
  const sessionIds = sessionId === null ? [...new Set([...await listSessions(view.raw), ...records.keys()])].sort() : [sessionId]
  const standings: Standing[] = []
  for (const id of sessionIds) standings.push(await lookAtSession(view, id, records.get(id) ?? null))
  return standings
}

async function lookAtSession(view: StoreView, sessionId: string, record: ConnectionRecord | null): Promise<Standing> {
  const stored = await readStoredSession(view.open, sessionId, READ_TIMEOUT_MS).catch((cause: unknown) => ({ kind: 'unavailable' as const, error: asStoreError(sessionId, cause) }))
  // A lock that cannot be read says nothing about the session; whoever starts it finds out.
  const owner = await view.raw.lock.owner(sessionId).catch(() => null)
  return judgeStanding({ sessionId, stored, hasKeys: view.currentKeyId !== null, owner, record }, new Date())
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
export async function watchSessions(look: () => Promise<readonly ReportedStanding[]>, signal: AbortSignal, tell: (changes: StandingChanges) => void): Promise<void> {
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
  const known = new Map(before.map(session => [session.sessionId, JSON.stringify(session)]))
  const ids = new Set(sessions.map(({ sessionId }) => sessionId))
  return {
    sessions,
    changed: sessions.filter(session => known.get(session.sessionId) !== JSON.stringify(session)),
    gone: before.map(({ sessionId }) => sessionId).filter(sessionId => !ids.has(sessionId)),
  }
}
