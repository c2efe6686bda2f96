import type { Server } from 'node:http'
import type { CloseReport, SessionManager } from 'baileys-sessions'
import type { LiveView } from './live/live-view.js'

/** How long clients may take to read the last that they are told, in milliseconds. */
const LAST_WORDS_WITHIN_MS = 1000

/** What is closed. */
export interface OpenServer {
  server: Server
  /** Stops listening, and resolves when the last connection is gone. */
  stopListening: () => Promise<unknown>
  live: LiveView
  sessions: SessionManager
}

/** Closes a server, on whatever framework: no new requests, the streams of events end, and the manager closes within its deadline. */
export async function closeServer({ server, stopListening, live, sessions }: OpenServer, timeoutMs: number): Promise<CloseReport> {
  const isOver = stopListening()
  live.close()
  const report = await sessions.close({ timeoutMs })
  server.closeIdleConnections()
  // A manager that is closed answers at once. Who has not got that by then does not read, and is waited for no longer.
  const deadline = setTimeout(() => { server.closeAllConnections() }, LAST_WORDS_WITHIN_MS)
  await isOver
  clearTimeout(deadline)
  return report
}
