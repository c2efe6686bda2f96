import type { CookieOptions, Request, RequestHandler } from 'express'
import { doubleCsrf } from 'csrf-csrf'
import type { Caller } from './access/caller.js'
import { tokenOf, SESSION_COOKIE } from './access/credentials.js'
import type { Tokens } from './access/tokens.js'
import { unauthorized } from './answers/problem.js'
import type {} from './request-caller.js'

const CSRF_COOKIE = 'csrf'
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/** Lets a request through only with a valid token, in the header or in the cookie. */
export function authenticate(tokens: Tokens): RequestHandler {
  return async (request, _response, next) => {
    // Another process of the cluster has asked for the token.
    if (request.caller !== undefined) {
      next()
      return
    }
    const token = tokenOf(request.headers.authorization, cookieOf(request, SESSION_COOKIE))
    if (token === null) throw unauthorized('Sign in first, or send the header authorization: Bearer ….')
    request.caller = await tokens.read(token)
    next()
  }
}

/** Who makes the request. Throws 401 if no token was checked. */
export function callerOf({ caller }: Request): Caller {
  if (caller === undefined) throw unauthorized('Sign in first.')
  return caller
}

/** Keeps other web sites from using a browser's cookie. */
export interface CrossSiteGuard {
  /** Refuses a request that changes something with a cookie but without the header x-csrf-token. */
  protect: RequestHandler
  /** The value of that header, for the page. */
  tokenFor: (request: Request) => string
}

export function crossSiteGuard(tokens: Tokens): CrossSiteGuard {
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => tokens.derive('csrf'),
    getSessionIdentifier: (request) => cookieOf(request, SESSION_COOKIE) ?? '',
    cookieName: CSRF_COOKIE,
    getCsrfTokenFromRequest: (request) => request.headers['x-csrf-token'],
    // No other web site can set this header.
    skipCsrfProtection: (request) => request.headers.authorization !== undefined,
  })
  return {
    protect: doubleCsrfProtection,
    tokenFor: (request) => {
      if (request.res === undefined) throw new TypeError('The request has no response.')
      return generateCsrfToken(request, request.res, { cookieOptions: cookieOptionsFor(request), overwrite: cookieOf(request, CSRF_COOKIE) === undefined })
    },
  }
}

/** Cookie options: scripts and other web sites cannot reach the cookie, and it needs TLS, except on this machine. */
export function cookieOptionsFor(request: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure || !isLoopback(request), path: '/' }
}

/** Whether a request was addressed to this machine: by the host that it has, and by the one that a proxy reports. */
export function isLoopback({ headers: { host = '' }, hostname }: Request): boolean {
  // A page that reaches this server under its own name can fake a proxy's header, but not its `host`.
  return [host.replace(/:\d+$/u, ''), hostname].every((name) => LOOPBACK_HOSTS.includes(name))
}

function cookieOf(request: Request, name: string): string | undefined {
  const cookies: unknown = request.cookies
  if (typeof cookies !== 'object' || cookies === null || !(name in cookies)) return undefined
  const value: unknown = Reflect.get(cookies, name)
  return typeof value === 'string' ? value : undefined
}
