import { createHmac } from 'node:crypto'
import { jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { unauthorized } from '../answers/problem.js'
import type { Caller } from './caller.js'

const ALGORITHM = 'HS256'
/** How many characters a secret must have at least. */
export const SHORTEST_SECRET = 32

/** Which kind of server takes a token: one with real sessions, or a simulation, which hands out tokens to everybody. */
export type Audience = 'whatsapp' | 'simulation'

/** Whom a token is for. */
export interface TokenSubject {
  companyId: string | null
  role: Caller['role']
}

/** Creates and reads tokens with a company and a role: JWTs, signed with a secret that your own application would share. */
export class Tokens {
  readonly #secret: string
  readonly #audience: Audience

  /** Throws `RangeError` for a secret that could be guessed. */
  constructor(secret: string, audience: Audience = 'whatsapp') {
    if (secret.length < SHORTEST_SECRET)
      throw new RangeError(`The secret of the tokens must have at least ${SHORTEST_SECRET} characters, and has ${secret.length}.`)
    this.#secret = secret
    this.#audience = audience
  }

  /** Creates a token. */
  async issue({ companyId, role }: TokenSubject, lifetimeSeconds: number): Promise<string> {
    return new SignJWT({ ...(companyId === null ? {} : { company_id: companyId }), role })
      .setProtectedHeader({ alg: ALGORITHM })
      .setAudience(this.#audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + lifetimeSeconds)
      .sign(this.#key())
  }

  /** Reads a token. Rejects with 401 for one that is not ours, is meant for another audience, has expired, or names nobody. */
  async read(token: string): Promise<Caller> {
    try {
      const { payload } = await jwtVerify(token, this.#key(), { algorithms: [ALGORITHM], audience: this.#audience, requiredClaims: ['exp', 'role'] })
      return callerIn(payload)
    } catch {
      // One sentence for every cause, so that somebody who tries out tokens learns nothing.
      throw unauthorized('The token is invalid or has expired. Sign in again.')
    }
  }

  /** A secret for another purpose, which does not reveal this one. */
  derive(purpose: string): string {
    return createHmac('sha256', this.#secret).update(purpose).digest('hex')
  }

  #key(): Uint8Array {
    return new TextEncoder().encode(this.#secret)
  }
}

/** Whom claims name. Throws `TypeError` if they name nobody. */
export function callerIn({ company_id: companyId = null, role, exp = 0 }: JWTPayload): Caller {
  if (role !== 'agent' && role !== 'admin') throw new TypeError('The token has no role.')
  if (companyId !== null && (typeof companyId !== 'string' || companyId === '')) throw new TypeError('The token names no company.')
  if (role === 'agent' && companyId === null) throw new TypeError('An agent needs a company.')
  return { companyId, role, expiresAt: new Date(exp * 1000) }
}
