// @module-tag full
import { describe, expect, it, vi } from 'vitest'
import type { SessionManager, SessionSnapshot } from '../../src/index.js'
import { openWorld, pause, type World } from '../support/e2e.js'
import { FaultyStore } from '../support/faulty-store.js'

vi.setConfig({ maxConcurrency: 20 })

describe.concurrent('stop', () => {
  it('during the back-off of a start: no dial afterwards, and it stays stopped until a person connects', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.link('shop')
    const files = await world.filesOf('shop')
    world.server.failLogins(deviceKey, 100)
    const waiting = events.nextStatus('shop', 'reconnecting')
    const restoring = manager.restoreSession('shop')
    await waiting
    await manager.stop('shop')
    expect(await restoring).toMatchObject({ outcome: 'skipped', reason: 'stopped' })
    const dials = world.dials('shop').length
    const told = events.entries.length
    await pause(900)
    expect(world.dials('shop')).toHaveLength(dials)
    expect(events.entries).toHaveLength(told)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'stopped', owner: null })
    expect(await world.filesOf('shop')).toEqual(files)
    await manager.close()

    const second = world.makeManager()
    expect(await second.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'stopped' })
    expect((await second.restoreAll()).skipped).toMatchObject([{ reason: 'stopped' }])
    expect(world.dials('shop')).toHaveLength(dials)
    world.server.failLogins(deviceKey, 0)
    expect(await second.connect('shop')).toMatchObject({ status: 'connected' })
    await second.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('during the back-off of a connection that was lost: the same', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ reconnect: { initialDelayMs: 300, jitter: 'none' } })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const waiting = events.nextStatus('shop', 'reconnecting')
    world.server.drop(deviceKey)
    await waiting
    await manager.stop('shop')
    await pause(700)
    expect(world.dials('shop')).toHaveLength(1)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'stopped' })
  })

  it('of a connected session: its socket is gone when stop has resolved, and nothing is told afterwards (invariant 4)', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    await manager.stop('shop')
    expect(manager.getSocket('shop')).toBeUndefined()
    await world.server.waitFor(() => world.server.openConnections === 0, 1000)
    const told = events.entries.length
    await pause(500)
    expect(events.entries).toHaveLength(told)
    expect(events.of('disconnected')).toEqual([])
    expect(world.server.device(deviceKey)).toMatchObject({ removed: false, online: false })
  })
})

interface Phase {
  name: string
  status: SessionSnapshot['status']
  /** Brings the session there. */
  reach: (world: World, manager: SessionManager, store: FaultyStore) => Promise<void>
  /** How many dials that takes. */
  dials: number
  isNew?: true
}

const PHASES: Phase[] = [
  {
    name: 'reading what is stored',
    status: 'connecting',
    dials: 0,
    reach: async (world, manager, store) => {
      store.readDelayMs = 400
      const loading = world.eventsOf(manager).nextStatus('shop', 'connecting')
      void manager.restoreSession('shop')
      await loading
    },
  },
  {
    name: 'the upgrade',
    status: 'connecting',
    dials: 1,
    reach: async ({ server }, manager) => {
      server.muteUpgrade(true)
      void manager.restoreSession('shop')
      await server.waitFor(() => server.attempts().at(-1)?.outcome === 'muted')
    },
  },
  {
    name: 'the handshake',
    status: 'connecting',
    dials: 1,
    reach: async ({ server }, manager) => {
      server.delayHandshake(400)
      void manager.restoreSession('shop')
      await server.waitFor(() => server.log.some(({ kind }) => kind === 'hello'))
    },
  },
  {
    name: 'the login',
    status: 'connecting',
    dials: 1,
    reach: async ({ server }, manager) => {
      server.delayLogin('*', 400)
      void manager.restoreSession('shop')
      await server.waitFor(() => server.log.some(({ kind }) => kind === 'login'))
    },
  },
  {
    name: 'settling',
    status: 'connecting',
    dials: 1,
    reach: async ({ server }, manager, store) => {
      const written = store.writes.length
      store.writeDelayMs = 600
      void manager.restoreSession('shop')
      await server.waitFor(() => server.log.some(({ kind }) => kind === 'success'))
      await vi.waitFor(() => {
        expect(store.writes.length).toBeGreaterThan(written)
      })
    },
  },
  {
    name: 'connected',
    status: 'connected',
    dials: 1,
    reach: async (_world, manager) => {
      await manager.restoreSession('shop')
    },
  },
  {
    name: 'the back-off',
    status: 'reconnecting',
    dials: 1,
    reach: async (world, manager) => {
      world.server.failLogins('*', 10)
      const waiting = world.eventsOf(manager).nextStatus('shop', 'reconnecting')
      void manager.restoreSession('shop')
      await waiting
    },
  },
  {
    name: 'a QR code',
    status: 'pairing',
    dials: 1,
    isNew: true,
    reach: async (_world, manager) => {
      await manager.connect('shop')
    },
  },
  {
    name: 'a pairing code',
    status: 'pairing',
    dials: 1,
    isNew: true,
    reach: async (world, manager) => {
      await manager.requestPairingCode('shop', world.newPhone())
    },
  },
  {
    name: 'the restart after a pairing',
    status: 'connecting',
    dials: 1,
    isNew: true,
    reach: async (world, manager) => {
      await manager.connect('shop')
      const paired = world.eventsOf(manager).nextStatus('shop', 'connecting', 'restart_required')
      await world.scan(manager, 'shop', { restart: false })
      await paired
    },
  },
]

