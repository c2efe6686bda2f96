import { Router } from 'express'
import { SESSION_COOKIE } from './access/credentials.js'
import type { Tokens } from './access/tokens.js'
import { textOf } from './answers/request-fields.js'
import { authenticate, callerOf, cookieOptionsFor, type CrossSiteGuard } from './authentication.js'
import { limitByAddress } from './rate-limits.js'

/** What the sign-in routes need. */
export interface AccountOptions {
  tokens: Tokens
  guard: CrossSiteGuard
  /** How often an address may try to sign in, in a minute. */
  signInsPerMinute: number
  isSimulated: boolean
}

/** Sign in with a token, sign out, and ask who you are. In your application, this is your own login. */
export function accountRoutes({ tokens, guard, signInsPerMinute, isSimulated }: AccountOptions): Router {
  const router = Router()

  // Another web site needs permission to send JSON, which this server never gives.
  router.post('/sign-in', limitByAddress(signInsPerMinute), async (request, response) => {
    const token = textOf(request.body, 'token')
    const { companyId, role, expiresAt } = await tokens.read(token)
    response.cookie(SESSION_COOKIE, token, { ...cookieOptionsFor(request), expires: expiresAt })
    response.json({ company_id: companyId, role })
  })

  router.post('/sign-out', authenticate(tokens), guard.protect, (request, response) => {
    response.clearCookie(SESSION_COOKIE, cookieOptionsFor(request))
    response.status(204).end()
  })

  router.get('/me', authenticate(tokens), (request, response) => {
    const { companyId, role } = callerOf(request)
    response.json({ company_id: companyId, role, csrf_token: guard.tokenFor(request), simulated: isSimulated })
  })

  return router
}
