import cookieParser from 'cookie-parser'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { fileURLToPath } from 'node:url'
import type { SessionManager } from 'baileys-sessions'
import type { RatesPerMinute } from './access/rates.js'
import type { Tokens } from './access/tokens.js'
import { accountRoutes } from './account-routes.js'
import { notFound } from './answers/problem.js'
import { problemOf } from './answers/problem-of.js'
import { SECURITY_HEADERS } from './answers/security-headers.js'
import { authenticate, crossSiteGuard } from './authentication.js'
import type { OwnerRouting } from './cluster/owner-routing.js'
import type { LiveView } from './live/live-view.js'
import { readBody } from './request-body.js'
import { simulatedPhoneRoutes } from './simulated-phone-routes.js'
import type { SimulatedPhones } from './simulation/simulated-phones.js'
import { whatsappRoutes } from './whatsapp-routes.js'

/** What is about one company's session, and so for the process that runs it. */
const OF_SESSIONS = ['/api/whatsapp', '/api/simulated-phone']
const PAGE = fileURLToPath(new URL('public', import.meta.url))

/** The parts of the application. */
export interface ApplicationParts {
  sessions: SessionManager
  live: LiveView
  tokens: Tokens
  rates: RatesPerMinute
  /** The simulated phones, if there are any. */
  phones: SimulatedPhones | null
  /** Sends requests to other processes; `null` if there are none. */
  routing: OwnerRouting | null
  /** Gets the errors whose details no client sees. */
  onFailure: (error: unknown) => void
  isClosing: () => boolean
}

/** The application: headers, authentication, routes, the page, and the answers to errors. */
export function makeApplication(parts: ApplicationParts): Express {
  const { sessions, live, tokens, rates, phones, routing, onFailure, isClosing } = parts
  const application = express()
  const guard = crossSiteGuard(tokens)
  application.set('trust proxy', 'loopback')
  application.set('etag', false)
  application.use(helmet(SECURITY_HEADERS))

  application.get('/healthz', neverStored, (_request, response) => {
    response.status(isClosing() ? 503 : 200).json({ status: isClosing() ? 'closing' : 'serving' })
  })

  application.use('/api', neverStored, refuseOptions, cookieParser(), readBody())
  application.use('/api', accountRoutes({ tokens, guard, signInsPerMinute: rates.signIn, isSimulated: phones !== null }))
  if (routing !== null) application.use(OF_SESSIONS, routing.admit, authenticate(tokens), guard.protect, routing.toOwner)
  if (phones !== null) application.use('/api', simulatedPhoneRoutes(phones, tokens, guard))
  application.use('/api/whatsapp', authenticate(tokens), guard.protect, whatsappRoutes(sessions, live, rates))
  if (routing !== null) application.use(OF_SESSIONS, routing.afterRefusal)
  application.use(express.static(PAGE))
  application.use(() => {
    throw notFound()
  })
  application.use(answerErrors(onFailure))
  return application
}

const neverStored: RequestHandler = (_request, response, next) => {
  response.set('cache-control', 'no-store')
  next()
}

// Without CORS nobody needs OPTIONS. Express would answer it on its own, in plain text, before it asks for a token.
const refuseOptions: RequestHandler = ({ method }, _response, next) => {
  if (method === 'OPTIONS') throw notFound()
  next()
}

function answerErrors(onFailure: (error: unknown) => void): ErrorRequestHandler {
  // Express recognises an error handler by its four parameters.
  return (error: unknown, _request, response, next) => {
    const problem = problemOf(error)
    if (problem.status >= 500) onFailure(error)
    if (response.headersSent) next(error)
    else response.status(problem.status).json(problem.body)
  }
}
