import type { CookieOptions, Request, RequestHandler } from 'express'
import { doubleCsrf } from 'csrf-csrf'
import type { Caller } from './access/caller.js'
import { tokenOf, SESSION_COOKIE } from './access/credentials.js'
import type { Tokens } from './access/tokens.js'
import { unauthorized } from './answers/problem.js'
import type {} from './request-caller.js'

const CSRF_COOKIE = 'csrf'
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/** Lets a request on only with a valid token, in the header or in the cookie. */
export function authenticate(tokens: Tokens): RequestHandler {
  return async (request, _response, next) => {
    const token = tokenOf(request.headers.authorization, cookieOf(request, SESSION_COOKIE))
    if (token === null) throw unauthorized('Sign in first, or send the header authorization: Bearer ….')
    request.caller = await tokens.read(token)
    next()
  }
}

/** Who makes the request. Throws 401 where nobody has asked for a token. */
export function callerOf({ caller }: Request): Caller {
  if (caller === undefined) throw unauthorized('Sign in first.')
  return caller
}

/** Keeps other web sites from using the cookie of a browser. */
export interface CrossSiteGuard {
  /** Refuses what changes something with a cookie and without the header x-csrf-token. */
  protect: RequestHandler
  /** The value of that header, for the page. */
  tokenFor: (request: Request) => string
}

export function crossSiteGuard(tokens: Tokens): CrossSiteGuard {
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => tokens.derive('csrf'),
    getSessionIdentifier: request => cookieOf(request, SESSION_COOKIE) ?? '',
    cookieName: CSRF_COOKIE,
    getCsrfTokenFromRequest: request => request.headers['x-csrf-token'],
    // No other web site can put this header into a request.
    skipCsrfProtection: request => request.headers.authorization !== undefined,
  })
  return {
    protect: doubleCsrfProtection,
    tokenFor: (request) => {
      if (request.res === undefined) throw new TypeError('The request has no response.')
      return generateCsrfToken(request, request.res, { cookieOptions: cookieOptionsFor(request), overwrite: cookieOf(request, CSRF_COOKIE) === undefined })
    },
  }
}

/** How cookies are set: out of reach of scripts and of other web sites, and over TLS only, except on this machine. */
export function cookieOptionsFor(request: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure || !isLoopback(request), path: '/' }
}

/** Whether a request was made to this machine by name: the name that it came with, and the one that a proxy says it came with. */
export function isLoopback({ headers: { host = '' }, hostname }: Request): boolean {
  // A page that was led here under a name of its own can say what a proxy says; its `host` it cannot choose.
  return [host.replace(/:\d+$/u, ''), hostname].every(name => LOOPBACK_HOSTS.includes(name))
}

function cookieOf(request: Request, name: string): string | undefined {
  const cookies: unknown = request.cookies
  if (typeof cookies !== 'object' || cookies === null || !(name in cookies)) return undefined
  const value: unknown = Reflect.get(cookies, name)
  return typeof value === 'string' ? value : undefined
}
