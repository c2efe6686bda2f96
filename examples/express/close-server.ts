import type { Server } from 'node:http'
import type { CloseReport, SessionManager } from 'baileys-sessions'
import type { LiveView } from './live/live-view.js'

/** How long clients may take to read their last answer, in milliseconds. */
const LAST_WORDS_WITHIN_MS = 1000

/** What to close. */
export interface OpenServer {
  server: Server
  /** Stops listening, and resolves when the last connection is gone. */
  stopListening: () => Promise<unknown>
  live: LiveView
  sessions: SessionManager
}

/** Closes a server on any framework: accepts no new requests, ends the event streams, and closes the manager within its deadline. */
export async function closeServer({ server, stopListening, live, sessions }: OpenServer, timeoutMs: number): Promise<CloseReport> {
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
