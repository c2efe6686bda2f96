import { Router } from 'express'
import { companyFor } from './access/caller.js'
import type { TokenSubject, Tokens } from './access/tokens.js'
import { badRequest, forbidden } from './answers/problem.js'
import { fieldOf, textOf } from './answers/request-fields.js'
import { authenticate, callerOf, isLoopback, type CrossSiteGuard } from './authentication.js'
import { isPhoneAction, PHONE_ACTIONS, type SimulatedPhones } from './simulation/simulated-phones.js'

const LIFETIME_SECONDS = 12 * 60 * 60
const DEMO_SUBJECTS: readonly TokenSubject[] = [
  { companyId: 'acme', role: 'agent' },
  { companyId: 'globex', role: 'agent' },
  { companyId: null, role: 'admin' },
]

/** Routes for the simulation only: demo tokens and simulated phones. */
export function simulatedPhoneRoutes(phones: SimulatedPhones, tokens: Tokens, guard: CrossSiteGuard): Router {
  const router = Router()

  router.get('/demo-tokens', async (request, response) => {
    // A web site whose name points to this machine must not get them.
    if (!isLoopback(request)) throw forbidden('Demo tokens are only for this machine.')
    response.json(
      await Promise.all(
        DEMO_SUBJECTS.map(async (subject) => ({ company_id: subject.companyId, role: subject.role, token: await tokens.issue(subject, LIFETIME_SECONDS) })),
      ),
    )
  })

  router.post('/simulated-phone', authenticate(tokens), guard.protect, async (request, response) => {
    const companyId = companyFor(callerOf(request), fieldOf(request.body, 'company_id'))
    const action = textOf(request.body, 'action')
    if (!isPhoneAction(action)) throw badRequest(`action must be one of ${PHONE_ACTIONS.join(', ')}.`)
    await phones.act(companyId, action)
    response.status(204).end()
  })

  return router
}
