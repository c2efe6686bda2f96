import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { MemoryConnectionRepository, type SessionManager } from '../../src/index.js'
import { openWorld, pause, type World } from '../support/e2e.js'

const KEYS = expect.arrayContaining(['creds.json'])

/** What the directory holds of a session. */
async function namesOf(world: World, sessionId: string): Promise<string[]> {
  return Object.keys(await world.filesOf(sessionId))
}

async function folders(world: World): Promise<string[]> {
  return (await readdir(world.directory)).filter((name) => name.startsWith('session-'))
}

describe.concurrent('logout', () => {
  it('of a connected session is acknowledged, deletes what is stored, and keeps the row', async () => {
    await using world = await openWorld()
    const repository = new MemoryConnectionRepository()
    const manager = world.makeManager({ repository })
    const events = world.eventsOf(manager)
    const { deviceKey, phone } = await world.linkAndRestore(manager, 'shop')
    expect(await manager.logout('shop')).toEqual({ unlinked: true })
    expect(world.server.device(deviceKey)).toMatchObject({ removed: true, online: false })
    expect(world.server.log.filter(({ kind }) => kind === 'logout')).toHaveLength(1)
    expect(await folders(world)).toEqual([])
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out', owner: null })
    expect(events.of('logged-out')).toEqual([{ sessionId: 'shop', cause: 'intentional_logout' }])
    await events.until(() => events.course('shop').at(-1) === 'logged_out logged_out' || undefined, 'logged out')
    await manager.close()
    expect(await repository.find('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out', owner: null, phoneNumber: phone })
    expect(world.dials('shop')).toHaveLength(1)

    const next = world.makeManager({ repository })
    expect(await next.getStatus('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    expect((await next.restoreAll()).total).toBe(1)
    expect(world.dials('shop')).toHaveLength(1)
    await next.connect('shop')
    const again = await world.scan(next, 'shop', { phone })
    await next.waitUntilConnected('shop')
    expect(again.deviceKey).not.toBe(deviceKey)
    expect(await namesOf(world, 'shop')).toEqual(KEYS)
  })

  it.each(['never started', 'stopped', 'waiting for its next attempt'] as const)('of a session that is %s dials once', { tags: 'full' }, async (state) => {
    await using world = await openWorld()
    const manager = world.makeManager({ reconnect: { initialDelayMs: 60_000, jitter: 'none' } })
    const { deviceKey } = await world.link('shop')
    if (state !== 'never started') await manager.restoreSession('shop')
    if (state === 'stopped') await manager.stop('shop')
    if (state === 'waiting for its next attempt') {
      const lost = world.eventsOf(manager).nextStatus('shop', 'reconnecting')
      world.server.drop(deviceKey)
      await lost
    }
    const before = world.dials('shop').length
    expect(await manager.logout('shop')).toEqual({ unlinked: true })
    expect(world.dials('shop')).toHaveLength(before + 1)
    expect(world.server.device(deviceKey).removed).toBe(true)
    expect(await folders(world)).toEqual([])
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    expect(world.eventsOf(manager).of('logged-out')).toEqual([{ sessionId: 'shop', cause: 'intentional_logout' }])
  })

  it('that WhatsApp does not confirm keeps everything when that is required, and the session goes on (invariant 2)', async () => {
    await using world = await openWorld()
    const repository = new MemoryConnectionRepository()
    const manager = world.makeManager({ repository })
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const before = await world.filesOf('shop')
    world.server.muteLogout(deviceKey, true)
    await expect(manager.logout('shop', { requireUnlink: true, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'UNLINK_FAILED',
      sessionId: 'shop',
      message: expect.stringContaining('500 ms'),
    })
    expect(await world.filesOf('shop')).toEqual(before)
    expect(world.server.isOnline(deviceKey)).toBe(true)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected' })
    expect(await repository.find('shop')).toMatchObject({ status: 'connected' })
    expect(world.eventsOf(manager).of('logged-out')).toEqual([])
    world.server.muteLogout(deviceKey, false)
    expect(await manager.logout('shop', { requireUnlink: true })).toEqual({ unlinked: true })
  })

  it('that WhatsApp does not confirm deletes all the same, and says so', async () => {
    await using world = await openWorld()
    const repository = new MemoryConnectionRepository()
    const manager = world.makeManager({ repository })
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    world.server.muteLogout(deviceKey, true)
    expect(await manager.logout('shop', { timeoutMs: 500 })).toEqual({ unlinked: false })
    expect(world.server.device(deviceKey)).toMatchObject({ removed: false, online: false })
    expect(await folders(world)).toEqual([])
    expect(await repository.find('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
  })

  it('while WhatsApp cannot be reached keeps everything when that is required, and rests as before', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    await world.link('shop')
    await manager.restoreSession('shop')
    await manager.stop('shop')
    const before = await world.filesOf('shop')
    await world.server.refuse(Infinity, { how: 'reset' })
    await expect(manager.logout('shop', { requireUnlink: true, timeoutMs: 2000 })).rejects.toMatchObject({ code: 'UNLINK_FAILED' })
    expect(await world.filesOf('shop')).toEqual(before)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    await manager.close()
    await world.server.accept()
    const next = world.makeManager()
    expect(await next.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'stopped' })
    expect(await next.logout('shop')).toEqual({ unlinked: true })
  })

  it('of nothing unlinks nothing', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    expect(await manager.logout('shop')).toEqual({ unlinked: false })
    await expect(manager.logout('shop', { requireUnlink: true })).rejects.toMatchObject({ code: 'NOT_PAIRED' })
    expect(world.server.attempts()).toEqual([])
  })
})

describe.concurrent('a device that was removed at the phone while the process was down', () => {
  it('is found at the login, remembered, tried again only by force, and replaced only by a pairing that succeeded (invariant 2)', async () => {
    await using world = await openWorld()
    const { deviceKey, phone } = await world.link('shop')
    const creds = (await world.filesOf('shop'))['creds.json']
    world.server.removeDevice(deviceKey)
    const first = world.makeManager()
    expect(await first.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    expect(world.eventsOf(first).of('logged-out')).toEqual([{ sessionId: 'shop', cause: 'logged_out' }])
    expect(await first.getStatus('shop')).toMatchObject({ status: 'logged_out', lastDisconnect: { code: 401, cause: 'logged_out' } })
    expect(world.dials('shop')).toHaveLength(1)
    await first.close()

    const second = world.makeManager()
    expect(await second.getStatus('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'logged_out' })
    expect((await second.restoreAll()).skipped).toMatchObject([{ sessionId: 'shop', reason: 'logged_out' }])
    await expect(second.waitUntilConnected('shop')).rejects.toMatchObject({ code: 'LOGGED_OUT' })
    expect(world.dials('shop')).toHaveLength(1)
    expect(await second.restoreSession('shop', { force: true })).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    expect(world.dials('shop')).toHaveLength(2)
    expect((await world.filesOf('shop'))['creds.json']).toBe(creds)

    expect(await second.connect('shop')).toMatchObject({ status: 'pairing' })
    expect((await world.filesOf('shop'))['creds.json']).toBe(creds)
    await second.close()
    expect((await world.filesOf('shop'))['creds.json']).toBe(creds)

    const third = world.makeManager()
    expect(await third.getStatus('shop')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    const again = await world.pair(third, 'shop', { phone })
    expect(again.deviceKey).not.toBe(deviceKey)
    expect((await world.filesOf('shop'))['creds.json']).not.toBe(creds)
    await third.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('that was linked again meanwhile is restored by force', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 1, 401)
    const manager = world.makeManager()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    await manager.close()
    const next = world.makeManager()
    expect(await next.restoreSession('shop', { force: true })).toMatchObject({ outcome: 'restored' })
    await next.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})

describe.concurrent('stop', () => {
  it('lasts across restarts, until somebody connects', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    await manager.stop('shop')
    expect(world.server.isOnline(deviceKey)).toBe(false)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    await manager.close()

    const next = world.makeManager()
    expect(await next.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    expect(await next.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'stopped' })
    expect((await next.restoreAll()).skipped).toMatchObject([{ sessionId: 'shop', reason: 'stopped' }])
    expect(world.dials('shop')).toHaveLength(1)
    await next.connect('shop')
    await next.waitUntilConnected('shop')
    await next.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(world.dials('shop')).toHaveLength(3)
    expect(world.server.registrations()).toEqual([])
  })
})

/** How a session gets into a state in which it is then deleted. */
const STATES: Record<string, (world: World, manager: SessionManager) => Promise<unknown>> = {
  unknown: async () => undefined,
  stored: async (world) => world.link('shop'),
  connected: async (world, manager) => world.linkAndRestore(manager, 'shop'),
  stopped: async (world, manager) => {
    await world.linkAndRestore(manager, 'shop')
    await manager.stop('shop')
  },
  pairing: async (_world, manager) => manager.connect('shop'),
  connecting: async (world, manager) => {
    await world.link('shop')
    world.server.muteHandshake(true)
    await manager.getStatus('shop')
    await world.server.waitFor(() => world.dials('shop').length > 0)
  },
  reconnecting: async (world, manager) => {
    await world.link('shop')
    await world.server.refuse(Infinity)
    await manager.connect('shop')
  },
  'logged out': async (world, manager) => {
    world.server.removeDevice((await world.link('shop')).deviceKey)
    await manager.restoreSession('shop')
  },
  failed: async (world, manager) => {
    world.server.failLogins((await world.link('shop')).deviceKey, 1, 403)
    await manager.restoreSession('shop')
  },
}

describe.concurrent('delete', () => {
  it.each(Object.entries(STATES))('of a session that is %s leaves nothing, at once and after a while (invariant 4)', { tags: 'full' }, async (_name, reach) => {
    await using world = await openWorld()
    const repository = new MemoryConnectionRepository()
    await repository.save('shop', { status: 'connected' })
    const manager = world.makeManager({ repository })
    await reach(world, manager)
    await manager.delete('shop')
    const dials = world.server.attempts().length
    const told = world.eventsOf(manager).entries.length
    await world.server.clearFaults()
    await pause(700)
    expect(await folders(world)).toEqual([])
    expect(await repository.findAll()).toEqual([])
    expect(world.server.attempts()).toHaveLength(dials)
    expect(world.eventsOf(manager).entries).toHaveLength(told)
    expect(world.server.openConnections).toBe(0)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'never_paired', owner: null })
    expect(await manager.getStatuses()).toEqual([])
    expect(await world.makeStore().lock.owner('shop')).toBeNull()
    await expect(manager.delete('shop')).resolves.toBeUndefined()
  })
})
