// @module-tag full
import { describe, expect, it, vi } from 'vitest'
import type { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { openWorld, pause } from '../support/e2e.js'

vi.setConfig({ maxConcurrency: 12 })

const SILENCES: [string, (server: WhatsAppServer, isOn: boolean) => void][] = [
  [
    'never answers the upgrade',
    (server, isOn) => {
      server.muteUpgrade(isOn)
    },
  ],
  [
    'never answers the handshake',
    (server, isOn) => {
      server.muteHandshake(isOn)
    },
  ],
  [
    'never answers the login, nor a ping',
    (server, isOn) => {
      server.muteLogin('*', isOn)
    },
  ],
  [
    'answers everything but the login',
    (server, isOn) => {
      server.muteSuccess('*', isOn)
    },
  ],
]

describe.concurrent('a dial on which the server falls silent', () => {
  it.each(SILENCES)('one that %s is given up by the watchdog, and dialled again', async (_name, mute) => {
    await using world = await openWorld()
    const manager = world.makeManager({ connectTimeoutMs: 2000 })
    const events = world.eventsOf(manager)
    await world.link('shop')
    const files = await world.filesOf('shop')
    mute(world.server, true)
    const lost = events.next('disconnected', 'shop')
    const startedAt = Date.now()
    const restoring = manager.restoreSession('shop')
    const { nextRetryAt, ...rest } = await lost
    expect(rest).toEqual({ sessionId: 'shop', cause: 'connect_timeout', code: null, willRetry: true })
    const waited = Date.now() - startedAt
    expect(waited).toBeGreaterThanOrEqual(1800)
    expect(waited).toBeLessThan(8000)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'connection_lost', attempt: 1, nextRetryAt })
    mute(world.server, false)
    expect(await restoring).toMatchObject({ outcome: 'restored' })
    expect(world.server.attempts()).toHaveLength(2)
    // The silent one is gone, too.
    expect(world.server.openConnections).toBe(1)
    expect(Object.keys(files)).toEqual(['creds.json'])
    expect(events.of('error')).toEqual([])
  })

  it.each(SILENCES)('one that %s: credentials stay as they are, and close leaves no connection', { tags: 'full' }, async (_name, mute) => {
    await using world = await openWorld()
    const manager = world.makeManager({ connectTimeoutMs: 20_000 })
    await world.link('shop')
    const files = await world.filesOf('shop')
    mute(world.server, true)
    const restoring = manager.restoreSession('shop')
    await world.server.waitFor(() => world.server.attempts().at(-1)?.purpose === 'login' || world.server.attempts().at(-1)?.outcome === 'muted')
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connecting', reason: 'restoring' })
    expect(await manager.close()).toEqual({ closed: ['shop'], notDrained: [] })
    expect(await restoring).toMatchObject({ outcome: 'skipped', reason: 'aborted' })
    await world.server.waitFor(() => world.server.openConnections === 0, 2000)
    await pause(300)
    expect(world.server.attempts()).toHaveLength(1)
    expect(await world.filesOf('shop')).toEqual(files)
  })
})
