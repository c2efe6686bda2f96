import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CloseReport } from 'baileys-sessions'
import { DEFAULT_RATES } from './access/rates.js'
import { answerUnreadable } from './answers/unreadable-request.js'
import { makeApplication } from './application.js'
import { closeServer } from './close-server.js'
import { HopTokens } from './cluster/hop-tokens.js'
import { endStreamsOfMovedSessions } from './cluster/moved-sessions.js'
import { OwnerRouting } from './cluster/owner-routing.js'
import { DEFAULT_STREAMS } from './live/event-streams.js'
import { LiveView } from './live/live-view.js'
import { answerPings } from './ping-pong.js'
import { CLOSE_WITHIN_MS, type RunningServer, type ServerOptions } from './server-options.js'

/** Starts a server. The stored sessions are restored from when it listens on, and nobody waits for that. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { sessions, tokens, port, phones = null, cluster = null, rates = {}, streams = {}, onFailure } = options
  const live = new LiveView(sessions, { ...DEFAULT_STREAMS, ...streams })
  answerPings(sessions, onFailure)
  if (cluster !== null) endStreamsOfMovedSessions(sessions, live)
  let closing: Promise<CloseReport> | null = null
  const application = makeApplication({
    sessions,
    live,
    tokens,
    rates: { ...DEFAULT_RATES, ...rates },
    phones,
    routing: cluster === null ? null : new OwnerRouting(sessions, new HopTokens(tokens.derive('hop'), cluster.address)),
    onFailure,
    isClosing: () => closing !== null,
  })
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, application)
  server.on('clientError', answerUnreadable)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  void live.restoration.run(onFailure)

  const stopListening = async (): Promise<unknown> => {
    const isOver = once(server, 'close')
    server.close()
    return isOver
  }
  // It listens on a port, not on a socket file.
  const { port: actualPort } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${actualPort}`,
    port: actualPort,
    live,
    close: async ({ timeoutMs = CLOSE_WITHIN_MS } = {}) =>
      (closing ??= closeServer({ server, stopListening, live, sessions, isInCluster: cluster !== null }, timeoutMs)),
  }
}
