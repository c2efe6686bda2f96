import { Router, type Request } from 'express'
import { isSessionError, type SessionManager } from 'baileys-sessions'
import { companyFor, companyOrAll } from './access/caller.js'
import type { RatesPerMinute } from './access/rates.js'
import { LOGOUT_WITHIN_MS, SHOW_WITHIN_MS } from './answers/patience.js'
import { fieldOf, phoneNumberOf } from './answers/request-fields.js'
import { ownView, publicView, type SessionView } from './answers/session-view.js'
import { callerOf } from './authentication.js'
import type { LiveView } from './live/live-view.js'
import { limitByCompany } from './rate-limits.js'

/** Everything that a web page needs: the manager does the work, and the live view, built from the manager alone, reports it. */
export function whatsappRoutes(sessions: SessionManager, live: LiveView, rates: RatesPerMinute): Router {
  const router = Router()
  const viewOf = async (companyId: string): Promise<SessionView> => ownView(await sessions.getStatus(companyId, { restore: false }))

  router.get('/status', async (request, response) => {
    response.json(ownView(await sessions.getStatus(companyInQuery(request))))
  })

  router.get('/sessions', async (request, response) => {
    const companyId = companyOrAll(callerOf(request), undefined)
    const snapshots = companyId === null ? await sessions.getStatuses() : [await sessions.getStatus(companyId, { restore: false })]
    response.json({ sessions: snapshots.map(publicView) })
  })

  router.get('/history', (request, response) => {
    response.json({ events: live.history.of(companyInQuery(request)) })
  })

  router.get('/events', async (request, response) => {
    const caller = callerOf(request)
    const companyId = companyOrAll(caller, fieldOf(request.query, 'company_id'))
    await live.open(response, { companyId, expiresAt: caller.expiresAt })
  })

  router.post('/connect', limitByCompany(rates.connect), async (request, response) => {
    const companyId = companyInBody(request)
    try {
      response.json(ownView(await sessions.connect(companyId, { timeoutMs: SHOW_WITHIN_MS })))
    } catch (error) {
      if (!isSessionError(error, 'CONNECT_TIMEOUT')) throw error
      response.status(202).json(await viewOf(companyId))
    }
  })

  router.post('/pairing-code', limitByCompany(rates.pairingCode), async (request, response) => {
    const companyId = companyInBody(request)
    await sessions.requestPairingCode(companyId, phoneNumberOf(request.body))
    response.json(await viewOf(companyId))
  })

  router.post('/disconnect', async (request, response) => {
    const companyId = companyInBody(request)
    await sessions.stop(companyId)
    response.json(await viewOf(companyId))
  })

  router.post('/logout', async (request, response) => {
    const companyId = companyInBody(request)
    const { unlinked } = await sessions.logout(companyId, { timeoutMs: LOGOUT_WITHIN_MS })
    response.json({ ...(await viewOf(companyId)), unlinked })
  })

  return router
}

function companyInQuery(request: Request): string {
  return companyFor(callerOf(request), fieldOf(request.query, 'company_id'))
}

function companyInBody(request: Request): string {
  return companyFor(callerOf(request), fieldOf(request.body, 'company_id'))
}
