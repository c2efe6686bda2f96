// @module-tag full
import { Browsers } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { LinkingOptions } from '../../src/testing/whatsapp-server/index.js'
import { type BaileysClient, newDevice } from './baileys-client.js'
import { ServerFixture } from './server-fixture.js'

const fixture = new ServerFixture()
const OLD: [number, number, number] = [2, 3000, 1_035_194_821]
const NEW: [number, number, number] = [2, 3000, 1_047_506_285]

/** Rules that are in force for a test, and a client that registers under them. */
function dialUnder(rules: LinkingOptions, config: Parameters<typeof fixture.dial>[1] = {}): BaileysClient {
  fixture.server.changeLinking({ registration: 'classic', ...rules })
  return fixture.dial(newDevice(), config)
}

async function scan(client: BaileysClient): Promise<unknown> {
  return fixture.server.scanQr(await client.qr(), { phone: fixture.newPhone() })
}

function kinds(): string[] {
  const connection = fixture.server.registrations().at(-1)?.connection
  return fixture.server.log.filter((entry) => entry.connection === connection).map(({ kind }) => kind)
}

describe('requireVersion', () => {
  it('refuses an older client before its QR, with 405, and says which version it was', async () => {
    const client = dialUnder({ requireVersion: NEW }, { version: OLD })
    expect(await client.closed()).toMatchObject({ code: 405 })
    expect(client.updates.filter(({ qr }) => qr !== undefined)).toEqual([])
    expect(fixture.server.registrations().at(-1)).toMatchObject({
      outcome: 'failed',
      reason: 'version 2.3000.1035194821 is too old',
      version: '2.3000.1035194821',
    })
  })

  it('or after the scan, when the client hears nothing', async () => {
    const client = dialUnder({ requireVersion: { lowest: NEW, refuse: 'after-scan' } }, { version: OLD, qrTimeout: 150 })
    await expect(scan(client)).rejects.toThrow('(requireVersion): its version 2.3000.1035194821 of WhatsApp Web is too old')
    expect(await client.closed()).toMatchObject({ code: 408, message: 'QR refs attempts ended' })
  })

  it.each([
    ['the lowest', NEW],
    ['a later tertiary', [2, 3000, 1_047_506_286]],
    ['a later secondary', [2, 3001, 0]],
    ['a later primary', [3, 0, 0]],
  ] as const)('lets %s link', async (_name, version) => {
    const client = dialUnder({ requireVersion: NEW }, { version: [...version] })
    await scan(client)
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('says nothing to devices that are linked', async () => {
    fixture.server.changeLinking({ requireVersion: NEW })
    const { device, deviceKey } = fixture.link()
    await fixture.open(device, { version: OLD })
    expect(fixture.server.attempts(deviceKey)).toMatchObject([{ outcome: 'success', version: '2.3000.1035194821', browser: null }])
  })
})

describe('requirePasskey', () => {
  it('asks the client for a passkey after the scan, and never links', async () => {
    const client = dialUnder({ requirePasskey: true })
    const asked = new Promise((resolve) => {
      client.socket.ws.on('CB:notification,type:passkey_prologue_request', resolve)
    })
    await expect(scan(client)).rejects.toThrow('(requirePasskey): the account requires a passkey for new links')
    const notification = await asked
    expect(notification).toMatchObject({ attrs: { from: 's.whatsapp.net' }, content: [{ tag: 'passkey_request_options' }] })
    expect(fixture.server.registrations().at(-1)).toMatchObject({ outcome: 'registering', passkey: 'requested' })
    expect(kinds()).not.toContain('pair-success')
  })

  it('notes that the client has acknowledged it', async () => {
    const client = dialUnder({ requirePasskey: true })
    client.socket.ws.on('CB:notification,type:passkey_prologue_request', ({ attrs }: { attrs: Record<string, string> }) => {
      void client.socket.sendNode({ tag: 'ack', attrs: { class: 'notification', id: attrs['id'] ?? '', type: attrs['type'] ?? '', to: attrs['from'] ?? '' } })
    })
    await expect(scan(client)).rejects.toThrow('passkey')
    await fixture.server.waitFor(() => fixture.server.registrations().at(-1)?.passkey === 'acknowledged')
    expect(kinds()).toEqual(expect.arrayContaining(['passkey-requested', 'passkey-acknowledged']))
  })

  it('holds for pairing codes, too', async () => {
    const phone = fixture.newPhone()
    const client = dialUnder({ requirePasskey: true })
    await client.qr()
    const code = await client.socket.requestPairingCode(phone)
    await expect(fixture.server.enterPairingCode(code, { phone })).rejects.toThrow('passkey')
    expect(fixture.server.registrations().at(-1)).toMatchObject({ passkey: 'requested' })
  })
})

describe('refusePairingCodes', () => {
  it.each([
    [400, 'bad-request'],
    [429, 'rate-overlimit'],
  ] as const)('answers with %i %s, and then with a code again', async (code, text) => {
    const phone = fixture.newPhone()
    const client = dialUnder({ refusePairingCodes: code })
    await client.qr()
    const answer = new Promise((resolve) => {
      client.socket.ws.on('CB:iq,type:error', resolve)
    })
    const refused = await client.socket.requestPairingCode(phone)
    expect(await answer).toMatchObject({ attrs: { type: 'error' }, content: [{ tag: 'error', attrs: { code: String(code), text } }] })
    await expect(fixture.server.enterPairingCode(refused, { phone })).rejects.toThrow(`No client is waiting for a pairing code for phone ${phone}`)
    expect(kinds()).toContain('pairing-code-refused')
    fixture.server.changeLinking({ registration: 'classic' })
    await fixture.server.enterPairingCode(await client.socket.requestPairingCode(phone), { phone })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('or never answers', async () => {
    const client = dialUnder({ refusePairingCodes: 'silence' })
    await client.qr()
    const refused = fixture.server.waitFor(() => kinds().includes('pairing-code-refused'))
    const answers: unknown[] = []
    client.socket.ws.on('CB:iq', (node) => {
      answers.push(node)
    })
    await client.socket.requestPairingCode(fixture.newPhone())
    await refused
    // What comes after it would come after an answer, too.
    await client.socket.query({ tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' } }, 5000)
    expect(answers).toHaveLength(1)
  })
})

describe('a second pairing code', () => {
  it.each(['the same number', 'another number'])('for %s works, and the first is gone', async (whose) => {
    const phone = fixture.newPhone()
    const client = dialUnder({})
    await client.qr()
    const first = await client.socket.requestPairingCode(phone)
    const second = whose === 'the same number' ? phone : fixture.newPhone()
    const code = await client.socket.requestPairingCode(second)
    await fixture.server.waitFor(() => kinds().filter((kind) => kind === 'pairing-code').length === 2)
    expect(code).not.toBe(first)
    const { deviceKey } = await fixture.server.enterPairingCode(code, { phone: second })
    expect(deviceKey).toBe(`${second}:1`)
    expect(await client.closed()).toMatchObject({ code: 515 })
  })
})

describe('refuseScan', () => {
  it.each([true, 'silence'] as const)('with %j tells the client nothing: the QR codes go on until none is left', async (refuseScan) => {
    const client = dialUnder({ refuseScan }, { qrTimeout: 150 })
    await expect(scan(client)).rejects.toThrow("The phone could not link the device, because the server's options refuse it (refuseScan)")
    expect(await client.closed()).toMatchObject({ code: 408 })
    expect(kinds()).toEqual(expect.arrayContaining(['link-refused']))
  })

  it('sends a pair-success that does not verify', async () => {
    const client = dialUnder({ refuseScan: 'wrong-secret' })
    await expect(scan(client)).rejects.toThrow('refuseScan')
    expect(await client.closed()).toMatchObject({ message: 'Invalid account signature' })
    expect(kinds()).not.toContain('paired')
  })

  it('sends an iq error', async () => {
    const client = dialUnder({ refuseScan: 'iq-error' })
    const answer = new Promise((resolve) => {
      client.socket.ws.on('CB:iq,type:error', resolve)
    })
    await expect(scan(client)).rejects.toThrow('refuseScan')
    expect(await answer).toMatchObject({ content: [{ attrs: { code: '401', text: 'not-authorized' } }] })
    expect(client.ending).toBeNull()
  })

  it.each([
    [{ code: 401, via: 'failure' }, 401],
    [{ code: 401 }, 401],
    [{ via: 'xmlstreamend' }, 428],
  ] as const)('throws the client out with %j', async (refuseScan, code) => {
    const client = dialUnder({ refuseScan })
    await expect(scan(client)).rejects.toThrow('refuseScan')
    expect(await client.closed()).toMatchObject({ code })
  })

  it('ends with the rule: the client can be linked by the QR that it still shows', async () => {
    const client = dialUnder({ refuseScan: true })
    await expect(scan(client)).rejects.toThrow('refuseScan')
    fixture.server.changeLinking({ registration: 'classic' })
    await scan(client)
    expect(await client.closed()).toMatchObject({ code: 515 })
  })
})

describe('closeRegistrations', () => {
  it('takes the handshake and closes before any QR; linked devices log in', async () => {
    const { device } = fixture.link()
    const client = dialUnder({ closeRegistrations: true })
    expect(await client.closed()).toMatchObject({ code: 428 })
    expect(client.updates.filter(({ qr }) => qr !== undefined)).toEqual([])
    expect(fixture.server.registrations().at(-1)).toMatchObject({ outcome: 'failed', reason: 'registration closed' })
    await fixture.open(device)
  })

  it('can mean desktop applications with their whole history alone', async () => {
    const desktop = dialUnder({ closeRegistrations: 'desktop' }, { browser: Browsers.macOS('Desktop'), syncFullHistory: true })
    expect(await desktop.closed()).toMatchObject({ code: 428 })
    expect(fixture.server.registrations().at(-1)).toMatchObject({ browser: 'DESKTOP (Mac OS)' })
    const browser = dialUnder({ closeRegistrations: 'desktop' }, { browser: Browsers.macOS('Chrome'), syncFullHistory: false })
    await scan(browser)
    expect(fixture.server.registrations().at(-1)).toMatchObject({ outcome: 'paired', browser: 'CHROME (Mac OS)' })
  })
})

describe('the rules', () => {
  it('are those of the start again after clearFaults, and after a change of others', async () => {
    const { server } = fixture
    server.changeLinking({ registration: 'classic', refuseScan: true })
    server.changeLinking({ registration: 'classic' })
    await scan(fixture.dial(newDevice()))
    server.changeLinking({ registration: 'classic', closeRegistrations: true })
    await server.clearFaults()
    const client = fixture.dialRefreshing()
    await client.qr()
    await server.scanQr(client.shown, { phone: fixture.newPhone() })
    expect(server.registrations().at(-1)).toMatchObject({ outcome: 'paired', refreshesSent: 1 })
  })

  it.each([
    { registration: 'new' },
    { refusePairingCodes: 500 },
    { refuseScan: 'loudly' },
    { closeRegistrations: 'mobile' },
    { requireVersion: [2, 3000] },
    { requireVersion: [2, 3000, -1] },
    { requireVersion: { lowest: NEW, refuse: 'never' } },
  ])('refuse %j', (rules) => {
    // What a caller in JavaScript may write.
    expect(() => fixture.server.changeLinking(rules as LinkingOptions)).toThrow(TypeError)
  })

  it('refuse a kick that is none', () => {
    expect(() => fixture.server.changeLinking({ refuseScan: { code: 42 } })).toThrow(RangeError)
  })
})

it('a client is linked by one phone at a time', async () => {
  const { server } = fixture
  const client = dialUnder({})
  const qr = await client.qr()
  const [one, other] = await Promise.allSettled([server.scanQr(qr, { phone: fixture.newPhone() }), server.scanQr(qr, { phone: fixture.newPhone() })])
  expect(one).toMatchObject({ status: 'fulfilled' })
  expect(other).toMatchObject({ status: 'rejected', reason: { message: 'The client is already paired, or is just being paired.' } })
})
