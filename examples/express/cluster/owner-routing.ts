import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { isSessionError, type SessionManager } from 'baileys-sessions'
import { companyOrAll } from '../access/caller.js'
import { Problem } from '../answers/problem.js'
import { fieldOf } from '../answers/request-fields.js'
import { callerOf } from '../authentication.js'
import type {} from '../request-caller.js'
import { destinationOf, type Whereabouts } from './destination.js'
import type { HopTokens } from './hop-tokens.js'
import { Hops, hopTokenOf } from './hops.js'

/** Answered from any process, since each knows where every session stands. */
const LIST = '/sessions'

/** What routing asks of the manager. */
export type RoutedSessions = Pick<SessionManager, 'getStatus' | 'members'>

/** Sends each request for a session to the process that runs it. */
export class OwnerRouting {
  readonly #sessions: RoutedSessions
  readonly #tokens: HopTokens
  readonly #hops: Hops

  constructor(sessions: RoutedSessions, tokens: HopTokens) {
    this.#sessions = sessions
    this.#tokens = tokens
    this.#hops = new Hops(tokens)
  }

  /** Lets a request in that another process has sent on: that one has checked who asks. Refuses one that only claims it. */
  readonly admit: RequestHandler = async (request, _response, next) => {
    const token = hopTokenOf(request.headers)
    if (token !== null) {
      request.caller = await this.#tokens.read(token, request)
      request.wasForwarded = true
    }
    next()
  }

  /** Before the routes: sends a request on whose session runs in another process. */
  readonly toOwner: RequestHandler = async (request, response, next) => {
    const companyId = companyOf(request)
    const isHere = companyId === null || !(await this.#sendOn(request, response, await this.#sessions.getStatus(companyId, { restore: false })))
    if (isHere) next()
  }

  /** After the routes: sends a request on that the manager has refused, because its session has just moved, or another process has room for it. */
  readonly afterRefusal: ErrorRequestHandler = async (error: unknown, request, response, next) => {
    const isElsewhere = isSessionError(error, 'OWNED_ELSEWHERE') && !response.headersSent
    const isSent = isElsewhere && (await this.#sendOn(request, response, { isLocal: false, ownerAddress: error.ownerAddress }))
    if (!isSent) next(error)
  }

  /** Resolves with whether it went to another process, when that has answered. Rejects with 409 if it came from one. */
  async #sendOn(request: Request, response: Response, whereabouts: Whereabouts): Promise<boolean> {
    const members = whereabouts.isLocal ? [] : await this.#sessions.members()
    const destination = destinationOf(whereabouts, members, request.wasForwarded === true)
    switch (destination.kind) {
      case 'here':
        return false
      case 'missed':
        throw new Problem(409, 'owned_elsewhere', 'The session has just moved to another process. Try again in a moment.')
      case 'member':
        await this.#hops.send(request, response, destination.address)
        return true
    }
  }
}

/** The company that a request is about; `null` if it is about all of them. */
function companyOf(request: Request): string | null {
  if (request.path === LIST) return null
  return companyOrAll(callerOf(request), fieldOf(request.method === 'POST' ? request.body : request.query, 'company_id'))
}
