import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { PostgrestServerError } from './postgrest-error.js'

/** Who asks: the role that the database is asked as, and what its token says about it. */
export interface Caller {
  readonly role: string
  readonly claims: object
}

/** The keys of a project: the new ones, and the tokens that the old ones are. */
export class PostgrestKeys {
  readonly secret: string = `sb_secret_${randomBytes(16).toString('base64url')}`
  readonly publishable: string = `sb_publishable_${randomBytes(16).toString('base64url')}`
  readonly #signingKey = randomBytes(32)
  readonly serviceRole: string = this.token({ role: 'service_role' })
  readonly anon: string = this.token({ role: 'anon' })

  /** A token that the server accepts. */
  token(claims: object): string {
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    return `${content}.${this.#sign(content)}`
  }

  /** Who asks with these headers: a gateway looks at the key, PostgREST at the token. */
  callerOf({ apikey, authorization = '' }: IncomingHttpHeaders): Caller {
    if (typeof apikey !== 'string') throw new GatewayError('No API key found in request')
    const byKey = this.#callerOfKey(apikey)
    if (byKey === null) throw new GatewayError('Invalid API key')
    const bearer = authorization.replace(/^Bearer /u, '')
    return bearer === '' || bearer === apikey ? byKey : this.#callerOfToken(bearer)
  }

  #callerOfKey(key: string): Caller | null {
    if (key === this.secret) return { role: 'service_role', claims: { role: 'service_role' } }
    if (key === this.publishable) return { role: 'anon', claims: { role: 'anon' } }
    return key === this.serviceRole || key === this.anon ? this.#callerOfToken(key) : null
  }

  #callerOfToken(token: string): Caller {
    const [head = '', body = '', signature = ''] = token.split('.')
    const expected = Buffer.from(this.#sign(`${head}.${body}`))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new PostgrestServerError(401, 'PGRST301', 'No suitable key or wrong key type')
    }
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { role?: string; exp?: number }
    if (claims.exp !== undefined && claims.exp * 1000 < Date.now()) throw new PostgrestServerError(401, 'PGRST303', 'JWT expired')
    return { role: claims.role ?? 'anon', claims }
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#signingKey).update(content).digest('base64url')
  }
}

/** The gateway before PostgREST refuses in words of its own, without a code. */
class GatewayError extends PostgrestServerError {
  override readonly body: object

  constructor(message: string) {
    super(401, '', message)
    this.body = { message, hint: 'Double check your Supabase `anon` or `service_role` API key.' }
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
