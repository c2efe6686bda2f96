import { describe, expect, it } from 'vitest'
import { inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { FRAMEWORKS, openExample, pair } from './example-server.js'

describe.each(FRAMEWORKS)('the routes on %s', (_name, start) => {
  it('answer where a company stands, as the page of the CRM expects it', async () => {
    const example = await openExample({ start })
    const acme = await example.agent('acme')
    const before = await acme.get('/api/whatsapp/status?company_id=acme')
    expect(before.status).toBe(200)
    expect(before.body).toMatchObject({
      company_id: 'acme',
      is_connected: false,
      status: 'disconnected',
      reason: 'never_paired',
      message: 'No phone is linked yet.',
      pairing: null,
    })
    expect((await acme.get('/api/whatsapp/status')).body).toEqual({ ...before.body, since: expect.any(String) })

    await pair(example, 'acme', '5511912345678')
    const { body } = await acme.get('/api/whatsapp/status?company_id=acme')
    expect(body).toEqual({
      company_id: 'acme',
      status: 'connected',
      reason: null,
      is_connected: true,
      message: 'Connected.',
      phone_number: '5511912345678',
      since: expect.any(String),
      attempt: null,
      next_retry_at: null,
      restricted_until: null,
      pairing: null,
      is_local: true,
    })
    expect(example.failures).toEqual([])
  })

  it('connect with a QR code, then with a pairing code', async () => {
    const { agent, baileys } = await openExample({ start })
    const acme = await agent('acme')
    const shown = await acme.post('/api/whatsapp/connect', { company_id: 'acme' })
    expect(inShort(shown)).toBe('200')
    expect(shown.body).toMatchObject({ status: 'pairing', is_connected: false })
    expect(shown.body['pairing']).toEqual({
      qr: expect.stringContaining('2@'),
      qr_svg: expect.stringMatching(/^<svg [^]*<\/svg>$/u),
      code: null,
      phone_number: null,
      expires_at: expect.any(String),
    })
    expect((await acme.get('/api/whatsapp/status')).body['pairing']).toEqual(shown.body['pairing'])

    const coded = await acme.post('/api/whatsapp/pairing-code', { company_id: 'acme', phone_number: '+55 11 91234-5678' })
    expect(coded.body['pairing']).toMatchObject({ code: expect.stringMatching(/^\w{8}$/u), expires_at: expect.any(String) })
    expect(baileys.sockets).toHaveLength(1)
  })

  it('stop, connect again and log out', async () => {
    const example = await openExample({ start })
    await pair(example, 'acme', '5511912345678')
    const acme = await example.agent('acme')
    const status = async (path: string): Promise<unknown> => (await acme.post(`/api/whatsapp/${path}`, { company_id: 'acme' })).body['status']
    expect(await status('disconnect')).toBe('disconnected')
    expect((await acme.get('/api/whatsapp/status')).body).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    await status('connect')
    await example.sessions.waitUntilConnected('acme')
    const { body } = await acme.post('/api/whatsapp/logout', { company_id: 'acme' })
    expect(body).toMatchObject({ status: 'logged_out', unlinked: true })
    expect(inShort(await acme.post('/api/whatsapp/logout', { company_id: 'acme' }))).toBe('200')
  })

  it('tell what happened, newest first, and list sessions without what would link a phone', async () => {
    const example = await openExample({ start })
    await pair(example, 'acme', '5511912345678')
    await (await example.agent('globex')).post('/api/whatsapp/connect', {})
    const admin = await example.admin()
    await eventually(async () => {
      const {
        body: { events },
      } = await admin.get('/api/whatsapp/history?company_id=acme')
      const kinds = (events as { kind: string; status: string | null }[]).map(({ kind, status }) => status ?? kind)
      expect(kinds.filter((kind) => ['pairing', 'connected'].includes(kind))).toEqual(['connected', 'connected', 'pairing'])
    })
    const { body } = await admin.get('/api/whatsapp/sessions')
    const sessions = body['sessions'] as Record<string, unknown>[]
    expect(sessions.map(({ company_id, status, pairing }) => [company_id, status, pairing])).toEqual([
      ['acme', 'connected', null],
      ['globex', 'pairing', null],
    ])
    expect((await (await example.agent('acme')).get('/api/whatsapp/sessions')).body['sessions']).toEqual([sessions[0]])
    expect(inShort(await admin.get('/api/whatsapp/history'))).toBe('400 bad_request')
  })

  it('say that a session is linked already, or not at all', async () => {
    const example = await openExample({ start })
    const acme = await example.agent('acme')
    expect((await acme.post('/api/whatsapp/logout')).body).toMatchObject({ status: 'disconnected', unlinked: false })
    await pair(example, 'acme', '5511912345678')
    expect(inShort(await acme.post('/api/whatsapp/pairing-code', { phone_number: '5511912345678' }))).toBe('409 already_paired')
  })

  it('never wait for the network to answer a status', async () => {
    const { agent } = await openExample({ start, manager: { version: async () => new Promise(() => undefined) } })
    const acme = await agent('acme')
    void acme.post('/api/whatsapp/connect').catch(() => undefined)
    await eventually(async () => {
      expect((await acme.get('/api/whatsapp/status')).body).toMatchObject({ status: 'connecting' })
    })
  })
})
