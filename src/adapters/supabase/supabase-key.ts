/**
 * Whether policies (RLS) may hide rows from a client: its key is known, and is neither a secret nor a service-role key. What is sent as
 * `Authorization` counts more than the key.
 */
export function mayNotSeeAllRows(client: object): boolean {
  if (typeof Reflect.get(client, 'accessToken') === 'function') return true
  const token: unknown = bearerOf(Reflect.get(client, 'headers')) ?? Reflect.get(client, 'supabaseKey')
  return typeof token === 'string' && !token.startsWith('sb_secret_') && roleOf(token) !== 'service_role'
}

/** The token in headers that a client sends with every request. */
function bearerOf(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null) return null
  const entries: [string, unknown][] = headers instanceof Headers ? [...headers] : Object.entries(headers)
  const authorization = entries.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  return typeof authorization === 'string' ? authorization.replace(/^Bearer\s+/iu, '') : null
}

/** The role in a token; `undefined` for what is no token. */
function roleOf(token: string): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? (Reflect.get(claims, 'role') as unknown) : undefined
  } catch {
    return undefined
  }
}
