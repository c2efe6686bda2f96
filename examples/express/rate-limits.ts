import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import type { RequestHandler } from 'express'
import { companyFor } from './access/caller.js'
import { rateLimited } from './answers/problem.js'
import { fieldOf } from './answers/request-fields.js'
import { callerOf } from './authentication.js'

/** Limits the requests per minute for each company. */
export function limitByCompany(perMinute: number): RequestHandler {
  return limit(perMinute, (request) => companyFor(callerOf(request), fieldOf(request.body, 'company_id')))
}

/** Limits the requests per minute from each address. */
export function limitByAddress(perMinute: number): RequestHandler {
  return limit(perMinute, (request) => ipKeyGenerator(request.ip ?? ''))
}

function limit(perMinute: number, keyGenerator: (request: Parameters<RequestHandler>[0]) => string): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    keyGenerator,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(rateLimited('Too many attempts. Wait as long as the retry-after header says.'))
    },
  })
}
