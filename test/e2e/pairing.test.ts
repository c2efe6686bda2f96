import { describe, expect, it, vi } from 'vitest'
import { MemorySessionStore } from '../../src/index.js'
import { openWorld, pause, referenceOf } from '../support/e2e.js'
import { FaultyStore } from '../support/faulty-store.js'

vi.setConfig({ maxConcurrency: 12 })

describe.concurrent('pairing by QR', () => {
  it('ends connected after exactly two dials, and a new manager restores it without a QR code', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const asked = Date.now()
    const snapshot = await manager.connect('shop', { metadata: { company: 7 } })
    const { qr = '', pairingExpiresAt } = snapshot
    expect(events.of('qr')[0]).toEqual({ sessionId: 'shop', qr, expiresAt: pairingExpiresAt })
    expect(snapshot).toMatchObject({ status: 'pairing', reason: null, isConnected: false, isLocal: true, owner: expect.any(String), metadata: { company: 7 } })
    expect(pairingExpiresAt?.getTime()).toBeGreaterThanOrEqual(asked + 60_000)
    // WhatsApp refreshes the registration: the same code with another secret, for as long.
    const { qr: refreshed } = await events.until(() => events.of('qr')[1], 'refreshed QR code')
    expect(refreshed).not.toBe(qr)
    expect(referenceOf(refreshed)).toBe(referenceOf(qr))
    expect(await manager.getStatus('shop')).toEqual({ ...snapshot, lastFrameAt: expect.any(Date), qr: refreshed })
    expect(await world.filesOf('shop')).toEqual({})

    const device = await world.scan(manager, 'shop')
    expect(events.of('qr')).toHaveLength(2)
    const socket = await manager.waitUntilConnected('shop')
    expect(socket).toBe(manager.getSocket('shop'))
    const connected = await manager.getStatus('shop')
    expect(connected).toMatchObject({ status: 'connected', isConnected: true, phoneNumber: device.phone })
    expect(connected).not.toHaveProperty('qr')
    expect(events.course('shop')).toEqual(['connecting starting', 'pairing', 'connecting restart_required', 'connected'])
    expect(
      events
        .of('status')
        .flatMap((status) => Object.keys(status))
        .filter((name) => name === 'qr' || name === 'pairingCode'),
    ).toEqual([])
    expect(events.of('connected')).toEqual([{ sessionId: 'shop', phoneNumber: device.phone, restored: false }])
    expect(events.of('disconnected')).toEqual([{ sessionId: 'shop', cause: 'restart_required', code: 515, willRetry: true, nextRetryAt: null }])
    expect(events.of('error')).toEqual([])
    expect(world.dials('shop').map(({ purpose, outcome }) => [purpose, outcome])).toEqual([
      ['registration', 'paired'],
      ['login', 'success'],
    ])
    await manager.close()

    const second = world.makeManager()
    expect(await second.getStatus('shop')).toMatchObject({ status: 'connecting', reason: 'restoring', message: 'Restoring connection from saved session...' })
    await second.waitUntilConnected('shop')
    expect(world.eventsOf(second).of('qr')).toEqual([])
    expect(world.eventsOf(second).of('connected')).toEqual([{ sessionId: 'shop', phoneNumber: device.phone, restored: true }])
    expect(world.dials('shop')).toHaveLength(3)
  })

  it('is one start for everybody who connects at once', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const snapshots = await Promise.all(Array.from({ length: 20 }, async () => manager.connect('shop')))
    expect(new Set(snapshots.map(({ qr }) => qr)).size).toBe(1)
    expect(world.dials('shop')).toHaveLength(1)
    expect(referenceOf((await manager.connect('shop')).qr ?? '')).toBe(referenceOf(snapshots[0]?.qr ?? ''))
    expect(world.dials('shop')).toHaveLength(1)
  })

  it('works with a QR code that took the place of the first', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore(), socketConfig: { qrTimeout: 400 } })
    const events = world.eventsOf(manager)
    const { qr: first = '' } = await manager.connect('shop')
    const { qr, expiresAt } = await events.next('qr', 'shop', (event) => referenceOf(event.qr) !== referenceOf(first))
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(400)
    expect(await manager.getStatus('shop')).toMatchObject({ qr, pairingExpiresAt: expiresAt })
    await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
  })

  it('of several sessions at once: each gets its own phone', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    const sessionIds = ['shop', 'bar', 'kiosk']
    const devices = await Promise.all(sessionIds.map(async (sessionId) => world.pair(manager, sessionId)))
    const statuses = await Promise.all(sessionIds.map(async (sessionId) => manager.getStatus(sessionId)))
    expect(statuses.map(({ phoneNumber }) => phoneNumber)).toEqual(devices.map(({ phone }) => phone))
  })
})

