import { describe, expect, it, vi } from 'vitest'
import { MemoryConnectionRepository, type DisconnectCause, type SessionSnapshot, type StatusReason } from '../../src/index.js'
import type { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { openWorld, pause } from '../support/e2e.js'
import { FaultyStore } from '../support/faulty-store.js'

vi.setConfig({ maxConcurrency: 10 })

type Strike = (server: WhatsAppServer, deviceKey: string) => unknown

const kick =
  (...[how]: [Parameters<WhatsAppServer['kick']>[1]]): Strike =>
  (server, deviceKey) =>
    server.kick(deviceKey, how)

const BACK_OFF: [string, Strike, DisconnectCause, number][] = [
  ['428 failure', kick({ code: 428, via: 'failure' }), 'connection_closed', 428],
  ['xmlstreamend', kick({ via: 'xmlstreamend' }), 'connection_closed', 428],
  ['TCP ended with FIN', (server, deviceKey) => server.drop(deviceKey), 'connection_closed', 428],
  ['TCP ended with RST', (server, deviceKey) => server.drop(deviceKey, { reset: true }), 'connection_closed', 428],
  ['websocket closed with 1000', (server, deviceKey) => server.closeClean(deviceKey), 'connection_closed', 428],
  ['websocket closed with 1011', (server, deviceKey) => server.closeClean(deviceKey, 1011), 'connection_closed', 428],
  ['408 failure', kick({ code: 408, via: 'failure' }), 'connection_lost', 408],
  ['500 stream error', kick(500), 'server_unavailable', 500],
  ['500 failure', kick({ code: 500, via: 'failure' }), 'server_unavailable', 500],
  ['failure without a reason', kick({ via: 'failure', attributes: { reason: '' } }), 'server_unavailable', 500],
  ['503 stream error', kick(503), 'server_unavailable', 503],
  ['503 failure', kick({ code: 503, via: 'failure' }), 'server_unavailable', 503],
  ['409', kick(409), 'unknown', 409],
  ['418', kick({ code: 418, via: 'failure' }), 'unknown', 418],
  ['419', kick({ code: 419, via: 'failure' }), 'unknown', 419],
  ['463', kick({ code: 463, via: 'failure' }), 'unknown', 463],
  ['516', kick(516), 'unknown', 516],
]

describe.concurrent('a connected session that is thrown out for a while', () => {
  it.each(BACK_OFF)('%s: backs off once, dials again, and keeps its credentials', async (_name, strike, cause, code) => {
    await using world = await openWorld()
    const repository = new MemoryConnectionRepository()
    const manager = world.makeManager({ repository })
    const events = world.eventsOf(manager)
    const { deviceKey, phone } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const identity = await world.identityOf('shop')

    const lost = events.next('disconnected', 'shop')
    const waiting = events.nextStatus('shop', 'reconnecting')
    const back = events.next('connected', 'shop')
    await strike(world.server, deviceKey)
    const { nextRetryAt, ...rest } = await lost
    expect(rest).toEqual({ sessionId: 'shop', cause, code, willRetry: true })
    expect(await waiting).toMatchObject({
      previous: 'connected',
      reason: 'connection_lost',
      isConnected: false,
      attempt: 1,
      nextRetryAt,
      lastDisconnect: { code, cause },
    })
    expect(await world.filesOf('shop')).toEqual(files)
    expect(await repository.find('shop')).toMatchObject({ phoneNumber: phone, lastDisconnect: { code, cause } })

    expect(await back).toEqual({ sessionId: 'shop', phoneNumber: phone, restored: true })
    expect(world.dials('shop').map(({ outcome }) => outcome)).toEqual(['success', 'success'])
    const late = (world.dials('shop')[1]?.acceptedAt ?? 0) - (nextRetryAt?.getTime() ?? 0)
    expect(late).toBeGreaterThanOrEqual(-1)
    expect(late).toBeLessThan(5000)
    expect(await world.identityOf('shop')).toEqual(identity)
    expect(events.of('disconnected')).toHaveLength(1)
    expect(events.of('error')).toEqual([])
    expect(manager.getSocket('shop')?.user?.id).toContain(phone)
    await vi.waitFor(async () => {
      expect(await repository.find('shop')).toMatchObject({ status: 'connected', reason: null })
    })
  })
})

interface Stop {
  name: string
  strike: Strike
  cause: DisconnectCause
  code: number
  status: SessionSnapshot['status']
  reason: StatusReason
  /** Whether a new manager still knows. */
  isRemembered: boolean
}

const STOPS: Stop[] = [
  {
    name: 'device removed at the phone',
    strike: (server, deviceKey) => {
      server.removeDevice(deviceKey)
    },
    cause: 'logged_out',
    code: 401,
    status: 'logged_out',
    reason: 'logged_out',
    isRemembered: true,
  },
  {
    name: '401 stream error without a conflict',
    strike: kick({ code: 401, conflict: null }),
    cause: 'logged_out',
    code: 401,
    status: 'logged_out',
    reason: 'logged_out',
    isRemembered: true,
  },
  {
    name: '401 failure',
    strike: kick({ code: 401, via: 'failure' }),
    cause: 'logged_out',
    code: 401,
    status: 'logged_out',
    reason: 'logged_out',
    isRemembered: true,
  },
  { name: '402', strike: kick(402), cause: 'restricted', code: 402, status: 'failed', reason: 'restricted', isRemembered: true },
  { name: '403', strike: kick(403), cause: 'restricted', code: 403, status: 'failed', reason: 'restricted', isRemembered: true },
  { name: '406', strike: kick(406), cause: 'restricted', code: 406, status: 'failed', reason: 'restricted', isRemembered: true },
  { name: '411', strike: kick(411), cause: 'multi_device_mismatch', code: 411, status: 'failed', reason: 'multi_device_mismatch', isRemembered: false },
  {
    name: 'downgrade',
    strike: kick({ via: 'downgrade' }),
    cause: 'multi_device_mismatch',
    code: 411,
    status: 'failed',
    reason: 'multi_device_mismatch',
    isRemembered: false,
  },
]

describe.concurrent('a connected session that is thrown out for good', () => {
  it.each(STOPS)('$name: $status, and nothing dials again', { tags: 'full' }, async ({ strike, cause, code, status, reason, isRemembered }) => {
    await using world = await openWorld()
    const repository = new MemoryConnectionRepository()
    const manager = world.makeManager({ repository })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const lost = events.next('disconnected', 'shop')
    const ended = events.nextStatus('shop', status, reason)
    await strike(world.server, deviceKey)
    expect(await lost).toEqual({ sessionId: 'shop', cause, code, willRetry: false, nextRetryAt: null })
    expect(await ended).toMatchObject({ previous: 'connected', isConnected: false, owner: null, lastDisconnect: { code, cause } })
    expect(events.of('logged-out')).toEqual(cause === 'logged_out' ? [{ sessionId: 'shop', cause: 'logged_out' }] : [])

    expect(await manager.getStatus('shop')).toMatchObject({ status, reason })
    await expect(manager.waitUntilConnected('shop')).rejects.toMatchObject({ code: cause === 'logged_out' ? 'LOGGED_OUT' : 'CONNECT_FAILED' })
    await pause(700)
    expect(world.dials('shop')).toHaveLength(1)
    expect(world.server.openConnections).toBe(0)
    expect(await world.filesOf('shop')).toEqual(files)
    await manager.close()
    expect(await world.filesOf('shop')).toEqual(files)
    expect(await repository.find('shop')).toMatchObject({ status, reason, owner: null, lastDisconnect: { code, cause } })

    const second = world.makeManager()
    if (isRemembered) {
      expect(await second.getStatus('shop')).toMatchObject({ status, reason, owner: null })
      expect(await second.restoreSession('shop')).toMatchObject({ outcome: status === 'logged_out' ? 'skipped' : 'failed', reason })
      await pause(200)
      expect(world.dials('shop')).toHaveLength(1)
      expect(await world.filesOf('shop')).toEqual(files)
    } else {
      expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    }
  })

  it('is believed at once, however slowly the store remembers it', async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const told = events.of('status').length
    store.writeDelayMs = 100
    store.readDelayMs = 200
    const loggedOut = events.next('logged-out', 'shop')
    world.server.removeDevice(deviceKey)
    await loggedOut
    const end = Date.now() + 1500
    while (Date.now() < end) {
      expect(await manager.getStatus('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
      await pause(10)
    }
    expect(
      events
        .of('status')
        .slice(told)
        .map(({ status }) => status),
    ).toEqual(['logged_out'])
    expect(world.dials('shop')).toHaveLength(1)
  })

  it('a restriction with a date ends at that date', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const ended = world.eventsOf(manager).nextStatus('shop', 'failed', 'restricted')
    const before = Date.now()
    world.server.kick(deviceKey, { code: 402, attributes: { expire: '2' } })
    const { restrictedUntil } = await ended
    expect(restrictedUntil?.getTime()).toBeGreaterThanOrEqual(before + 2000)
    expect(restrictedUntil?.getTime()).toBeLessThanOrEqual(Date.now() + 2000)
    await manager.close()

    const second = world.makeManager()
    expect(await second.getStatus('shop')).toMatchObject({ status: 'failed', reason: 'restricted', restrictedUntil })
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'restricted' })
    expect(world.dials('shop')).toHaveLength(1)
    await pause((restrictedUntil?.getTime() ?? 0) - Date.now() + 20)
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    await second.close()
    // The connection has shown that it is over: nothing of it is left.
    expect(await world.makeManager().getStatus('shop', { restore: false })).not.toHaveProperty('restrictedUntil')
  })

  it('a restriction without a date is over when a person connects', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const ended = world.eventsOf(manager).nextStatus('shop', 'failed', 'restricted')
    world.server.kick(deviceKey, 403)
    expect(await ended).not.toHaveProperty('restrictedUntil')
    await manager.close()
    const second = world.makeManager()
    expect(await second.connect('shop')).toMatchObject({ status: 'connected' })
    expect(world.dials('shop')).toHaveLength(2)
  })

  it('what is remembered as logged out is tried again when it is forced', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const loggedOut = world.eventsOf(manager).next('logged-out', 'shop')
    world.server.kick(deviceKey, { code: 401, via: 'failure' })
    await loggedOut
    await manager.close()
    const second = world.makeManager()
    expect(await second.restoreSession('shop', { force: true })).toMatchObject({ outcome: 'restored' })
    await second.close()
    // It was no logout after all.
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})
