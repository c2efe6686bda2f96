/** The cookie that holds the token of a browser. */
export const SESSION_COOKIE = 'session'

/**
 * The token that a request brings; `null` for none. The header wins, where no other web site can put it: so a request cannot be excused
 * from the check for cookies by a header, and carried out by its cookie.
 */
export function tokenOf(authorization: string | undefined, sessionCookie: string | undefined): string | null {
  if (authorization !== undefined) return /^Bearer ([\w.~+/-]+=*)$/iu.exec(authorization)?.[1] ?? null
  return sessionCookie === undefined || sessionCookie === '' ? null : sessionCookie
}
