import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isSessionError, type SessionManager } from 'baileys-sessions'
import { companyFor, companyOrAll } from '../express/access/caller.js'
import type { RatesPerMinute } from '../express/access/rates.js'
import { LOGOUT_WITHIN_MS, SHOW_WITHIN_MS } from '../express/answers/patience.js'
import { fieldOf, phoneNumberOf } from '../express/answers/request-fields.js'
import { ownView, publicView, type SessionView } from '../express/answers/session-view.js'
import type { LiveView } from '../express/live/live-view.js'
import { callerOf } from './authentication.js'

/** The same routes as in the Express example, for Fastify. */
export function whatsappRoutes(app: FastifyInstance, sessions: SessionManager, live: LiveView, rates: RatesPerMinute): void {
  const viewOf = async (companyId: string): Promise<SessionView> => ownView(await sessions.getStatus(companyId, { restore: false }))

  app.get('/status', async (request) => ownView(await sessions.getStatus(companyInQuery(request))))

  app.get('/sessions', async (request) => {
    const companyId = companyOrAll(callerOf(request), undefined)
    const snapshots = companyId === null ? await sessions.getStatuses() : [await sessions.getStatus(companyId, { restore: false })]
    return { sessions: snapshots.map(publicView) }
  })

  app.get('/history', (request) => ({ events: live.history.of(companyInQuery(request)) }))

  app.get('/events', async (request, reply) => {
    const caller = callerOf(request)
    const companyId = companyOrAll(caller, fieldOf(request.query, 'company_id'))
    await live.open(reply.raw, { companyId, expiresAt: caller.expiresAt }, reply.getHeaders())
    return reply.hijack()
  })

  app.post('/connect', limitByCompany(rates.connect), async (request, reply) => {
    const companyId = companyInBody(request)
    try {
      return ownView(await sessions.connect(companyId, { timeoutMs: SHOW_WITHIN_MS }))
    } catch (error) {
      if (!isSessionError(error, 'CONNECT_TIMEOUT')) throw error
      return reply.status(202).send(await viewOf(companyId))
    }
  })

  app.post('/pairing-code', limitByCompany(rates.pairingCode), async (request) => {
    const companyId = companyInBody(request)
    await sessions.requestPairingCode(companyId, phoneNumberOf(request.body))
    return viewOf(companyId)
  })

  app.post('/disconnect', async (request) => {
    const companyId = companyInBody(request)
    await sessions.stop(companyId)
    return viewOf(companyId)
  })

  app.post('/logout', async (request) => {
    const companyId = companyInBody(request)
    const { unlinked } = await sessions.logout(companyId, { timeoutMs: LOGOUT_WITHIN_MS })
    return { ...(await viewOf(companyId)), unlinked }
  })
}

function companyInQuery(request: FastifyRequest): string {
  return companyFor(callerOf(request), fieldOf(request.query, 'company_id'))
}

function companyInBody(request: FastifyRequest): string {
  return companyFor(callerOf(request), fieldOf(request.body, 'company_id'))
}

function limitByCompany(perMinute: number): { config: { rateLimit: object } } {
  return { config: { rateLimit: { max: perMinute, timeWindow: 60_000, hook: 'preHandler', keyGenerator: companyInBody } } }
}
