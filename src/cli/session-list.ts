import { SessionFolders } from '../adapters/filesystem/session-folders.js'
import type { SessionStore } from '../store/session-store.js'
import type { StoreName } from './store-name.js'

/** The ids of all sessions of a store, in an order that does not depend on the disk. */
export async function listSessions(store: SessionStore): Promise<string[]> {
  const ids: string[] = []
  for await (const sessionId of store.list()) ids.push(sessionId)
  return ids.sort()
}

/** The same, and whatever else has the name of a session: folders of something else, for commands that say why they leave them alone. */
export async function listNamedSessions(name: StoreName, store: SessionStore): Promise<string[]> {
  return name.kind === 'fs' ? (await new SessionFolders(name.path, name.prefix).listNamed()).sort() : listSessions(store)
}
