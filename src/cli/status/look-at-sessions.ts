import { readStoredSession } from '../../auth/stored-session.js'
import type { ConnectionRecord, ConnectionRepository } from '../../repository/connection-repository.js'
import { asStoreError } from '../../store/store-failure.js'
import { READ_TIMEOUT_MS } from '../read-timeout.js'
import { listSessions } from '../session-list.js'
import type { StoreView } from '../store-view.js'
import { judgeStanding, type Standing } from './standing.js'

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
