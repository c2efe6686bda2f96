import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import type { RequestHandler } from 'express'
import { companyFor } from './access/caller.js'
import { rateLimited } from './answers/problem.js'
import { callerOf } from './authentication.js'
import { bodyField } from './request-body.js'

/** How often things may be done in a minute. */
export interface RatesPerMinute {
  /** Connects, for each company. */
  connect: number
  /** Pairing codes, for each company: WhatsApp blocks numbers for which too many are asked. */
  pairingCode: number
  /** Attempts to sign in, for each address. */
  signIn: number
}

export const DEFAULT_RATES: Readonly<RatesPerMinute> = { connect: 30, pairingCode: 5, signIn: 30 }

/** At most so many requests in a minute for each company. */
export function limitByCompany(perMinute: number): RequestHandler {
  return limit(perMinute, request => companyFor(callerOf(request), bodyField(request, 'company_id')))
}

/** At most so many requests in a minute from each address. */
export function limitByAddress(perMinute: number): RequestHandler {
  return limit(perMinute, request => ipKeyGenerator(request.ip ?? ''))
}

function limit(perMinute: number, keyGenerator: (request: Parameters<RequestHandler>[0]) => string): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    keyGenerator,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) => { next(rateLimited('Too many attempts. Wait as long as the header retry-after says.')) },
  })
}
