import type { Request, Response } from 'express'
import { createProxyServer } from 'httpxy'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { Problem } from '../answers/problem.js'
import { callerOf } from '../authentication.js'
import type { HopTokens } from './hop-tokens.js'

/** Event streams send something every 15 s, so a process that is silent for longer than this is not there any more. */
const SILENCE_MS = 40_000

const SCHEME = 'Hop '

/** What goes along of a request: no cookie, no token, and nothing that says where it came from, which anybody could have written. */
const SENT_ON = ['accept', 'accept-language', 'last-event-id', 'user-agent']

/** What concerns one connection alone, or only the process that answers. */
const KEPT_BACK = ['connection', 'keep-alive', 'proxy-authenticate', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** The token of a request that another process claims to have sent on; `null` if none does. */
export function hopTokenOf({ authorization = '' }: IncomingHttpHeaders): string | null {
  return authorization.startsWith(SCHEME) ? authorization.slice(SCHEME.length) : null
}

function sentOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => SENT_ON.includes(name)))
}

/** Sends requests on to other processes, and answers with what they answer, as it comes. */
export class Hops {
  readonly #tokens: HopTokens
  // A connection for each: event streams stay open for hours, and would take those of a pool away from the others.
  readonly #proxy = createProxyServer({ agent: false, proxyTimeout: SILENCE_MS })

  constructor(tokens: HopTokens) {
    this.#tokens = tokens
    this.#proxy.on('proxyRes', ({ headers }) => {
      for (const name of KEPT_BACK) Reflect.deleteProperty(headers, name)
    })
  }

  /** Sends a request on. Resolves when it is answered, or its client has left. Rejects with 503 if the other process does not answer. */
  async send(request: Request, response: Response, address: string): Promise<void> {
    const body = request.body === undefined ? [] : [Buffer.from(JSON.stringify(request.body))]
    const token = await this.#tokens.issue(request, callerOf(request), address)
    request.headers = {
      ...sentOn(request.headers),
      ...(body.length > 0 && { 'content-type': 'application/json' }),
      'content-length': String(body[0]?.length ?? 0),
      host: new URL(address).host,
      authorization: `${SCHEME}${token}`,
    }
    // Express has cut off where the routes are mounted.
    request.url = request.originalUrl
    try {
      await this.#proxy.web(request, response, { target: address, buffer: Readable.from(body) })
    } catch {
      // Nobody reads what would be answered now.
      if (response.headersSent || response.destroyed) return
      throw new Problem(503, 'owner_unreachable', 'The process that runs this session does not answer. Try again in a moment.')
    }
  }
}
