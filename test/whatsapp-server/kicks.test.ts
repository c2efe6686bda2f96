// @module-tag full
import { beforeAll, describe, expect, it } from 'vitest'
import type { Kick } from '../../src/testing/whatsapp-server/index.js'
import { ServerFixture, type PairedDevice } from './server-fixture.js'

const fixture = new ServerFixture()
let paired: PairedDevice
beforeAll(() => {
  paired = fixture.link()
})

const KICKS: [Kick | number, number][] = [
  [401, 401],
  [{ code: 401, conflict: null }, 401],
  [{ code: 401, via: 'failure' }, 401],
  [402, 402],
  [403, 403],
  [405, 405],
  [406, 406],
  [409, 409],
  [411, 411],
  [{ via: 'downgrade' }, 411],
  [{ code: 419, via: 'failure' }, 419],
  [{ code: 428, via: 'failure' }, 428],
  [{ code: 429, via: 'failure' }, 429],
  [440, 440],
  [{ code: 463, via: 'failure' }, 463],
  [500, 500],
  [{ code: 500, via: 'failure' }, 500],
  [{ via: 'failure', attributes: { reason: '' } }, 500],
  [503, 503],
  [{ code: 503, via: 'failure' }, 503],
  [515, 515],
  [516, 516],
  [{ via: 'xmlstreamend' }, 428],
]

describe('what a client reports of the way it was thrown out', () => {
  it.each(KICKS)('kick %j: %i', async (kick, code) => {
    const client = await fixture.open(paired.device)
    expect(fixture.server.kick(paired.deviceKey, kick)).toBe(1)
    expect(await client.closed()).toMatchObject({ code })
  })

  it.each([
    ['drop with FIN', () => fixture.server.drop(paired.deviceKey)],
    ['drop with RST', () => fixture.server.drop(paired.deviceKey, { reset: true })],
    ['close with 1000', () => fixture.server.closeClean(paired.deviceKey)],
    ['close with 1011', () => fixture.server.closeClean(paired.deviceKey, 1011)],
  ])('%s: 428', async (_name, fault) => {
    const client = await fixture.open(paired.device)
    expect(fault()).toBe(1)
    expect(await client.closed()).toMatchObject({ code: 428 })
  })

  it('a kick can leave the websocket open: the client hangs up', async () => {
    const client = await fixture.open(paired.device)
    fixture.server.kick(paired.deviceKey, { code: 503, closeAfterMs: null })
    expect(await client.closed()).toMatchObject({ code: 503 })
  })

  it('a kick of everybody reaches every device', async () => {
    const devices = [fixture.link(), fixture.link(), fixture.link()]
    const clients = await Promise.all(devices.map(async ({ device }) => fixture.open(device)))
    expect(fixture.server.kick('*', 503)).toBe(3)
    expect(await Promise.all(clients.map(async (client) => (await client.closed()).code))).toEqual([503, 503, 503])
  })

  it('a fault for a device that is not there reaches nobody; for one that never was, it is an error', () => {
    const { server } = fixture
    const absent = fixture.link()
    expect(server.kick(absent.deviceKey, 503)).toBe(0)
    expect(() => server.kick('491700000001:77', 503)).toThrow('No device 491700000001:77 was ever linked')
    expect(() => server.drop('somebody')).toThrow(TypeError)
    expect(() => server.kick(absent.deviceKey, 42)).toThrow(RangeError)
    expect(() => server.kick(absent.deviceKey, { closeAfterMs: -1 })).toThrow(RangeError)
  })
})

describe('the second login of a device', () => {
  it('replaces the first, which gets 440', async () => {
    const first = await fixture.open(paired.device)
    const second = await fixture.open(paired.device)
    expect(await first.closed()).toMatchObject({ code: 440 })
    expect(second.ending).toBeNull()
    expect(fixture.server.log.filter(({ kind }) => kind === 'replaced')).toHaveLength(1)
    expect(fixture.server.isOnline(paired.deviceKey)).toBe(true)
  })
})

describe('unlinking', () => {
  it('by the phone: 401 now, and at every later login', async () => {
    const { device, deviceKey } = fixture.link()
    const client = await fixture.open(device)
    fixture.server.removeDevice(deviceKey)
    expect(await client.closed()).toMatchObject({ code: 401 })
    expect(await fixture.dial(device).closed()).toMatchObject({ code: 401 })
    expect(fixture.server.attempts(deviceKey).map(({ reason }) => reason)).toEqual([null, 'device removed'])
    expect(fixture.server.devices()).not.toContain(deviceKey)
  })

  it('by the client: the server acknowledges and the device is gone', async () => {
    const { device, deviceKey } = fixture.link()
    const client = await fixture.open(device)
    const logout = fixture.server.waitFor('logout')
    await client.socket.logout()
    expect(await client.closed()).toMatchObject({ code: 401, message: 'Intentional Logout' })
    expect(await logout).toEqual({ deviceKey })
    // Baileys 6.7 tells of the close before it has come.
    await fixture.server.waitFor(() => !fixture.server.isOnline(deviceKey))
    expect(fixture.server.device(deviceKey)).toMatchObject({ removed: true, online: false })
    expect(await fixture.dial(device).closed()).toMatchObject({ code: 401 })
  })

  it('by the client, asked for as a query: a result, then 401', async () => {
    const { device, jid } = fixture.link()
    const client = await fixture.open(device)
    const answer = await client.socket.query(removalOf(jid), 5000)
    expect(answer).toMatchObject({ tag: 'iq', attrs: { type: 'result' } })
    expect(await client.closed()).toMatchObject({ code: 401 })
  })

  it('by the client, with the acknowledgement withheld: the device stays linked', async () => {
    const { device, deviceKey, jid } = fixture.link()
    fixture.server.muteLogout(deviceKey, true)
    const client = await fixture.open(device)
    await expect(client.socket.query(removalOf(jid), 200)).rejects.toThrow('Timed Out')
    expect(client.ending).toBeNull()
    expect(fixture.server.device(deviceKey)).toMatchObject({ removed: false, online: true })
  })

  it('leaves keys of another device out in the cold', async () => {
    const [one, other] = [fixture.link(), fixture.link()]
    const { noiseKey } = other.device.state.creds
    const stolen = { ...one.device, state: { ...one.device.state, creds: { ...one.device.state.creds, noiseKey } } }
    expect(await fixture.dial(stolen).closed()).toMatchObject({ code: 401 })
    expect(fixture.server.attempts(one.deviceKey)).toMatchObject([{ reason: 'noise key of another device' }])
  })
})

function removalOf(jid: string): { tag: string; attrs: Record<string, string>; content: { tag: string; attrs: Record<string, string> }[] } {
  const removal = { tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }
  return { tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'md' }, content: [removal] }
}
