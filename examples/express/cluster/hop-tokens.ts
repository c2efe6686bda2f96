import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT, type JWTPayload } from 'jose'
import type { Caller } from '../access/caller.js'
import { callerIn } from '../access/tokens.js'
import { forbidden } from '../answers/problem.js'

const ALGORITHM = 'HS256'
/** How long a request may be on its way. */
const LIFETIME_SECONDS = 10
/** By how much the clocks of two hosts may differ. */
const CLOCK_SECONDS = 5

/** What of a request is vouched for. */
export interface Vouched {
  method: string
  /** The path with its query. */
  originalUrl: string
  /** As Express has read it. */
  body?: unknown
}

/**
 * Vouches for requests that one process of a cluster sends on to another: who asks, for what, at which process, and when. Only the processes
 * know the secret, so a token that was seen on the way is good for nothing but the same request at the same process, and for seconds only.
 */
export class HopTokens {
  readonly #key: Uint8Array
  readonly #address: string

  /** `address` is where this process is reached. */
  constructor(secret: string, address: string) {
    this.#key = new TextEncoder().encode(secret)
    this.#address = address
  }

  /** Vouches for a request of a caller to the process at `address`. */
  async issue(request: Vouched, { companyId, role, expiresAt }: Caller, address: string): Promise<string> {
    const caller = { ...(companyId === null ? {} : { company_id: companyId }), role, exp: Math.floor(expiresAt.getTime() / 1000) }
    return new SignJWT({ request: describe(request), caller })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(this.#address)
      .setAudience(address)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(this.#key)
  }

  /** Who makes a request, as the process says that has sent it on. Rejects with 403 unless the token is for this request at this process, now. */
  async read(token: string, request: Vouched): Promise<Caller> {
    try {
      const { payload } = await jwtVerify<{ request: string; caller: JWTPayload }>(token, this.#key, {
        algorithms: [ALGORITHM],
        audience: this.#address,
        requiredClaims: ['exp', 'request', 'caller'],
        clockTolerance: CLOCK_SECONDS,
      })
      if (payload.request !== describe(request)) throw new TypeError('The token is for another request.')
      return callerIn(payload.caller)
    } catch {
      // One sentence for every cause, so that somebody who tries out tokens learns nothing.
      throw forbidden('This request was not sent on by a process of this cluster, or too long ago.')
    }
  }
}

function describe({ method, originalUrl, body = null }: Vouched): string {
  return `${method} ${originalUrl} ${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}`
}
