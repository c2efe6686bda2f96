import { request } from 'node:http'
import { expect, it } from 'vitest'
import { SimulatedPhones } from '../../examples/express/simulation/simulated-phones.js'
import { ApiClient, inShort, type Answer } from './api-client.js'
import { openExample, type ExampleServer } from './example-server.js'

interface Browser {
  client: (headers?: Record<string, string>) => ApiClient
  csrfToken: string
}

/** The cookies that an answer sets, as a browser sends them back. */
function cookiesOf({ headers }: Answer): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

async function signIn({ server, tokens }: ExampleServer, companyId: string): Promise<Browser> {
  const token = await tokens.issue({ companyId, role: 'agent' }, 600)
  const session = cookiesOf(await new ApiClient(server.url).post('/api/sign-in', { token }))
  const me = await new ApiClient(server.url, undefined, { cookie: session }).get('/api/me')
  const cookie = `${session}; ${cookiesOf(me)}`
  return { client: (headers = {}) => new ApiClient(server.url, undefined, { cookie, ...headers }), csrfToken: String(me.body['csrf_token']) }
}

it('signs in with a token, says who one is, and signs out', async () => {
  const { server, tokens } = await openExample()
  const nobody = new ApiClient(server.url)
  expect(inShort(await nobody.get('/api/me'))).toBe('401 unauthorized')
  expect(inShort(await nobody.post('/api/sign-in', { token: 'wrong' }))).toBe('401 unauthorized')
  expect(inShort(await nobody.post('/api/sign-in', {}))).toBe('400 bad_request')

  const signedIn = await nobody.post('/api/sign-in', { token: await tokens.issue({ companyId: 'acme', role: 'agent' }, 600) })
  const [cookie = ''] = signedIn.headers.getSetCookie()
  expect(cookie).toMatch(/^session=[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/u)
  const me = await new ApiClient(server.url, undefined, { cookie: cookiesOf(signedIn) }).get('/api/me')
  expect(me.body).toEqual({ company_id: 'acme', role: 'agent', csrf_token: expect.stringMatching(/^\w+\.\w+$/u), simulated: false })

  const browser = new ApiClient(server.url, undefined, { cookie: `${cookiesOf(signedIn)}; ${cookiesOf(me)}`, 'x-csrf-token': String(me.body['csrf_token']) })
  const signedOut = await browser.post('/api/sign-out')
  expect(signedOut.status).toBe(204)
  expect(signedOut.headers.getSetCookie()[0]).toMatch(/^session=; .*Expires=Thu, 01 Jan 1970/u)
})

it('sends cookies over TLS only, except on this machine', async () => {
  const { server, tokens } = await openExample()
  const token = await tokens.issue({ companyId: 'acme', role: 'agent' }, 600)
  const cookies = await Promise.all(
    [{ 'x-forwarded-proto': 'https' }, { 'x-forwarded-host': 'crm.example' }].map(
      async (headers) => (await new ApiClient(server.url, undefined, headers).post('/api/sign-in', { token })).headers.getSetCookie()[0],
    ),
  )
  expect(cookies).toEqual([expect.stringContaining('Secure'), expect.stringContaining('Secure')])
})

it('lets a cookie change something only together with the token that other web sites cannot read', async () => {
  const example = await openExample()
  const [acme, globex] = [await signIn(example, 'acme'), await signIn(example, 'globex')]
  expect(inShort(await acme.client().get('/api/whatsapp/status'))).toBe('200')
  for (const path of ['/api/whatsapp/connect', '/api/whatsapp/pairing-code', '/api/whatsapp/disconnect', '/api/whatsapp/logout', '/api/sign-out']) {
    expect.soft(inShort(await acme.client().post(path)), path).toBe('403 forbidden')
    expect.soft(inShort(await acme.client({ 'x-csrf-token': globex.csrfToken }).post(path)), path).toBe('403 forbidden')
  }
  expect(example.baileys.sockets).toEqual([])
  expect(inShort(await acme.client({ 'x-csrf-token': acme.csrfToken }).post('/api/whatsapp/connect'))).toBe('200')
  // The header that lifts the protection is the one that is then checked.
  expect(inShort(await acme.client({ authorization: 'Bearer wrong' }).post('/api/whatsapp/connect'))).toBe('401 unauthorized')
  expect(inShort(await acme.client({ authorization: 'Basic x' }).post('/api/whatsapp/connect'))).toBe('401 unauthorized')
})

it('lets somebody else sign in with the same browser, whose token then is another one', async () => {
  const example = await openExample()
  const acme = await signIn(example, 'acme')
  const token = await example.tokens.issue({ companyId: 'globex', role: 'agent' }, 600)
  const session = cookiesOf(await new ApiClient(example.server.url).post('/api/sign-in', { token }))
  const kept = /csrf=[^;]+/u.exec(acme.client().headers['cookie'] ?? '')?.[0] ?? ''
  const me = await new ApiClient(example.server.url, undefined, { cookie: `${session}; ${kept}` }).get('/api/me')
  const post = async (csrfToken: string, cookies: string): Promise<string> =>
    inShort(
      await new ApiClient(example.server.url, undefined, { cookie: `${session}; ${cookies}`, 'x-csrf-token': csrfToken }).post('/api/whatsapp/disconnect'),
    )
  expect(await post(acme.csrfToken, kept)).toBe('403 forbidden')
  expect(await post(String(me.body['csrf_token']), cookiesOf(me))).toBe('200')
})

it('survives cookies that make no sense', async () => {
  const { server, tokens } = await openExample()
  const token = await tokens.issue({ companyId: 'acme', role: 'agent' }, 600)
  for (const cookie of ['session=j:{"a":1}', 'session=%', 'session', '=;;;', `session=${token}; csrf=j:{"a":1}`, `session=${token}; csrf=x`]) {
    expect.soft(inShort(await new ApiClient(server.url, undefined, { cookie }).get('/api/me')), cookie).toMatch(/^(?:200|401 unauthorized)$/u)
  }
})

it('limits attempts to sign in, and has neither demo tokens nor phones where WhatsApp is real', async () => {
  const { server } = await openExample({ rates: { signIn: 3 } })
  const nobody = new ApiClient(server.url)
  const answers = [1, 2, 3, 4].map(async () => inShort(await nobody.post('/api/sign-in', { token: 'guess' })))
  expect((await Promise.all(answers)).sort()).toEqual(['401 unauthorized', '401 unauthorized', '401 unauthorized', '429 rate_limited'])
  expect(inShort(await nobody.get('/api/demo-tokens'))).toBe('404 not_found')
  expect(inShort(await nobody.post('/api/simulated-phone', {}))).toBe('404 not_found')
})

it('serves its page with headers that keep everything foreign out', async () => {
  const { server } = await openExample()
  const page = await fetch(server.url)
  const policy = page.headers.get('content-security-policy')
  expect(page.status).toBe(200)
  expect(policy).toMatch(/default-src 'none';.*script-src 'self';.*style-src 'self';.*frame-ancestors 'none'/u)
  expect(policy).not.toContain('unsafe')
  expect(await page.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon\w+="|\bstyle="/u)
  expect((await fetch(`${server.url}/../main.ts`)).status).toBe(404)
  expect((await fetch(`${server.url}/%2e%2e/main.ts`)).status).toBe(404)
})

it.each([
  [{ range: 'bytes=9999999-' }, '416 range_not_satisfiable'],
  [{ 'if-match': '"another"' }, '412 precondition_failed'],
  [{ 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' }, '412 precondition_failed'],
])('refuses a part of its page that it cannot send, %j, without a failure of the server', async (headers, expected) => {
  const { server, failures } = await openExample()
  expect(inShort(await new ApiClient(server.url).send('GET', '/main.js', undefined, headers))).toBe(expected)
  expect(failures).toEqual([])
})

it('says that it is healthy until it closes', async () => {
  const { server } = await openExample()
  const health = await fetch(`${server.url}/healthz`)
  expect([health.status, await health.json()]).toEqual([200, { status: 'serving' }])
})

it('gives demo tokens only to who came by a name of this machine, whatever a proxy is said to have heard', async () => {
  const phones = new SimulatedPhones({ url: 'ws://127.0.0.1:1', obey: async () => undefined })
  const {
    server: { port },
  } = await openExample({ phones })
  const ask = async (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/api/demo-tokens', headers }, (response) => {
        response.resume().once('end', () => {
          resolve(response.statusCode)
        })
      })
        .once('error', reject)
        .end()
    })
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) expect.soft(await ask({ host }), host).toBe(200)
  // The page of a site whose name leads to 127.0.0.1 by now: it may set any header but `host`.
  const foreign = [
    { host: `evil.example:${port}` },
    { host: 'localhost.evil.example' },
    { host: `evil.example:${port}`, 'x-forwarded-host': 'localhost' },
    { host: 'localhost', 'x-forwarded-host': 'crm.example' },
  ]
  for (const headers of foreign) expect.soft(await ask(headers), JSON.stringify(headers)).toBe(403)
})
