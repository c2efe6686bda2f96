import { describe, expect, it } from 'vitest'
import { openWorld } from '../support/e2e.js'

describe.concurrent('pairing by QR', () => {
  it('ends connected after exactly two dials, and a new manager restores it without a QR code', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const device = await world.pair(manager, 'shop')
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected', phoneNumber: device.phone })
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'login'])
    await manager.close()
    const second = world.makeManager()
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(world.eventsOf(second).of('qr')).toEqual([])
  })
})
