import { describe, expect, it } from 'vitest'
import { newDevice } from './baileys-client.js'
import { ServerFixture } from './server-fixture.js'

const fixture = new ServerFixture()

describe('pairing by QR', () => {
  it('ends with 515; the client then opens, and opens again later, without a QR and without an error in its log', async () => {
    const { server } = fixture
    const device = newDevice()
    const first = fixture.dial(device)
    const linked = await server.scanQr(await first.qr(), { phone: fixture.newPhone() })
    expect(await first.closed()).toMatchObject({ code: 515 })
    expect(device.state.creds.me?.id).toBe(linked.jid)

    const second = await fixture.open(device)
    await second.until(() => second.updates.find(({ receivedPendingNotifications }) => receivedPendingNotifications), 'queue')
    await server.waitFor(() => server.device(linked.deviceKey).queued === 0)
    await second.end()
    const third = await fixture.open(device)
    expect([...second.updates, ...third.updates].filter(({ qr }) => qr !== undefined)).toEqual([])
    expect([...second.errors, ...third.errors]).toEqual([])
    expect(server.logins(linked.deviceKey)).toBe(2)
    expect(server.device(linked.deviceKey)).toMatchObject({ online: true, preKeys: 811 })
  })
})