describe.concurrent('close', () => {
  it.each(PHASES)(
    'during $name: leaves no connection, and nothing dials or is told afterwards (invariant 4)',
    { tags: 'full' },
    async ({ status, reach, dials, isNew }) => {
      await using world = await openWorld()
      const store = new FaultyStore(world.makeStore())
      const manager = world.makeManager({ store, connectTimeoutMs: 5000, retry: { initialDelayMs: 200, jitter: 'none' } })
      const events = world.eventsOf(manager)
      if (isNew !== true) await world.link('shop')
      await reach(world, manager, store)
      expect(await manager.getStatus('shop')).toMatchObject({ status })
      const socket = events.of('socket').at(-1)?.socket
      const before = Date.now()
      expect(await manager.close()).toEqual({ closed: ['shop'], notDrained: [] })
      expect(Date.now() - before).toBeLessThan(8000)
      await world.server.waitFor(() => world.server.openConnections === 0, 1500)
      expect(socket?.ws.isOpen ?? false).toBe(false)
      const told = events.entries.length
      const written = store.writes.length
      const files = await world.filesOf('shop')
      await pause(900)
      expect(world.server.attempts()).toHaveLength(dials)
      expect(events.entries).toHaveLength(told)
      expect(store.writes).toHaveLength(written)
      expect(await world.filesOf('shop')).toEqual(files)
      expect(await store.lock.owner('shop')).toBeNull()
      await expect(manager.getStatus('shop')).rejects.toMatchObject({ code: 'MANAGER_CLOSED' })
    },
  )

  it('after a pairing whose restart never came: the pairing is stored, and a new manager connects without a QR code', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    await manager.connect('shop')
    const paired = world.eventsOf(manager).nextStatus('shop', 'connecting', 'restart_required')
    const { phone } = await world.scan(manager, 'shop', { restart: false })
    await paired
    await manager.close()
    const second = world.makeManager()
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(await second.getStatus('shop')).toMatchObject({ phoneNumber: phone })
  })

  it('while ten sessions wait for their dial: none of them dials', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ dials: { concurrency: 1, perSecond: 1 } })
    const sessionIds = Array.from({ length: 10 }, (_, index) => `shop-${index}`)
    for (const sessionId of sessionIds) await world.link(sessionId)
    const restoring = sessionIds.map(async (sessionId) => manager.restoreSession(sessionId))
    await world.server.waitFor(() => world.server.attempts().length === 1)
    await manager.close()
    const dials = world.server.attempts().length
    expect((await Promise.all(restoring)).filter(({ outcome }) => outcome === 'skipped').length).toBeGreaterThanOrEqual(9)
    await pause(1300)
    expect(world.server.attempts()).toHaveLength(dials)
    expect(dials).toBeLessThanOrEqual(2)
  })

  it('twice, and at once with everything else: every promise settles (invariant 9)', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    for (const sessionId of ['one', 'two', 'three']) await world.link(sessionId)
    const calls = [
      manager.restoreSession('one'),
      manager.connect('two'),
      manager.getStatus('three'),
      manager.connect('four'),
      manager.restoreAll(),
      manager.requestPairingCode('five', world.newPhone()),
      manager.waitUntilConnected('six'),
      manager.stop('one'),
      manager.close(),
      manager.close(),
    ]
    const results = await Promise.allSettled(calls)
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as { code: string }] : [])).map(({ code }) => code)
    for (const code of refusals) expect(['MANAGER_CLOSED', 'ABORTED', 'NOT_PAIRED', 'PAIRING_FAILED']).toContain(code)
    await world.server.waitFor(() => world.server.openConnections === 0)
    const dials = world.server.attempts().length
    await pause(300)
    expect(world.server.attempts()).toHaveLength(dials)
  })
})
