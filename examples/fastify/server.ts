import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import type { CloseReport } from 'baileys-sessions'
import { DEFAULT_RATES } from '../express/access/rates.js'
import { notFound } from '../express/answers/problem.js'
import { problemOf } from '../express/answers/problem-of.js'
import { SECURITY_HEADERS } from '../express/answers/security-headers.js'
import { answerUnreadable } from '../express/answers/unreadable-request.js'
import { closeServer } from '../express/close-server.js'
import { DEFAULT_STREAMS } from '../express/live/event-streams.js'
import { LiveView } from '../express/live/live-view.js'
import { answerPings } from '../express/ping-pong.js'
import { CLOSE_WITHIN_MS, type RunningServer, type ServerOptions } from '../express/server-options.js'
import { authenticate } from './authentication.js'
import { whatsappRoutes } from './whatsapp-routes.js'

/** The same interface as the Express example has under /api/whatsapp, on Fastify: for programs, with a token in the header. */
export async function startServer({ sessions, tokens, port, rates = {}, streams = {}, onFailure }: ServerOptions): Promise<RunningServer> {
  const live = new LiveView(sessions, { ...DEFAULT_STREAMS, ...streams })
  answerPings(sessions, onFailure)
  let closing: Promise<CloseReport> | null = null
  const app = makeApplication()
  await app.register(helmet, SECURITY_HEADERS)
  await app.register(rateLimit, { global: false })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  readJsonOnly(app)
  answerErrors(app, onFailure)
  app.get('/healthz', async (_request, reply) => reply.status(closing === null ? 200 : 503).send({ status: closing === null ? 'serving' : 'closing' }))
  await app.register(
    async (api) => {
      authenticate(api, tokens)
      whatsappRoutes(api, sessions, live, { ...DEFAULT_RATES, ...rates })
    },
    { prefix: '/api/whatsapp' },
  )

  const url = await app.listen({ port, host: '127.0.0.1' })
  void live.restoration.run(onFailure)
  return {
    url,
    port: Number(new URL(url).port),
    live,
    close: async ({ timeoutMs = CLOSE_WITHIN_MS } = {}) =>
      (closing ??= closeServer({ server: app.server, stopListening: async () => app.close(), live, sessions }, timeoutMs)),
  }
}

function makeApplication(): FastifyInstance {
  return Fastify({
    bodyLimit: 16 * 1024,
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000 },
    clientErrorHandler: answerUnreadable,
    // What Fastify refuses before a route runs.
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = problemOf(error)
      reply.raw.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(body))
    },
    // The routes say so themselves, in the wording of all other answers.
    return503OnClosing: false,
  })
}

/** Nothing else has a parser, so it is refused. As in Express, a body of 0 bytes counts as no body. */
function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, String(body), done)
  })
}

function answerErrors(app: FastifyInstance, onFailure: (error: unknown) => void): void {
  app.setNotFoundHandler(() => {
    throw notFound()
  })
  app.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) onFailure(error)
    return reply.status(problem.status).send(problem.body)
  })
}
