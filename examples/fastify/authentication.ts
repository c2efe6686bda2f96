import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../express/access/caller.js'
import { tokenOf } from '../express/access/credentials.js'
import type { Tokens } from '../express/access/tokens.js'
import { unauthorized } from '../express/answers/problem.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request, once that is known. */
    caller: Caller | null
  }
}

/** Lets requests on only with a valid token in the header. Without cookies there is nothing that another web site could use. */
export function authenticate(app: FastifyInstance, tokens: Tokens): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    const token = tokenOf(request.headers.authorization, undefined)
    if (token === null) throw unauthorized('Send the header authorization: Bearer ….')
    request.caller = await tokens.read(token)
  })
}

/** Who makes the request. Throws 401 where nobody has asked for a token. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw unauthorized('Sign in first.')
  return caller
}
