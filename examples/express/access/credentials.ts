/** The cookie that holds the token of a browser. */
export const SESSION_COOKIE = 'session'

/**
 * The token of a request; `null` for none. The header wins, because no other web site can set it: a request cannot use a header to skip
 * the cookie check and then act through its cookie.
 */
export function tokenOf(authorization: string | undefined, sessionCookie: string | undefined): string | null {
  if (authorization !== undefined) return /^Bearer ([\w.~+/-]+=*)$/iu.exec(authorization)?.[1] ?? null
  return sessionCookie === undefined || sessionCookie === '' ? null : sessionCookie
}
