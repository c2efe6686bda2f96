import { INITIAL_PREKEY_COUNT } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { BAILEYS_FEATURES } from '../support/baileys-features.js'
import { newDevice } from './baileys-client.js'
import { ServerFixture } from './server-fixture.js'

const fixture = new ServerFixture({ registration: 'classic' })

describe('pairing by QR', () => {
  it('ends with 515; the client then opens, and opens again later, without a QR and without an error in its log', async () => {
    const { server } = fixture
    const device = newDevice()
    const first = fixture.dial(device)
    const linked = await server.scanQr(await first.qr(), { phone: fixture.newPhone(), businessName: 'Loop Limited' })
    expect(await first.closed()).toMatchObject({ code: 515 })
    expect(device.state.creds.me).toMatchObject({ id: linked.jid, name: 'Loop Limited' })

    const second = await fixture.open(device)
    // Baileys 7 knows it since the pairing, 6.7 since this login.
    expect(device.state.creds.me?.lid).toBe(linked.lid)
    await second.until(() => second.updates.find(({ receivedPendingNotifications }) => receivedPendingNotifications), 'queue')
    await server.waitFor(() => server.device(linked.deviceKey).queued === 0)
    if (await BAILEYS_FEATURES.fetchesHistory.detect()) await second.until(() => (device.state.creds.accountSyncCounter === 1 ? true : null), 'history sync')
    await second.end()
    const third = await fixture.open(device)
    expect([...second.updates, ...third.updates].filter(({ qr }) => qr !== undefined)).toEqual([])
    expect([...second.errors, ...third.errors]).toEqual([])
    expect(server.logins(linked.deviceKey)).toBe(2)
    expect(server.device(linked.deviceKey)).toMatchObject({ online: true, removed: false, jid: linked.jid, preKeys: INITIAL_PREKEY_COUNT - 1 })
    expect(server.log.filter(({ kind, deviceKey }) => kind === 'login' && deviceKey === linked.deviceKey).map(({ detail }) => detail['routingInfo'])).toEqual([
      null,
      `edge-${linked.phone}`,
    ])
  })

  it('tells listeners of the QR, the pairing and the login', async () => {
    const { server } = fixture
    const device = newDevice()
    const phone = fixture.newPhone()
    const [qr, paired] = [server.waitFor('qr'), server.waitFor('paired')]
    const client = fixture.dial(device, {}, `${server.url}?client=shop`)
    expect(await qr).toMatchObject({ label: 'shop', references: 6 })
    const linked = await server.scanQr(await client.qr(), { phone })
    expect(await paired).toEqual(linked)
    expect(linked).toMatchObject({ deviceKey: `${phone}:1`, phone, number: 1 })
    await client.closed()
    const login = server.waitFor('login')
    await fixture.open(device)
    expect(await login).toMatchObject({ deviceKey: linked.deviceKey })
    expect(server.registrations().at(-1)).toMatchObject({ label: 'shop', outcome: 'paired', deviceKey: linked.deviceKey })
  })

  it('can leave out the 515: the QR codes go on until none is left, and the saved credentials log in all the same', async () => {
    const device = newDevice()
    const client = fixture.dial(device, { qrTimeout: 100 })
    const { deviceKey } = await fixture.server.scanQr(await client.qr(), { phone: fixture.newPhone(), restart: false })
    expect(await client.closed()).toMatchObject({ code: 408 })
    await fixture.open(device)
    expect(fixture.server.logins(deviceKey)).toBe(1)
  })

  it('can send the 515 late', async () => {
    const client = fixture.dial(newDevice())
    await fixture.server.scanQr(await client.qr(), { phone: fixture.newPhone(), restartDelayMs: 300 })
    const paired = Date.now()
    expect(await client.closed()).toMatchObject({ code: 515 })
    expect(Date.now() - paired).toBeGreaterThan(250)
  })

  it('refuses a QR that has expired, that is none, and a phone that is no number', async () => {
    const { server } = fixture
    const client = fixture.dial(newDevice())
    const qr = await client.qr()
    await expect(server.scanQr(qr, { phone: '+49 170 1' })).rejects.toThrow(TypeError)
    await expect(server.scanQr('hello', { phone: '491700000001' })).rejects.toThrow('qr must be the text of a QR code')
    const [reference, , ...rest] = qr.split(',')
    await expect(server.scanQr([reference, 'AAAA', ...rest].join(','), { phone: fixture.newPhone() })).rejects.toThrow(
      'do not match those that its client registered',
    )
    await client.end()
    await server.waitFor(() => server.registrations().at(-1)?.outcome === 'gone')
    await expect(server.scanQr(qr, { phone: fixture.newPhone() })).rejects.toThrow('The QR code has expired')
  })
})

describe('pairing by code', () => {
  it('refuses a wrong code, accepts the right one, and the client opens after the 515', async () => {
    const { server } = fixture
    const device = newDevice()
    const phone = fixture.newPhone()
    await expect(server.enterPairingCode('ABCD1234', { phone })).rejects.toThrow(`No client is waiting for a pairing code for phone ${phone}`)
    const client = fixture.dial(device)
    await client.qr()
    const asked = server.waitFor('pairing-code')
    const code = await client.socket.requestPairingCode(phone)
    expect(await asked).toMatchObject({ phone })
    await expect(server.enterPairingCode('ZZZZZZZZ', { phone })).rejects.toThrow('The pairing code is wrong')
    const { deviceKey } = await server.enterPairingCode(code, { phone })
    expect(await client.closed()).toMatchObject({ code: 515 })
    expect(device.state.creds.registered).toBe(true)
    await fixture.open(device)
    expect(server.logins(deviceKey)).toBe(1)
  })

  it('leaves credentials half paired when nobody enters the code: they log in after a restart and get 401', async () => {
    const device = newDevice()
    const phone = fixture.newPhone()
    const client = fixture.dial(device)
    await client.qr()
    await client.socket.requestPairingCode(phone)
    await client.end()
    const again = fixture.dial(device)
    expect(await again.closed()).toMatchObject({ code: 401 })
    expect(again.updates.filter(({ qr }) => qr !== undefined)).toEqual([])
    expect(fixture.server.attempts(`${phone}:0`)).toMatchObject([{ outcome: 'failed', reason: 'unknown device' }])
  })
})
