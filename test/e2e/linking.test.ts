import { describe, expect, it, vi } from 'vitest'
import { MemorySessionStore, type SessionManager, type SessionManagerOptions } from '../../src/index.js'
import { openWorld, referenceOf, type World } from '../support/e2e.js'
import { SessionProcess } from '../support/children/session-process.js'

vi.setConfig({ maxConcurrency: 6 })

const VERSION = [2, 3000, 1035194821] as const
const BROWSER = ['Mac OS', 'Chrome', '14.4.1'] as const

/** A manager with nothing on a disk, whose client is known by version and name. */
function makeManager(world: World, options: Partial<SessionManagerOptions> = {}): SessionManager {
  return world.makeManager({ store: new MemorySessionStore(), socketConfig: { version: [...VERSION], browser: [...BROWSER] }, ...options })
}

/** Connects, and waits until the registration of the session was refreshed so many times. */
async function showRefreshed(world: World, manager: SessionManager, times: number): Promise<string[]> {
  await manager.connect('shop')
  const events = world.eventsOf(manager)
  await events.until(() => events.of('qr', 'shop')[times], `${times} refreshed QR codes`)
  return events.of('qr', 'shop').map(({ qr }) => qr)
}

describe.concurrent('a registration that WhatsApp refreshes', () => {
  it.each([0, 1, 2, 5])('%i times: the code that is shown then links, is stored and restored', async (times) => {
    await using world = await openWorld({ refreshRegistration: times })
    const manager = world.makeManager()
    const qrs = await showRefreshed(world, manager, times)
    expect(new Set(qrs).size).toBe(times + 1)
    expect(new Set(qrs.map(referenceOf)).size).toBe(1)
    const { phone } = await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(world.server.registrations()).toMatchObject([{ refreshesSent: times, refreshesAcknowledged: times }])
    expect(world.eventsOf(manager).of('error')).toEqual([])
    await manager.close()
    const next = world.makeManager()
    expect(await next.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(await next.getStatus('shop')).toMatchObject({ phoneNumber: phone })
  })

  it.each(['companion_reg_refresh', 'pair-device-rotate-qr'] as const)(
    'with a <%s>, before the first QR code: every code links',
    { tags: 'full' },
    async (child) => {
      await using world = await openWorld({ refreshRegistration: { times: 2, when: 'before-qr', child } })
      const manager = makeManager(world)
      await world.pair(manager, 'shop')
      expect(world.eventsOf(manager).of('qr')).toHaveLength(1)
      expect(world.server.registrations()).toMatchObject([{ refreshesAcknowledged: 2 }])
    },
  )

  it('the phone scans the retired code, which links nobody, and then the one that is shown', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = makeManager(world)
    const [old = '', now = ''] = await showRefreshed(world, manager, 1)
    await expect(world.server.scanQr(old, { phone: world.newPhone() })).rejects.toThrow(/retired/u)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'pairing', qr: now })
    await world.server.scanQr(now, { phone: world.newPhone() })
    await manager.waitUntilConnected('shop')
    expect(world.server.registrations()).toHaveLength(1)
  })

  it('after the scan: that scan links nobody, the next one does', async () => {
    await using world = await openWorld({ refreshRegistration: { when: 'after-scan' } })
    const manager = makeManager(world)
    const { qr = '' } = await manager.connect('shop')
    await expect(world.server.scanQr(qr, { phone: world.newPhone() })).rejects.toThrow(/retired/u)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'pairing' })
    await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
  })

  it('while the QR code changes: later codes of the socket have the new secret, too', { tags: 'full' }, async () => {
    await using world = await openWorld({ qrReferences: 100, refreshRegistration: { times: 3, everyMs: 300 } })
    const manager = makeManager(world, { socketConfig: { qrTimeout: 200 } })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    await events.until(() => (new Set(events.of('qr').map(({ qr }) => referenceOf(qr))).size >= 3 ? true : undefined), 'third reference')
    await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(world.server.registrations()).toHaveLength(1)
  })

  it('of a linked session changes nothing, and is acknowledged', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = makeManager(world)
    const { deviceKey } = await world.pair(manager, 'shop')
    const secret = manager.getSocket('shop')?.authState.creds.advSecretKey
    const shown = world.eventsOf(manager).of('qr').length
    expect(world.server.sendRefresh(deviceKey)).toBe(1)
    await world.server.waitFor(() => world.server.attempts(deviceKey).at(-1)?.refreshesAcknowledged === 1)
    expect(manager.getSocket('shop')?.authState.creds.advSecretKey).toBe(secret)
    expect(world.eventsOf(manager).of('qr')).toHaveLength(shown)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected' })
  })

  it('during a pairing by code, before and after the phone has the code: the code links', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = makeManager(world)
    const phone = world.newPhone()
    await showRefreshed(world, manager, 1)
    const code = await manager.requestPairingCode('shop', phone)
    const refreshed = world.eventsOf(manager).next('qr', 'shop')
    world.server.sendRefresh('*')
    await refreshed
    await world.server.enterPairingCode(code, { phone })
    await manager.waitUntilConnected('shop')
    expect(await manager.getStatus('shop')).toMatchObject({ phoneNumber: phone })
  })

  it.each([
    ['before', false],
    ['after', true],
  ])('SIGKILL %s the refresh: nothing was stored, a new code comes, and links', { tags: 'full' }, async (_when, isAfter) => {
    await using world = await openWorld({ refreshRegistration: { everyMs: isAfter ? 20 : 60_000 } })
    const first = await SessionProcess.start(world)
    await first.call('connect', 'shop')
    if (isAfter) await world.server.waitFor(() => world.server.registrations()[0]?.refreshesAcknowledged === 1)
    await first.kill()
    expect(await world.filesOf('shop')).toEqual({})
    world.server.changeLinking({ refreshRegistration: 1 })
    const manager = world.makeManager()
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
    await world.pair(manager, 'shop')
  })

  it('SIGKILL after the scan: restored without a code', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const first = await SessionProcess.start(world)
    await first.call('connect', 'shop')
    await world.server.scanQr(() => first.shownQr('shop'), { phone: world.newPhone() })
    await first.connected('shop')
    await first.kill()
    const manager = world.makeManager()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(world.eventsOf(manager).of('qr')).toEqual([])
  })
})

