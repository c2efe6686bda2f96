import type { SessionStore } from '../store/session-store.js'

/** The ids of all sessions of a store, in an order that does not depend on the disk. */
export async function listSessions(store: SessionStore): Promise<string[]> {
  const ids: string[] = []
  for await (const sessionId of store.list()) ids.push(sessionId)
  return ids.sort()
}
