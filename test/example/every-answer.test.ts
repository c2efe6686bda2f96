import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ApiClient, inShort } from './api-client.js'
import { FRAMEWORKS, openExample } from './example-server.js'

/** Sends bytes that need not be HTTP; resolves with all that comes back. */
async function sendRaw(port: number, ...texts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket
    .setEncoding('utf8')
    .on('data', (text: string) => {
      answer += text
    })
    .on('error', () => undefined)
  const closed = once(socket, 'close')
  for (const text of texts) {
    socket.write(text)
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
  }
  await closed
  return answer
}

const CASES: readonly (readonly [method: string, path: string, expected: RegExp])[] = [
  ...['status', 'connect', 'pairing-code', 'disconnect', 'logout', 'events', 'sessions', 'history'].map(
    (route) => ['OPTIONS', `/api/whatsapp/${route}`, /^404 not_found$/u] as const,
  ),
  ['OPTIONS', '/api/me', /^404 not_found$/u],
  ['OPTIONS', '/healthz', /^404 not_found$/u],
  ['DELETE', '/api/whatsapp/events', /^404 not_found$/u],
  ['GET', '/api//whatsapp/status', /^404 not_found$/u],
  ['GET', '//api/whatsapp/status', /^404 not_found$/u],
  ['GET', '/api%2Fwhatsapp/status', /^404 not_found$/u],
  ['GET', '/api/whatsapp%2Fstatus', /^404 not_found$/u],
  ['GET', '/api/whatsapp/%zz', /^(?:400 bad_request|404 not_found)$/u],
  ['GET', '/%00', /^(?:400 bad_request|404 not_found)$/u],
]

describe.each(FRAMEWORKS)('every answer on %s', (_name, start) => {
  it.each(CASES)('to %s %s is JSON with a code', async (method, path, expected) => {
    const { agent } = await openExample({ start })
    const answer = await (await agent('acme')).send(method, path)
    expect(inShort(answer)).toMatch(expected)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  it('has the same headers, which keep everything foreign out', async () => {
    const { agent, server } = await openExample({ start })
    const answers = [
      await (await agent('acme')).get('/api/whatsapp/status'),
      await new ApiClient(server.url).get('/api/whatsapp/status'),
      await new ApiClient(server.url).get('/healthz'),
    ]
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/u)
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'strict-transport-security': expect.any(String),
      })
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('is JSON also where the request is no HTTP', async () => {
    const {
      server: { port },
    } = await openExample({ start })
    const answers = await Promise.all(
      ['HELLO\r\n\r\n', `GET /healthz HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`].map(async (text) => sendRaw(port, text)),
    )
    expect(answers.map((answer) => answer.split('\r\n\r\n')[1])).toEqual([
      expect.stringMatching(/^\{"error":\{"code":"bad_request","message":".+"\}\}$/u),
      expect.stringMatching(/"headers_too_large"/u),
    ])
    for (const answer of answers) expect(answer).toContain('cache-control: no-store')
    // Bytes after an answer are no second one.
    expect(await sendRaw(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n', 'HELLO\r\n\r\n')).toMatch(/"serving"\}\s*$/u)
  })

  it('may do without a body where the token says all', async () => {
    const { agent } = await openExample({ start })
    const acme = await agent('acme')
    expect(inShort(await acme.send('POST', '/api/whatsapp/disconnect'))).toBe('200')
    expect(inShort(await acme.send('POST', '/api/whatsapp/disconnect', '', { 'content-type': 'application/json' }))).toBe('200')
    expect(inShort(await acme.send('POST', '/api/whatsapp/disconnect', 'x', { 'content-type': '' }))).toBe('415 unsupported_media_type')
  })
})