describe.concurrent('the restart after a pairing', () => {
  it('that races a slow write of the credentials: the second dial has them, and nothing is counted (invariant 5)', async () => {
    await using world = await openWorld()
    const store = new FaultyStore(new MemorySessionStore())
    store.writeDelayMs = 500
    const manager = world.makeManager({ store })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    const before = Date.now()
    const { deviceKey } = await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(world.dials('shop').map(({ purpose, outcome }) => [purpose, outcome])).toEqual([
      ['registration', 'paired'],
      ['login', 'success'],
    ])
    // The login did not overtake the write.
    expect((world.dials('shop')[1]?.acceptedAt ?? 0) - before).toBeGreaterThanOrEqual(500)
    expect(events.of('status').filter(({ attempt }) => attempt !== undefined)).toEqual([])
    expect(world.server.isOnline(deviceKey)).toBe(true)
    await manager.close()
    expect(await world.makeManager({ store }).restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('that never comes: dialled by the watchdog, without another QR code', { tags: 'full' }, async () => {
    await using world = await openWorld({ qrReferences: 100 })
    const manager = world.makeManager({ store: new MemorySessionStore(), connectTimeoutMs: 4000, socketConfig: { qrTimeout: 300 } })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    const lost = events.next('disconnected', 'shop')
    await world.scan(manager, 'shop', { restart: false })
    const shown = events.of('qr').length
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connecting', reason: 'restart_required' })
    expect(await lost).toMatchObject({ cause: 'restart_required', code: null, willRetry: true, nextRetryAt: null })
    await manager.waitUntilConnected('shop', { timeoutMs: 20_000 })
    // A busy machine may take longer than the watchdog allows for a login, too.
    const purposes = world.dials('shop').map(({ purpose }) => purpose)
    expect(purposes.filter((purpose) => purpose === 'registration')).toHaveLength(1)
    expect(purposes.slice(0, 2)).toEqual(['registration', 'login'])
    expect(events.of('qr')).toHaveLength(shown)
    expect(events.of('connected')).toMatchObject([{ restored: false }])
  })

  it('that never comes, until the QR codes are used up: dialled then', { tags: 'full' }, async () => {
    await using world = await openWorld({ qrReferences: 3 })
    const manager = world.makeManager({ store: new MemorySessionStore(), socketConfig: { qrTimeout: 200 } })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    await world.scan(manager, 'shop', { restart: false })
    await manager.waitUntilConnected('shop')
    expect(events.of('disconnected')).toMatchObject([{ cause: 'restart_required', code: 408, willRetry: true, nextRetryAt: null }])
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'login'])
    expect(events.course('shop')).toEqual(['connecting starting', 'pairing', 'connecting restart_required', 'connected'])
  })

  it('that comes as a lost connection instead: dialled after a back-off, and the pairing is kept', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    await world.scan(manager, 'shop', { restart: false })
    world.server.drop('*')
    await manager.waitUntilConnected('shop')
    expect(events.of('disconnected')).toMatchObject([{ cause: 'connection_closed', willRetry: true, nextRetryAt: expect.any(Date) }])
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'login'])
    expect(events.of('connected')).toMatchObject([{ restored: false }])
  })

  it('is followed by an outage: the pairing is stored, and connects once the server is back', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    const back = events.next('connected', 'shop')
    const exhausted = events.nextStatus('shop', 'reconnecting', 'retries_exhausted')
    await world.server.refuse(Infinity, { how: 'listen' })
    await world.scan(manager, 'shop')
    await exhausted
    await pause(300)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'retries_exhausted' })
    await world.server.accept()
    expect(await back).toMatchObject({ restored: false })
    expect(events.of('qr')).toHaveLength(2)
  })
})