describe.concurrent('a link that comes to nothing', () => {
  it('because nobody scanned', { tags: 'full' }, async () => {
    await using world = await openWorld({ qrReferences: 1 })
    const manager = makeManager(world, { socketConfig: { qrTimeout: 200 } })
    const ended = world.eventsOf(manager).nextStatus('shop', 'disconnected')
    await manager.connect('shop')
    expect(await ended).toMatchObject({ reason: 'pairing_expired', message: expect.stringContaining("Couldn't link device") })
  })

  it.each([
    ['iq-error', 'pairing_refused'],
    ['silence', 'pairing_expired'],
  ] as const)('after a scan of which the client gets to know %s: %s', { tags: 'full' }, async (refuseScan, reason) => {
    await using world = await openWorld({ refuseScan, qrReferences: 1 })
    const manager = makeManager(world, { socketConfig: { qrTimeout: 4000 } })
    const ended = world.eventsOf(manager).nextStatus('shop', 'disconnected')
    await showRefreshed(world, manager, 1)
    await expect(world.scan(manager, 'shop')).rejects.toThrow()
    expect(await ended).toMatchObject({ reason })
  })

  it.each([
    ['a pairing that does not verify', 'wrong-secret'],
    ['a 401 before it was paired', { code: 401, via: 'failure' }],
  ] as const)('because WhatsApp refused, with %s: says so, and the next attempt links', async (_what, refuseScan) => {
    await using world = await openWorld({ refuseScan })
    const manager = makeManager(world)
    const ended = world.eventsOf(manager).nextStatus('shop', 'disconnected')
    await showRefreshed(world, manager, 1)
    await expect(world.scan(manager, 'shop')).rejects.toThrow()
    expect(await ended).toMatchObject({ reason: 'pairing_refused', message: expect.stringContaining('version 2.3000.1035194821 as Chrome (Mac OS)') })
    world.server.changeLinking({ refuseScan: false })
    await world.pair(manager, 'shop')
  })

  it('because WhatsApp asks for a passkey: says so at once, stays pairing, and keeps saying so when time is up', async () => {
    await using world = await openWorld({ requirePasskey: true, qrReferences: 1 })
    const manager = makeManager(world, { socketConfig: { qrTimeout: 4000 } })
    const events = world.eventsOf(manager)
    await showRefreshed(world, manager, 1)
    const asked = events.nextStatus('shop', 'pairing', 'passkey_required')
    const ended = events.nextStatus('shop', 'disconnected')
    await expect(world.scan(manager, 'shop')).rejects.toThrow()
    expect(await asked).toMatchObject({ message: expect.stringContaining('passkey') })
    await world.server.waitFor(() => world.server.registrations()[0]?.passkey === 'acknowledged')
    expect(await ended).toMatchObject({ reason: 'passkey_required' })
    expect(events.of('error')).toEqual([])
  })

  it('because the client is too old, before the QR code: asks for a version once more, then says which one was refused', { tags: 'full' }, async () => {
    await using world = await openWorld({ requireVersion: [2, 3000, 1047506285] })
    const manager = makeManager(world)
    const ended = world.eventsOf(manager).nextStatus('shop', 'disconnected')
    await manager.connect('shop')
    expect(await ended).toMatchObject({ reason: 'client_outdated', message: expect.stringContaining('version 2.3000.1035194821 of WhatsApp Web') })
    expect(world.server.registrations()).toHaveLength(2)
  })

  it('because WhatsApp closes every registration before a QR code, and not because it cannot be reached', { tags: 'full' }, async () => {
    await using world = await openWorld({ closeRegistrations: true })
    const manager = makeManager(world)
    const ended = world.eventsOf(manager).nextStatus('shop', 'disconnected')
    await manager.connect('shop')
    expect(await ended).toMatchObject({ reason: 'registration_closed', lastDisconnect: { code: 428, cause: 'registration_closed' } })
    expect(world.server.registrations()).toHaveLength(4)
    world.server.changeLinking({ closeRegistrations: false })
    await world.server.refuse(Infinity, { how: 'listen' })
    const unreachable = world.eventsOf(manager).nextStatus('shop', 'disconnected')
    await manager.connect('shop')
    expect(await unreachable).toMatchObject({ reason: 'retries_exhausted' })
  })
})

