import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../express/access/caller.js'
import { tokenOf } from '../express/access/credentials.js'
import type { Tokens } from '../express/access/tokens.js'
import { unauthorized } from '../express/answers/problem.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request, once known. */
    caller: Caller | null
  }
}

/** Lets requests through only with a valid token in the header. Without cookies, there is nothing that another web site could use. */
export function authenticate(app: FastifyInstance, tokens: Tokens): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    const token = tokenOf(request.headers.authorization, undefined)
    if (token === null) throw unauthorized('Send the header authorization: Bearer ….')
    request.caller = await tokens.read(token)
  })
}

/** Who makes the request. Throws 401 if no token was checked. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw unauthorized('Sign in first.')
  return caller
}
