import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { Tokens } from '../../examples/express/access/tokens.js'
import { ApiClient, inShort, type Answer } from './api-client.js'
import { FRAMEWORKS, openExample, pair, SECRET } from './example-server.js'

/** Every route that names a company, called for one. */
const ROUTES: readonly (readonly [route: string, call: (client: ApiClient, companyId: string) => Promise<Answer>])[] = [
  ['GET status', (client, companyId) => client.get(`/api/whatsapp/status?company_id=${encodeURIComponent(companyId)}`)],
  ['GET history', (client, companyId) => client.get(`/api/whatsapp/history?company_id=${encodeURIComponent(companyId)}`)],
  ['GET events', (client, companyId) => client.get(`/api/whatsapp/events?company_id=${encodeURIComponent(companyId)}`)],
  ['POST connect', (client, companyId) => client.post('/api/whatsapp/connect', { company_id: companyId })],
  ['POST pairing-code', (client, companyId) => client.post('/api/whatsapp/pairing-code', { company_id: companyId, phone_number: '5511912345678' })],
  ['POST disconnect', (client, companyId) => client.post('/api/whatsapp/disconnect', { company_id: companyId })],
  ['POST logout', (client, companyId) => client.post('/api/whatsapp/logout', { company_id: companyId })],
]

async function signed(claims: Record<string, unknown>, { secret = SECRET, expires = '10m', algorithm = 'HS256', audience = 'whatsapp' } = {}): Promise<string> {
  const token = new SignJWT({ ...claims, ...(audience === '' ? {} : { aud: audience }) }).setProtectedHeader({ alg: algorithm })
  if (expires !== '') token.setExpirationTime(expires)
  return token.sign(new TextEncoder().encode(secret))
}

const NONE_ALGORITHM = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"company_id":"acme","role":"admin","exp":9999999999}').toString('base64url')}.`
const WRONG_TOKENS: readonly (readonly [what: string, make: () => Promise<string | undefined>])[] = [
  ['no token', async () => undefined],
  ['no JWT', async () => 'open-sesame'],
  ['a token without a signature', async () => NONE_ALGORITHM],
  ['a token signed with another secret', () => signed({ company_id: 'acme', role: 'admin' }, { secret: `${SECRET} of somebody else` })],
  ['a token signed in another way', () => signed({ company_id: 'acme', role: 'admin' }, { algorithm: 'HS512', secret: SECRET.repeat(2) })],
  ['a token for a simulation', () => new Tokens(SECRET, 'simulation').issue({ companyId: 'acme', role: 'admin' }, 600)],
  ['a token for another service', () => signed({ company_id: 'acme', role: 'admin' }, { audience: 'billing' })],
  ['a token for no service', () => signed({ company_id: 'acme', role: 'admin' }, { audience: '' })],
  ['an expired token', () => new Tokens(SECRET).issue({ companyId: 'acme', role: 'agent' }, -1)],
  ['a token that never expires', () => signed({ company_id: 'acme', role: 'agent' }, { expires: '' })],
  ['a token without a role', () => signed({ company_id: 'acme' })],
  ['a token with a role that nobody has', () => signed({ company_id: 'acme', role: 'owner' })],
  ['an agent without a company', () => signed({ role: 'agent' })],
  ['a company that is no text', () => signed({ company_id: { $ne: '' }, role: 'agent' })],
]

describe.each(FRAMEWORKS)('who may see what on %s', (_name, start) => {
  it.each(ROUTES)('%s is for the company of the token only, whether or not the other one exists', async (_route, call) => {
    const example = await openExample({ start })
    await pair(example, 'acme', '5511912345678')
    const socketsBefore = example.baileys.sockets.length
    const globex = await example.agent('globex')
    const answers = await Promise.all(['acme', 'nobody', 'ACME', 'globex ', '__proto__', 'a\nb', 'x'.repeat(500)].map((companyId) => call(globex, companyId)))
    expect(answers.map(inShort)).toEqual(answers.map(() => '403 forbidden'))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(example.baileys.sockets).toHaveLength(socketsBefore)
    expect((await example.sessions.getStatus('acme')).status).toBe('connected')
    expect((await example.sessions.getStatuses()).map(({ sessionId }) => sessionId)).toEqual(['acme'])
  })

  it.each(WRONG_TOKENS)('%s opens nothing', async (_what, make) => {
    const { server, sessions } = await openExample({ start })
    const client = new ApiClient(server.url, await make())
    const answers = await Promise.all([...ROUTES.map(([, call]) => call(client, 'acme')), client.get('/api/whatsapp/sessions')])
    expect(answers.map(inShort)).toEqual(answers.map(() => '401 unauthorized'))
    expect(await sessions.getStatuses()).toEqual([])
  })

  it('a token in the address opens nothing, and neither does one of another scheme', async () => {
    const { agent, server } = await openExample({ start })
    const [, token = ''] = /^Bearer (.+)$/u.exec((await agent('acme')).headers['authorization'] ?? '') ?? []
    const nobody = new ApiClient(server.url)
    const answers = [
      ...['token', 'access_token', 'authorization', 'session'].map(async (name) => nobody.get(`/api/whatsapp/status?${name}=${token}`)),
      ...[`Basic ${token}`, token, `Bearer ${token}, Bearer ${token}`, `Bearer  `, ''].map(async (authorization) =>
        nobody.send('GET', '/api/whatsapp/status', undefined, { authorization }),
      ),
    ]
    expect((await Promise.all(answers)).map(inShort)).toEqual(answers.map(() => '401 unauthorized'))
  })

  it('no answer may be kept by a cache, not even a refusal', async () => {
    const { agent, server } = await openExample({ start })
    const answers = await Promise.all([
      (await agent('acme')).get('/api/whatsapp/status'),
      (await agent('acme')).post('/api/whatsapp/connect'),
      (await agent('acme')).get('/api/whatsapp/nothing'),
      new ApiClient(server.url).get('/api/whatsapp/status'),
      (await agent('acme')).post('/api/whatsapp/connect', [1]),
    ])
    expect(answers.map(({ status, headers }) => [status, headers.get('cache-control')])).toEqual(
      [200, 200, 404, 401, 400].map((status) => [status, 'no-store']),
    )
    expect(answers.map(({ headers }) => headers.get('x-content-type-options'))).toEqual(answers.map(() => 'nosniff'))
  })

  it('an admin acts for the company that is named, and for none by accident', async () => {
    const { admin, sessions } = await openExample({ start })
    const everybody = await admin()
    expect(inShort(await everybody.post('/api/whatsapp/connect'))).toBe('400 bad_request')
    expect(inShort(await everybody.get('/api/whatsapp/status'))).toBe('400 bad_request')
    expect((await everybody.get('/api/whatsapp/status?company_id=unknown')).body).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
    expect((await everybody.post('/api/whatsapp/connect', { company_id: 'acme' })).body['pairing']).toMatchObject({ qr: expect.any(String) })
    expect((await sessions.getStatuses()).map(({ sessionId }) => sessionId)).toEqual(['acme'])
  })
})
