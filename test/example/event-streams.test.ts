// @module-tag full
import { describe, expect, it } from 'vitest'
import { ApiClient, inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { FRAMEWORKS, openExample, pair, type ExampleServer } from './example-server.js'
import { StreamReader } from './stream-reader.js'

const MANY = 1000

async function untilClosed({ server }: ExampleServer): Promise<void> {
  await eventually(() => {
    expect(server.live.openStreams).toBe(0)
  })
}

describe.each(FRAMEWORKS)('the event stream on %s', (_name, start) => {
  it('begins with the restore and the status, and tells of everything that follows', async () => {
    const example = await openExample({ start })
    const reader = await StreamReader.open(await example.agent('acme'), 'acme')
    expect(reader.status).toBe(200)
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    await eventually(() => {
      expect(reader.events('status')).toHaveLength(1)
    })
    expect(reader.events()[0]?.name).toBe('restore')
    expect(reader.events('status')[0]?.data).toMatchObject({ company_id: 'acme', status: 'disconnected', reason: 'never_paired' })

    await pair(example, 'acme', '5511912345678')
    await eventually(() => {
      expect(reader.events('status').at(-1)?.data).toMatchObject({ status: 'connected', pairing: null })
    })
    expect(reader.events('status').map(({ data }) => data['status'])).toEqual(['disconnected', 'connecting', 'pairing', 'connecting', 'connected'])
    expect(reader.events('pairing')[0]?.data).toEqual({
      company_id: 'acme',
      qr: expect.stringContaining('2@'),
      qr_svg: expect.stringContaining('<svg'),
      code: null,
      phone_number: null,
      expires_at: expect.any(String),
    })
    expect(reader.events('history').map(({ data }) => data['kind'])).toContain('connected')
  })

  it('shows a QR code to its own company only, and tells other companies nothing at all', async () => {
    const example = await openExample({ start })
    const [acme, globex] = [await example.agent('acme'), await example.agent('globex')]
    const readers = {
      acme: await StreamReader.open(acme, 'acme'),
      globex: await StreamReader.open(globex, null),
      admin: await StreamReader.open(await example.admin(), null),
      named: await StreamReader.open(await example.admin(), 'acme'),
    }
    await eventually(() => {
      expect(readers.globex.events('status')).toHaveLength(1)
    })
    const before = readers.globex.text
    const { body } = await acme.post('/api/whatsapp/connect')
    const { qr } = body['pairing'] as { qr: string }
    for (const reader of [readers.acme, readers.named])
      await eventually(() => {
        expect(reader.text).toContain(qr)
      })
    await eventually(() => {
      expect(readers.admin.events('status').at(-1)?.data).toMatchObject({ company_id: 'acme', status: 'pairing', pairing: null })
    })
    expect(readers.admin.text).not.toContain(qr)
    expect(readers.admin.events('pairing')).toEqual([])
    expect(readers.globex.text).toBe(before)
  })

  it('keeps the QR code that is shown when the status is told again, and says whom the pairing code is for', async () => {
    const example = await openExample({ start })
    const acme = await example.agent('acme')
    await acme.post('/api/whatsapp/connect')
    const { body } = await acme.post('/api/whatsapp/pairing-code', { phone_number: '5511912345678' })
    const reader = await StreamReader.open(acme, 'acme')
    await eventually(() => {
      expect(reader.events('status')[0]?.data['pairing']).toEqual({ ...(body['pairing'] as object), phone_number: '5511912345678' })
    })
    example.baileys.lastSocket?.qr('2@another-one')
    await eventually(() => {
      expect(reader.events('pairing')[0]?.data).toMatchObject({ qr: expect.stringContaining('another-one'), code: expect.any(String) })
    })
  })

  it(`bears ${MANY} clients, tells all of them, refuses the next one, and keeps nothing of them`, { tags: 'full' }, async () => {
    const example = await openExample({ start, streams: { perCompany: MANY } })
    const acme = await example.agent('acme')
    const readers = await Promise.all(Array.from({ length: MANY }, async () => StreamReader.open(acme, 'acme')))
    expect(example.server.live.openStreams).toBe(MANY)
    const refused = await acme.get('/api/whatsapp/events')
    expect(inShort(refused)).toBe('429 rate_limited')
    expect(inShort(await (await example.agent('globex')).get('/api/whatsapp/status'))).toBe('200')
    await acme.post('/api/whatsapp/connect')
    await eventually(() => {
      expect(readers.every((reader) => reader.events('pairing').length === 1)).toBe(true)
    })
    for (const reader of readers) reader.close()
    await untilClosed(example)
    expect((await StreamReader.open(acme, 'acme')).status).toBe(200)
  })

  it('is open so many times for one company, and not for the next', async () => {
    const example = await openExample({ start, streams: { perCompany: 2 } })
    const [acme, globex] = [await example.agent('acme'), await example.agent('globex')]
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await StreamReader.open(acme, 'acme')).status))
    expect(statuses.filter((status) => status === 200)).toHaveLength(2)
    expect(statuses.filter((status) => status === 429)).toHaveLength(8)
    expect((await StreamReader.open(globex, 'globex')).status).toBe(200)
  })

  it('ends for a client that stops reading, and for no other', async () => {
    const example = await openExample({ start, streams: { waitingBytes: 64 * 1024 } })
    const acme = await example.agent('acme')
    await acme.post('/api/whatsapp/connect')
    const reading = await StreamReader.open(acme, 'acme')
    await StreamReader.open(acme, 'acme', { reads: false })
    // What the machine itself keeps for a connection comes first: some megabytes.
    for (let codes = 0; codes < 3000 && example.server.live.openStreams === 2; codes++) {
      example.baileys.lastSocket?.qr()
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
    expect(example.server.live.openStreams).toBe(1)
    expect(reading.hasEnded).toBe(false)
  })

  it('shows that it is alive, and ends when the token does', async () => {
    const example = await openExample({ start, streams: { heartbeatMs: 50 } })
    const [lasting, short] = [
      await example.agent('acme'),
      new ApiClient(example.server.url, await example.tokens.issue({ companyId: 'acme', role: 'agent' }, 2)),
    ]
    const readers = [await StreamReader.open(lasting, 'acme'), await StreamReader.open(short, 'acme')]
    await eventually(() => {
      expect(readers[1]?.text).toMatch(/^: .+\n\n/mu)
    })
    await eventually(() => {
      expect(readers[1]?.hasEnded).toBe(true)
    })
    expect(readers[0]?.hasEnded).toBe(false)
    expect(example.server.live.openStreams).toBe(1)
  })

  it('ends in order when the server closes, which waits for no client', async () => {
    const example = await openExample({ start })
    const readers = await Promise.all([1, 2, 3].map(async () => StreamReader.open(await example.agent('acme'), 'acme')))
    const deaf = await StreamReader.open(await example.agent('acme'), 'acme', { reads: false })
    expect(await example.server.close({ timeoutMs: 2000 })).toEqual({ closed: [], notDrained: [] })
    await eventually(() => {
      expect(readers.every(({ hasEnded }) => hasEnded)).toBe(true)
    })
    deaf.close()
    expect(example.server.live.openStreams).toBe(0)
    expect(example.failures).toEqual([])
  })
})