describe.concurrent('a pairing code', () => {
  it.each([
    [400, '400 bad-request'],
    [429, '429 rate-overlimit'],
  ] as const)('that WhatsApp refuses with %i is told, and can be asked for again', async (refusePairingCodes, said) => {
    await using world = await openWorld({ refusePairingCodes })
    const manager = makeManager(world)
    const phone = world.newPhone()
    await expect(manager.requestPairingCode('shop', phone)).rejects.toMatchObject({ code: 'PAIRING_CODE_REFUSED', message: expect.stringContaining(said) })
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'pairing' })
    world.server.changeLinking({ refusePairingCodes: false })
    const code = await manager.requestPairingCode('shop', phone)
    await world.server.enterPairingCode(code, { phone })
    await manager.waitUntilConnected('shop')
  })

  it('may be followed by another one, also for another number', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = makeManager(world)
    const [first, second] = [world.newPhone(), world.newPhone()]
    const old = await manager.requestPairingCode('shop', first)
    const code = await manager.requestPairingCode('shop', second)
    expect(await manager.getStatus('shop')).toMatchObject({ pairingCode: code, pairingPhoneNumber: second })
    expect(code).not.toBe(old)
    await world.server.enterPairingCode(code, { phone: second })
    await manager.waitUntilConnected('shop')
    expect(await manager.getStatus('shop')).toMatchObject({ phoneNumber: second })
  })
})
