import type { Server } from 'node:http'
import type { CloseReport, SessionManager } from 'baileys-sessions'
import type { LiveView } from './live/live-view.js'

/** How long clients may take to read their last answer, in milliseconds. */
const LAST_WORDS_WITHIN_MS = 1000

/** How long handing the sessions over to other processes may take, in milliseconds. */
const DRAIN_WITHIN_MS = 20_000

/** What to close. */
export interface OpenServer {
  server: Server
  /** Stops listening, and resolves when the last connection is gone. */
  stopListening: () => Promise<unknown>
  live: LiveView
  sessions: SessionManager
  /** Whether other processes go on with its sessions. */
  isInCluster?: boolean
}

/**
 * Closes a server on any framework: accepts no new requests, ends the event streams, and closes the manager within its deadline. In a cluster it
 * first hands the sessions over, while it still answers for those that it has.
 */
export async function closeServer({ server, stopListening, live, sessions, isInCluster = false }: OpenServer, timeoutMs: number): Promise<CloseReport> {
  if (isInCluster) await sessions.drain({ timeoutMs: DRAIN_WITHIN_MS })
  const isOver = stopListening()
  live.close()
  const report = await sessions.close({ timeoutMs })
  server.closeIdleConnections()
  // A closed manager answers at once. A client that has not got its answer by now is not reading, so do not wait for it.
  const deadline = setTimeout(() => {
    server.closeAllConnections()
  }, LAST_WORDS_WITHIN_MS)
  await isOver
  clearTimeout(deadline)
  return report
}
