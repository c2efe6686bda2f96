import { describe, expect, it, vi } from 'vitest'
import { MemorySessionStore } from '../../src/index.js'
import { openWorld } from '../support/e2e.js'

vi.setConfig({ maxConcurrency: 12 })

describe.concurrent('pairing by code', () => {
  it('ends connected after exactly two dials', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const phone = world.newPhone()
    const code = await manager.requestPairingCode('shop', phone)
    expect(code).toMatch(/^[A-Z0-9]{8}$/)
    expect(events.of('pairing-code')).toEqual([{ sessionId: 'shop', code, phoneNumber: phone, expiresAt: expect.any(Date) }])
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'pairing', pairingCode: code, pairingExpiresAt: events.of('pairing-code')[0]?.expiresAt })
    expect(await world.filesOf('shop')).toEqual({})
    await world.server.enterPairingCode(code, { phone })
    await manager.waitUntilConnected('shop')
    const status = await manager.getStatus('shop')
    expect(status).toMatchObject({ status: 'connected', phoneNumber: phone })
    expect(status).not.toHaveProperty('pairingCode')
    expect(world.dials('shop').map(({ purpose, outcome }) => [purpose, outcome])).toEqual([
      ['registration', 'paired'],
      ['login', 'success'],
    ])
    expect(events.of('connected')).toEqual([{ sessionId: 'shop', phoneNumber: phone, restored: false }])
    await manager.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('survives a wrong code; the right one still works', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    const phone = world.newPhone()
    const code = await manager.requestPairingCode('shop', phone)
    await expect(world.server.enterPairingCode('ZZZZZZZZ', { phone })).rejects.toThrow('The pairing code is wrong')
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'pairing', pairingCode: code })
    await world.server.enterPairingCode(code, { phone })
    await manager.waitUntilConnected('shop')
  })

  it('may be asked for while a QR code is shown, written as people write numbers, and again: one code for everybody', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    await manager.connect('shop')
    const phone = world.newPhone()
    const written = `+${phone.slice(0, 2)} (${phone.slice(2, 5)}) ${phone.slice(5, 8)}-${phone.slice(8)}`
    const codes = await Promise.all([manager.requestPairingCode('shop', written), manager.requestPairingCode('shop', phone)])
    expect(codes[0]).toBe(codes[1])
    expect(await manager.requestPairingCode('shop', phone)).toBe(codes[0])
    expect(world.eventsOf(manager).of('pairing-code')).toHaveLength(1)
    expect(world.dials('shop')).toHaveLength(1)
    await world.server.enterPairingCode(codes[0], { phone })
    await manager.waitUntilConnected('shop')
  })

  it('that nobody enters can be given up for the QR code', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    await manager.connect('shop')
    await manager.requestPairingCode('shop', world.newPhone())
    const { phone } = await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(await manager.getStatus('shop')).toMatchObject({ phoneNumber: phone })
  })

  it.each(['not a number', '49abc1234567', '', '12345', '0049170000001', '1'.repeat(16), '491700000001x'])(
    'refuses %j as a phone number, and starts nothing',
    async (phoneNumber) => {
      await using world = await openWorld()
      const manager = world.makeManager()
      await expect(manager.requestPairingCode('shop', phoneNumber)).rejects.toThrow(TypeError)
      await expect(manager.requestPairingCode('shop', phoneNumber)).rejects.toThrow('A phone number must be in international form')
      expect(world.eventsOf(manager).entries).toEqual([])
      expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
      expect(world.server.attempts()).toEqual([])
    },
  )

  it('is refused for a session that is linked: connected, on its way, or stopped', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const phone = world.newPhone()
    await world.linkAndRestore(manager, 'connected')
    await expect(manager.requestPairingCode('connected', phone)).rejects.toMatchObject({ code: 'ALREADY_PAIRED', sessionId: 'connected' })

    const { deviceKey } = await world.link('reconnecting')
    world.server.failLogins(deviceKey, 100)
    const waiting = world.eventsOf(manager).nextStatus('reconnecting', 'reconnecting')
    manager.restoreSession('reconnecting').catch(() => undefined)
    await waiting
    await expect(manager.requestPairingCode('reconnecting', phone)).rejects.toMatchObject({ code: 'ALREADY_PAIRED' })

    await world.link('resting')
    await expect(manager.requestPairingCode('resting', phone)).rejects.toMatchObject({ code: 'ALREADY_PAIRED' })
    expect(world.eventsOf(manager).of('pairing-code')).toEqual([])
    expect(world.server.registrations()).toEqual([])
  })

  it('of a session that was logged out replaces the old credentials once it has succeeded', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const loggedOut = world.eventsOf(manager).next('logged-out', 'shop')
    world.server.removeDevice(deviceKey)
    await loggedOut
    const phone = world.newPhone()
    const code = await manager.requestPairingCode('shop', phone)
    expect(await world.filesOf('shop')).toEqual(files)
    await world.server.enterPairingCode(code, { phone })
    await manager.waitUntilConnected('shop')
    expect(await manager.getStatus('shop')).toMatchObject({ phoneNumber: phone })
  })
})
