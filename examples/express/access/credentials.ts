/** The cookie that holds the token of a browser. */
export const SESSION_COOKIE = 'session'

/** The token of a request, and whether it came in the header, where no other web site can put it. */
export interface Credentials {
  token: string
  isBearer: boolean
}

/** What a request brings: the header wins, so that a request cannot be checked as one and carried out as the other. */
export function credentialsOf(authorization: string | undefined, sessionCookie: unknown): Credentials | null {
  if (authorization !== undefined) {
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/iu.exec(authorization) ?? []
    return token === undefined ? null : { token, isBearer: true }
  }
  return typeof sessionCookie === 'string' && sessionCookie !== '' ? { token: sessionCookie, isBearer: false } : null
}
