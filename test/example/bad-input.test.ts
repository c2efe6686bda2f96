import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { FRAMEWORKS, openExample, pair } from './example-server.js'

const JSON_TYPE = { 'content-type': 'application/json' }

describe.each(FRAMEWORKS)('bad input on %s', (_name, start) => {
  it('is answered clearly when it is no JSON, too much, or of another type', async () => {
    const { agent, sessions, failures } = await openExample({ start })
    const acme = await agent('acme')
    const post = async (body: string, headers: Record<string, string> = JSON_TYPE): Promise<string> =>
      inShort(await acme.send('POST', '/api/whatsapp/connect', body, headers))
    expect(await post('{"company_id":')).toBe('400 invalid_json')
    expect(await post('company_id=acme', { 'content-type': 'application/x-www-form-urlencoded' })).toBe('415 unsupported_media_type')
    expect(await post('{}', { 'content-type': 'text/plain' })).toBe('415 unsupported_media_type')
    for (const body of [
      '[]',
      '"acme"',
      '{"company_id":["acme"]}',
      '{"company_id":7}',
      '{"company_id":null}',
      '{"company_id":""}',
      '{"company_id":{"toString":"x"}}',
    ]) {
      expect.soft(await post(body), body).toMatch(/^400 (?:bad_request|invalid_json)$/u)
    }
    expect(await post(JSON.stringify({ company_id: 'acme', rest: 'x'.repeat(16 * 1024) }))).toBe('413 payload_too_large')
    expect(await sessions.getStatuses()).toEqual([])
    expect(failures).toEqual([])
  })

  it('of 10 MB is refused, with and without a length, and the next request is served', async () => {
    const { agent, server } = await openExample({ start })
    const acme = await agent('acme')
    const token = acme.headers['authorization'] ?? ''
    expect(await upload(`${server.url}/api/whatsapp/connect`, token, true)).toMatch(/^(?:413|ended)$/u)
    expect(await upload(`${server.url}/api/whatsapp/connect`, token, false)).toMatch(/^(?:413|ended)$/u)
    expect(inShort(await acme.get('/api/whatsapp/status'))).toBe('200')
  })

  it('as an id reaches no other session, and breaks nothing', async () => {
    const { admin, agent, sessions } = await openExample({ start })
    const everybody = await admin()
    for (const companyId of ['a\nb', 'a\u0000', '\u001b[2J', 'x'.repeat(129), '\u{d800}']) {
      expect.soft(inShort(await everybody.post('/api/whatsapp/connect', { company_id: companyId })), JSON.stringify(companyId)).toBe('400 invalid_company_id')
    }
    expect(inShort(await everybody.get('/api/whatsapp/status?company_id=acme&company_id=globex'))).toBe('400 bad_request')
    expect(inShort(await everybody.get('/api/whatsapp/status?company_id=%E0%A4%A'))).toMatch(/^(?:200|400 .*)$/u)
    for (const companyId of ['__proto__', 'constructor', '../../etc/passwd', 'a/b', '*', 'ацме', '😀', 'con', ' ']) {
      const its = await agent(companyId)
      expect
        .soft((await its.get(`/api/whatsapp/status?company_id=${encodeURIComponent(companyId)}`)).body, companyId)
        .toMatchObject({ company_id: companyId, reason: 'never_paired' })
      expect.soft((await its.get('/api/whatsapp/history')).body, companyId).toEqual({ events: [] })
    }
    expect(await sessions.getStatuses()).toEqual([])
  })

  it('as a phone number is refused', async () => {
    const { agent, baileys } = await openExample({ start, rates: { pairingCode: 100 } })
    const acme = await agent('acme')
    for (const phoneNumber of [undefined, '', 'abc', '0151234567', '123456', '1'.repeat(16), 5511912345678, '5511912345678; rm']) {
      expect.soft(inShort(await acme.post('/api/whatsapp/pairing-code', { phone_number: phoneNumber })), String(phoneNumber)).toBe('400 bad_request')
    }
    expect(baileys.sockets).toEqual([])
  })

  it('as an address or a method is answered with 404', async () => {
    const { agent } = await openExample({ start })
    const acme = await agent('acme')
    const answers = [
      await acme.get('/api/whatsapp/statuses'),
      await acme.get('/api/nothing'),
      await acme.get('/api/whatsapp/connect'),
      await acme.send('DELETE', '/api/whatsapp/status'),
    ]
    expect(answers.map(inShort)).toEqual(answers.map(() => '404 not_found'))
  })

  it('opens one socket when connect is pressed ten times at once', async () => {
    const { agent, baileys } = await openExample({ start })
    const acme = await agent('acme')
    const answers = await Promise.all(Array.from({ length: 10 }, async () => acme.post('/api/whatsapp/connect', { company_id: 'acme' })))
    expect(answers.map(inShort)).toEqual(answers.map(() => '200'))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body['pairing']))).size).toBe(1)
    expect(baileys.sockets).toHaveLength(1)
  })

  it('ends in order when somebody logs out while it connects', async () => {
    const example = await openExample({ start })
    await pair(example, 'acme', '5511912345678')
    const acme = await example.agent('acme')
    await acme.post('/api/whatsapp/disconnect')
    const [connected, loggedOut] = await Promise.all([acme.post('/api/whatsapp/connect'), acme.post('/api/whatsapp/logout')])
    expect(inShort(connected)).toMatch(/^(?:200|202|409 \w+)$/u)
    expect(inShort(loggedOut)).toBe('200')
    await eventually(async () => {
      expect((await example.sessions.getStatus('acme')).status).toBe('logged_out')
    })
    expect(example.baileys.sockets.filter(({ isEnded }) => !isEnded)).toEqual([])
  })

  it('is slowed down for one company, and for no other', async () => {
    const { agent } = await openExample({ start, rates: { connect: 2, pairingCode: 1 } })
    const [acme, globex] = [await agent('acme'), await agent('globex')]
    const connects = [await acme.post('/api/whatsapp/connect'), await acme.post('/api/whatsapp/connect'), await acme.post('/api/whatsapp/connect')]
    expect(connects.map(inShort)).toEqual(['200', '200', '429 rate_limited'])
    expect(Number(connects[2]?.headers.get('retry-after'))).toBeGreaterThan(0)
    const codes = [
      await acme.post('/api/whatsapp/pairing-code', { phone_number: '5511912345678' }),
      await acme.post('/api/whatsapp/pairing-code', { phone_number: '5511912345678' }),
    ]
    expect(codes.map(inShort)).toEqual(['200', '429 rate_limited'])
    expect(inShort(await globex.post('/api/whatsapp/connect'))).toBe('200')
  })
})

/** Sends 10 MB of JSON; resolves with the status, or with `ended` where the server hung up. */
async function upload(url: string, authorization: string, hasLength: boolean): Promise<string> {
  const body = Buffer.from(JSON.stringify({ company_id: 'acme', rest: 'x'.repeat(10 * 1024 * 1024) }))
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      { method: 'POST', headers: { ...JSON_TYPE, authorization, ...(hasLength ? { 'content-length': body.length } : {}) } },
      (response) => {
        response.resume().once('end', () => {
          resolve(String(response.statusCode))
        })
      },
    )
    outgoing.once('error', () => {
      resolve('ended')
    })
    outgoing.end(body)
  })
}
