import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import type { CloseReport } from 'baileys-sessions'
import { DEFAULT_RATES } from '../express/access/rates.js'
import { Tokens } from '../express/access/tokens.js'
import { notFound } from '../express/answers/problem.js'
import { problemOf } from '../express/answers/problem-of.js'
import { LiveView } from '../express/live/live-view.js'
import { answerPings } from '../express/ping-pong.js'
import { CLOSE_WITHIN_MS, DEFAULT_STREAMS, type RunningServer, type ServerOptions } from '../express/server-options.js'
import { authenticate } from './authentication.js'
import { whatsappRoutes } from './whatsapp-routes.js'

/** The same interface as the Express example has under /api/whatsapp, on Fastify: for programs, with a token in the header. */
export async function startServer({ sessions, secret, port, rates = {}, streams = {}, onFailure }: ServerOptions): Promise<RunningServer> {
  const live = new LiveView(sessions, { ...DEFAULT_STREAMS, ...streams })
  answerPings(sessions, onFailure)
  const app = Fastify({ bodyLimit: 16 * 1024, requestTimeout: 30_000 })
  await app.register(helmet)
  await app.register(rateLimit, { global: false })
  app.addHook('onRequest', async (_request, reply) => { reply.header('cache-control', 'no-store') })
  // What is left is JSON.
  app.removeContentTypeParser('text/plain')
  answerErrors(app, onFailure)
  app.get('/healthz', () => ({ status: 'serving' }))
  await app.register(async (api) => {
    authenticate(api, new Tokens(secret))
    whatsappRoutes(api, sessions, live, { ...DEFAULT_RATES, ...rates })
  }, { prefix: '/api/whatsapp' })

  const url = await app.listen({ port, host: '127.0.0.1' })
  void live.restoration.run(onFailure)
  let closing: Promise<CloseReport> | null = null
  return {
    url,
    port: Number(new URL(url).port),
    live,
    close: async ({ timeoutMs = CLOSE_WITHIN_MS } = {}) => closing ??= close(app, live, async () => sessions.close({ timeoutMs }), timeoutMs),
  }
}

async function close(app: FastifyInstance, live: LiveView, closeSessions: () => Promise<CloseReport>, timeoutMs: number): Promise<CloseReport> {
  live.close()
  const deadline = setTimeout(() => { app.server.closeAllConnections() }, timeoutMs)
  const [report] = await Promise.all([closeSessions(), app.close()])
  clearTimeout(deadline)
  return report
}

function answerErrors(app: FastifyInstance, onFailure: (error: unknown) => void): void {
  app.setNotFoundHandler(() => { throw notFound() })
  app.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) onFailure(error)
    return reply.status(problem.status).send(problem.body)
  })
}
