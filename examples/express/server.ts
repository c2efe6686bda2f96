import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CloseReport, SessionManager } from 'baileys-sessions'
import { Tokens } from './access/tokens.js'
import { makeApplication } from './application.js'
import type { StreamLimits } from './live/event-streams.js'
import { LiveView } from './live/live-view.js'
import { answerPings } from './ping-pong.js'
import { DEFAULT_RATES, type RatesPerMinute } from './rate-limits.js'
import type { SimulatedPhones } from './simulation/simulated-phones.js'

const DEFAULT_STREAMS: Readonly<StreamLimits> = { perCompany: 20, waitingBytes: 256 * 1024, heartbeatMs: 15_000 }
const CLOSE_WITHIN_MS = 10_000

/** What a server is started with. */
export interface ServerOptions {
  sessions: SessionManager
  /** What tokens are signed with. */
  secret: string
  /** On 127.0.0.1; 0 is any free one. TLS, and the world, belong to a proxy in front of it. */
  port: number
  phones?: SimulatedPhones | null
  rates?: Partial<RatesPerMinute>
  streams?: Partial<StreamLimits>
  /** Hears of what no client is told in detail. */
  onFailure: (error: unknown) => void
}

/** A server that listens. */
export interface RunningServer {
  url: string
  port: number
  live: LiveView
  /** Takes no more requests, ends the streams of events, and closes the manager, within a deadline. Idempotent. */
  close: (options?: { timeoutMs?: number }) => Promise<CloseReport>
}

/** Starts a server. The stored sessions are restored from when it listens on, and nobody waits for that. */
export async function startServer({ sessions, secret, port, phones = null, rates = {}, streams = {}, onFailure }: ServerOptions): Promise<RunningServer> {
  const live = new LiveView(sessions, { ...DEFAULT_STREAMS, ...streams })
  answerPings(sessions, onFailure)
  let closing: Promise<CloseReport> | null = null
  const application = makeApplication({
    sessions, live, tokens: new Tokens(secret), rates: { ...DEFAULT_RATES, ...rates }, phones, onFailure, isClosing: () => closing !== null,
  })
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, application)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  void live.restoration.run(onFailure)

  const close = async (timeoutMs: number): Promise<CloseReport> => {
    const isOver = once(server, 'close')
    server.close()
    live.close()
    const deadline = setTimeout(() => { server.closeAllConnections() }, timeoutMs)
    const report = await sessions.close({ timeoutMs })
    server.closeIdleConnections()
    await isOver
    clearTimeout(deadline)
    return report
  }
  // It listens on a port, not on a socket file.
  const { port: actualPort } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${actualPort}`,
    port: actualPort,
    live,
    close: async ({ timeoutMs = CLOSE_WITHIN_MS } = {}) => closing ??= close(timeoutMs),
  }
}
