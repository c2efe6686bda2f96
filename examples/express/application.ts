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
import { authenticate, crossSiteGuard } from './authentication.js'
import type { LiveView } from './live/live-view.js'
import { readBody } from './request-body.js'
import { simulatedPhoneRoutes } from './simulated-phone-routes.js'
import type { SimulatedPhones } from './simulation/simulated-phones.js'
import { whatsappRoutes } from './whatsapp-routes.js'

const PAGE = fileURLToPath(new URL('public', import.meta.url))

/** What the application is made of. */
export interface ApplicationParts {
  sessions: SessionManager
  live: LiveView
  tokens: Tokens
  rates: RatesPerMinute
  /** The phones to press, when nothing is real. */
  phones: SimulatedPhones | null
  /** Hears of what no client is told in detail. */
  onFailure: (error: unknown) => void
  isClosing: () => boolean
}

/** The application: headers, who it is, the routes, the page, and the answers to errors. */
export function makeApplication({ sessions, live, tokens, rates, phones, onFailure, isClosing }: ApplicationParts): Express {
  const application = express()
  const guard = crossSiteGuard(tokens)
  application.set('trust proxy', 'loopback')
  application.set('etag', false)
  application.use(securityHeaders())

  application.get('/healthz', (_request, response) => {
    response.status(isClosing() ? 503 : 200).json({ status: isClosing() ? 'closing' : 'serving' })
  })

  application.use('/api', neverStored, cookieParser(), readBody())
  application.use('/api', accountRoutes({ tokens, guard, signInsPerMinute: rates.signIn, isSimulated: phones !== null }))
  if (phones !== null) application.use('/api', simulatedPhoneRoutes(phones, tokens, guard))
  application.use('/api/whatsapp', authenticate(tokens), guard.protect, whatsappRoutes(sessions, live, rates))
  application.use(express.static(PAGE))
  application.use(() => { throw notFound() })
  application.use(answerErrors(onFailure))
  return application
}

/** Scripts and styles come from this server only, and none stands in the page itself. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        manifestSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  })
}

const neverStored: RequestHandler = (_request, response, next) => {
  response.set('cache-control', 'no-store')
  next()
}

function answerErrors(onFailure: (error: unknown) => void): ErrorRequestHandler {
  // Express knows it by its four parameters.
  return (error: unknown, _request, response, next) => {
    const problem = problemOf(error)
    if (problem.status >= 500) onFailure(error)
    if (response.headersSent) next(error)
    else response.status(problem.status).json(problem.body)
  }
}
