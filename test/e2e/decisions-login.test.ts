// @module-tag full
import { describe, expect, it, vi } from 'vitest'
import type { DisconnectCause, SessionSnapshot, StatusReason } from '../../src/index.js'
import type { Kick } from '../../src/testing/whatsapp-server/index.js'
import { openWorld, pause } from '../support/e2e.js'

vi.setConfig({ maxConcurrency: 10 })

const BACK_OFF: [Kick, DisconnectCause, number][] = [
  [{ code: 503, via: 'failure' }, 'server_unavailable', 503],
  [{ code: 503 }, 'server_unavailable', 503],
  [{ code: 500, via: 'failure' }, 'server_unavailable', 500],
  [{ code: 408, via: 'failure' }, 'connection_lost', 408],
  [{ via: 'xmlstreamend' }, 'connection_closed', 428],
  [{ code: 409 }, 'unknown', 409],
  [{ code: 418, via: 'failure' }, 'unknown', 418],
  [{ code: 516 }, 'unknown', 516],
]

describe.concurrent('logins that fail for a while', () => {
  it.each(BACK_OFF)('%j, three times: restored by the fourth dial, after 100, 200 and 400 ms', { tags: 'full' }, async (how, cause, code) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.link('shop')
    const files = await world.filesOf('shop')
    const waiting = events.nextStatus('shop', 'reconnecting')
    world.server.failLogins(deviceKey, 3, how)
    const restoring = manager.restoreSession('shop')
    expect(await waiting).toMatchObject({ previous: 'connecting', reason: 'connection_lost', attempt: 1, lastDisconnect: { code, cause } })
    expect(await world.filesOf('shop')).toEqual(files)
    expect(await restoring).toMatchObject({ outcome: 'restored', reason: null })

    expect(world.dials('shop').map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'success'])
    const lost = events.of('disconnected')
    expect(lost.map(({ nextRetryAt: _, ...rest }) => rest)).toEqual(Array.from({ length: 3 }, () => ({ sessionId: 'shop', cause, code, willRetry: true })))
    for (const [index, delayMs] of [100, 200, 400].entries()) {
      expect(world.gaps('shop')[index]).toBeGreaterThanOrEqual(delayMs)
      expect(world.gaps('shop')[index]).toBeLessThan(delayMs + 5000)
    }
    expect(
      events
        .of('status')
        .filter(({ status }) => status === 'reconnecting')
        .map(({ attempt }) => attempt),
    ).toEqual([1, 2, 3])
  })
})

interface Stop {
  how: Kick
  cause: DisconnectCause
  status: SessionSnapshot['status']
  reason: StatusReason
  isRemembered: boolean
}

const STOPS: Stop[] = [
  { how: { code: 401, via: 'failure' }, cause: 'logged_out', status: 'logged_out', reason: 'logged_out', isRemembered: true },
  { how: { code: 401 }, cause: 'logged_out', status: 'logged_out', reason: 'logged_out', isRemembered: true },
  { how: { code: 402 }, cause: 'restricted', status: 'failed', reason: 'restricted', isRemembered: true },
  { how: { code: 403 }, cause: 'restricted', status: 'failed', reason: 'restricted', isRemembered: true },
  { how: { code: 406 }, cause: 'restricted', status: 'failed', reason: 'restricted', isRemembered: true },
  { how: { code: 411 }, cause: 'multi_device_mismatch', status: 'failed', reason: 'multi_device_mismatch', isRemembered: false },
]

describe.concurrent('logins that are refused for good', () => {
  it.each(STOPS)('$how: one dial, $status', async ({ how, cause, status, reason, isRemembered }) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.link('shop')
    const files = await world.filesOf('shop')
    world.server.failLogins(deviceKey, 1, how)
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason })
    expect(world.eventsOf(manager).of('disconnected')).toEqual([{ sessionId: 'shop', cause, code: how.code, willRetry: false, nextRetryAt: null }])
    expect(world.eventsOf(manager).of('logged-out')).toHaveLength(cause === 'logged_out' ? 1 : 0)
    await pause(600)
    expect(await manager.getStatus('shop')).toMatchObject({ status, reason })
    expect(world.dials('shop')).toHaveLength(1)
    await manager.close()

    const second = world.makeManager()
    expect(await second.getStatus('shop', { restore: false })).toMatchObject(
      isRemembered ? { status, reason } : { status: 'disconnected', reason: 'not_running' },
    )
    const again = await second.restoreAll()
    expect(isRemembered ? again.restored : again.failed).toEqual([])
    expect(world.dials('shop')).toHaveLength(isRemembered ? 1 : 2)
    if (isRemembered) expect(await world.filesOf('shop')).toEqual(files)
  })

  it('a device that was removed while nobody ran it: logged out at the login, kept, and a fresh pairing replaces it', async () => {
    await using world = await openWorld()
    const { deviceKey } = await world.link('shop')
    const files = await world.filesOf('shop')
    const identity = await world.identityOf('shop')
    world.server.removeDevice(deviceKey)
    const manager = world.makeManager()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'logged_out' })
    expect(world.dials('shop')).toHaveLength(1)
    expect(await world.filesOf('shop')).toEqual(files)

    const { status } = await manager.connect('shop')
    expect(status).toBe('pairing')
    expect(await world.filesOf('shop')).toEqual(files)
    await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(await world.identityOf('shop')).not.toEqual(identity)
    await manager.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})
