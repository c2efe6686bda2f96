// @module-tag full
import { describe, expect, it } from 'vitest'
import type { Attempt, LogEntry, LogKind } from '../../src/testing/whatsapp-server/index.js'
import { type BaileysClient, newDevice } from './baileys-client.js'
import { ServerFixture } from './server-fixture.js'

const fixture = new ServerFixture()

/** The last client that registered. */
function lastRegistration(): Attempt | undefined {
  return fixture.server.registrations().at(-1)
}

function entries(kind: LogKind): LogEntry[] {
  const connection = fixture.server.registrations().at(-1)?.connection
  return fixture.server.log.filter((entry) => entry.kind === kind && entry.connection === connection)
}

/** How many different ones it has acknowledged. Baileys 6.7 acknowledges by itself, too, and knows nothing more of it. */
function acknowledged(): number {
  return new Set(entries('refresh-acknowledged').map(({ detail }) => detail['id'])).size
}

async function untilAcknowledged(times: number): Promise<void> {
  await fixture.server.waitFor(() => acknowledged() === times)
}

/** A client that answers no notification. */
function dialDeaf(): BaileysClient {
  const client = fixture.dial(newDevice())
  client.socket.ws.removeAllListeners('CB:notification')
  return client
}

describe('a registration is refreshed', () => {
  it('once, after the first QR: a scan of what the screen shows links, and the credentials log in', async () => {
    const { server } = fixture
    const device = newDevice()
    const client = fixture.dialRefreshing(device)
    const first = await client.qr()
    const { deviceKey } = await server.scanQr(client.shown, { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
    expect(client.shown()).not.toBe(first)
    expect(lastRegistration()).toMatchObject({ outcome: 'paired', refreshesSent: 1 })
    expect(acknowledged()).toBe(1)
    await fixture.open(device)
    expect(server.logins(deviceKey)).toBe(1)
  })

  it('and the code that was scanned before links nobody: the client is not bothered, and the new one links', async () => {
    const { server } = fixture
    const client = fixture.dialRefreshing()
    const first = await client.qr()
    await expect(server.scanQr(first, { phone: fixture.newPhone() })).rejects.toThrow('This QR code was retired')
    expect(entries('pair-success')).toEqual([])
    await expect(server.scanQr(first, { phone: fixture.newPhone() })).rejects.toThrow('This QR code was retired')
    await server.scanQr(await client.shows(first), { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('and a code that the server never saw before is offered to the client, which alone can tell that it is retired', async () => {
    const client = fixture.dialRefreshing()
    const first = await client.qr()
    await untilAcknowledged(1)
    const scan = fixture.server.scanQr(first, { phone: fixture.newPhone() })
    await expect(scan).rejects.toThrow(/This QR code was retired.*The client closed its connection before it answered/u)
    // Baileys ends a socket whose pair-success does not verify.
    expect(await client.closed()).toMatchObject({ message: 'Invalid account signature' })
    expect(entries('pair-success')).toHaveLength(1)
  })

  it('and the code that was drawn anew is good at once, before the server has heard the acknowledgement', async () => {
    const { server } = fixture
    const client = fixture.dialRefreshing()
    const first = await client.qr()
    const scan = client.shows(first).then(async (second) => {
      expect(acknowledged()).toBe(0)
      return server.scanQr(second, { phone: fixture.newPhone() })
    })
    await expect(scan).resolves.toMatchObject({ number: 1 })
  })

  it('and a number of a device that was not linked goes to the next one', async () => {
    const phone = fixture.newPhone()
    const stale = fixture.dialRefreshing()
    const first = await stale.qr()
    await untilAcknowledged(1)
    await expect(fixture.server.scanQr(first, { phone })).rejects.toThrow('retired')
    const client = fixture.dialRefreshing()
    await client.qr()
    expect(await fixture.server.scanQr(client.shown, { phone })).toMatchObject({ deviceKey: `${phone}:1` })
  })

  it('and a client that ignores it cannot be linked, as with WhatsApp today', async () => {
    fixture.server.changeLinking({ refreshRegistration: { ignoredAfterMs: 100 } })
    const client = dialDeaf()
    const qr = await client.qr()
    await expect(fixture.server.scanQr(qr, { phone: fixture.newPhone() })).rejects.toThrow(/the client did not acknowledge it.*registration: 'classic'/u)
    await expect(fixture.server.scanQr(() => qr, { phone: fixture.newPhone() })).rejects.toThrow('did not acknowledge')
    expect(client.ending).toBeNull()
    expect(lastRegistration()).toMatchObject({ outcome: 'registering', refreshesSent: 1, refreshesAcknowledged: 0 })
    expect(entries('refresh-ignored')).toHaveLength(1)
  })

  it.each([0, false, { times: 0 }])('never, with %j', async (refreshRegistration) => {
    fixture.server.changeLinking({ refreshRegistration })
    const client = fixture.dial(newDevice())
    await fixture.server.scanQr(await client.qr(), { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
    expect(lastRegistration()).toMatchObject({ refreshesSent: 0 })
  })

  it('as often as wanted, one after the other, with either child', async () => {
    const { server } = fixture
    server.changeLinking({ refreshRegistration: { times: 5, everyMs: 5, child: 'pair-device-rotate-qr' } })
    const client = fixture.dialRefreshing()
    await client.qr()
    await server.scanQr(client.shown, { phone: fixture.newPhone() })
    expect(lastRegistration()).toMatchObject({ refreshesSent: 5, outcome: 'paired' })
    expect(entries('refresh').map(({ detail }) => detail['child'])).toEqual(Array.from({ length: 5 }, () => 'pair-device-rotate-qr'))
    const order = server.log.filter(({ connection, kind }) => connection === lastRegistration()?.connection && kind.startsWith('refresh'))
    expect(order.map(({ kind }) => kind).filter((kind, index, kinds) => kind !== kinds[index - 1])).toEqual(
      Array.from({ length: 5 }, () => ['refresh', 'refresh-acknowledged']).flat(),
    )
  })

  it('before the first QR, which then is good', async () => {
    fixture.server.changeLinking({ refreshRegistration: { times: 2, when: 'before-qr' } })
    const client = fixture.dialRefreshing()
    await client.qr()
    await untilAcknowledged(2)
    await fixture.server.scanQr(client.shown() ?? '', { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('after a scan, which then links nobody: the next one does', async () => {
    const { server } = fixture
    server.changeLinking({ refreshRegistration: { when: 'after-scan' } })
    const client = fixture.dialRefreshing()
    const first = await client.qr()
    expect(lastRegistration()).toMatchObject({ refreshesSent: 0 })
    await expect(server.scanQr(client.shown, { phone: fixture.newPhone() })).rejects.toThrow('This QR code was retired')
    expect(lastRegistration()).toMatchObject({ refreshesSent: 1 })
    expect(acknowledged()).toBe(1)
    expect(client.shown()).not.toBe(first)
    await server.scanQr(client.shown, { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('while the QR changes: the new one carries the new secret', async () => {
    fixture.server.changeLinking({ refreshRegistration: { times: 3, everyMs: 60 } })
    const client = fixture.dialRefreshing(newDevice(), { qrTimeout: 80 })
    await client.qr()
    await untilAcknowledged(3)
    await fixture.server.scanQr(client.shown, { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('and a screen that shows nothing yet is looked at until it does', async () => {
    const client = fixture.dialRefreshing()
    await fixture.server.scanQr(client.shown, { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
    await expect(fixture.server.scanQr(() => 'hello', { phone: fixture.newPhone() })).rejects.toThrow(TypeError)
  })

  it('and a phone takes a QR with or without an address before it', async () => {
    const client = fixture.dialRefreshing()
    await client.qr()
    await untilAcknowledged(1)
    const fields = client.shown()?.replace(/^.*#/u, '') ?? ''
    expect(fields.split(',').length).toBeGreaterThanOrEqual(4)
    await fixture.server.scanQr(`https://wa.me/settings/linked_devices#${fields}`, { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
    const bare = fixture.dialRefreshing()
    await bare.qr()
    await untilAcknowledged(1)
    await fixture.server.scanQr(bare.shown()?.replace(/^.*#/u, '') ?? '', { phone: fixture.newPhone() })
    expect(await bare.closed()).toMatchObject({ code: 515 })
  })
})

describe('a refresh that is sent by hand', () => {
  it('with an id that came before is acknowledged again, and retires nothing', async () => {
    const { server } = fixture
    server.changeLinking({ registration: 'classic' })
    const client = fixture.dialRefreshing()
    const first = await client.qr()
    expect(server.sendRefresh('*', { id: 'once' })).toBe(1)
    const second = await client.shows(first)
    server.changeLinking({ registration: 'classic', refuseScan: true })
    await expect(server.scanQr(second, { phone: fixture.newPhone() })).rejects.toThrow('refuseScan')
    server.changeLinking({ registration: 'classic' })
    server.sendRefresh('*', { id: 'once' })
    await server.waitFor(() => (lastRegistration()?.refreshesAcknowledged ?? 0) >= 2)
    expect(client.shown()).toBe(second)
    await server.scanQr(second, { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it.each([{ id: 'odd', child: null }, { id: 'odd', child: 'surprise' }, { id: null }, { id: null, child: null }])(
    'malformed, as with %j, is waited for by no scan',
    async (message) => {
      const { server } = fixture
      server.changeLinking({ registration: 'classic' })
      const client = fixture.dial(newDevice())
      const qr = await client.qr()
      expect(server.sendRefresh('*', message)).toBe(1)
      await server.scanQr(qr, { phone: fixture.newPhone() })
      expect(await client.closed()).toMatchObject({ code: 515 })
      expect(entries('refresh').map(({ detail }) => detail)).toMatchObject([message])
    },
  )

  it('between the scan and pair-success retires the code that was scanned', async () => {
    const { server } = fixture
    server.changeLinking({ registration: 'classic' })
    const client = fixture.dialRefreshing()
    const qr = await client.qr()
    server.on('log', ({ kind, connection }) => {
      if (kind === 'pair-success') server.sendRefresh(connection ?? 0)
    })
    await expect(server.scanQr(qr, { phone: fixture.newPhone() })).rejects.toThrow('This QR code was retired')
    server.removeAllListeners('log')
    expect(await client.closed()).toMatchObject({ message: 'Invalid account signature' })
  })

  it('before the client has its references comes before its first QR', async () => {
    const { server } = fixture
    server.changeLinking({ registration: 'classic' })
    server.on('log', ({ kind, connection }) => {
      if (kind === 'register') server.sendRefresh(connection ?? 0)
    })
    const client = fixture.dialRefreshing()
    await client.qr()
    server.removeAllListeners('log')
    await untilAcknowledged(1)
    await server.scanQr(client.shown() ?? '', { phone: fixture.newPhone() })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })

  it('reaches a linked device, which acknowledges it', async () => {
    const { server } = fixture
    const { device, deviceKey } = fixture.link()
    const client = fixture.dialRefreshing(device)
    await client.opened()
    const secret = device.state.creds.advSecretKey
    expect(server.sendRefresh(deviceKey)).toBe(1)
    await server.waitFor(() => (server.attempts(deviceKey)[0]?.refreshesAcknowledged ?? 0) > 0)
    expect(device.state.creds.advSecretKey).toBe(secret)
    expect(() => server.sendRefresh('491700000001:77')).toThrow('No device 491700000001:77 was ever linked')
    expect(server.sendRefresh(0)).toBe(0)
  })

  it('is nothing that a pairing code depends on', async () => {
    const { server } = fixture
    const phone = fixture.newPhone()
    const client = fixture.dial(newDevice())
    await client.qr()
    const code = await client.socket.requestPairingCode(phone)
    server.sendRefresh('*')
    await server.enterPairingCode(code, { phone })
    expect(await client.closed()).toMatchObject({ code: 515 })
  })
})

it('refuses refreshes that make no sense', () => {
  const { server } = fixture
  for (const refreshRegistration of [-1, 21, 1.5, { times: Number.NaN }, { everyMs: -1 }, { ignoredAfterMs: Infinity }]) {
    expect(() => server.changeLinking({ refreshRegistration })).toThrow(RangeError)
  }
  // @ts-expect-error: no such time
  expect(() => server.changeLinking({ refreshRegistration: { when: 'later' } })).toThrow(`refreshRegistration.when must be one of "after-qr"`)
  // @ts-expect-error: no such child
  expect(() => server.changeLinking({ refreshRegistration: { child: 'other' } })).toThrow(TypeError)
})
