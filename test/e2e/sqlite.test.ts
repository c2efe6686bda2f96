import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CREDS_KEY } from '../../src/index.js'
import { openSqliteDatabase, SqliteConnectionRepository, SqliteSessionStore } from '../../src/sqlite.js'
import { openWorld, type World } from '../support/e2e.js'

/** A process of its own: a connection, a store, a repository and a manager on the one file. */
async function startOn(
  world: World,
): Promise<{ manager: ReturnType<World['makeManager']>; store: SqliteSessionStore; repository: SqliteConnectionRepository; stop: () => Promise<void> }> {
  const database = await openSqliteDatabase(join(world.directory, 'sessions.db'))
  const store = new SqliteSessionStore({ database })
  const repository = new SqliteConnectionRepository({ database })
  const manager = world.makeManager({ store, repository })
  const stop = async (): Promise<void> => {
    await manager.close()
    await store.close()
    database.close()
  }
  return { manager, store, repository, stop }
}

describe.concurrent('sessions in a SQLite database', () => {
  it('are paired, restored after a restart without a QR code, and logged out for good', async () => {
    await using world = await openWorld()
    const first = await startOn(world)
    const { deviceKey } = await world.pair(first.manager, 'shop')
    const phoneNumber = deviceKey.split(':')[0] ?? null
    expect(await first.repository.find('shop')).toMatchObject({ status: 'connected', phoneNumber })
    await first.stop()

    const second = await startOn(world)
    const events = world.eventsOf(second.manager)
    const report = await second.manager.restoreAll()
    expect(report).toMatchObject({ restored: [{ sessionId: 'shop' }], failed: [] })
    await second.manager.waitUntilConnected('shop')
    expect(events.of('qr')).toEqual([])
    expect(world.server.registrations()).toHaveLength(1)
    expect(world.server.logins(deviceKey)).toBe(2)
    await world.server.phoneText(world.newPhone(), deviceKey, 'still there?')
    await second.manager.logout('shop')
    expect(await second.store.read('shop', [CREDS_KEY])).toEqual([])
    expect(await second.manager.getStatus('shop')).toMatchObject({ status: 'logged_out' })
    await second.stop()
  })

  it('are run by one of two managers on one file, and by the other once that one is closed', async () => {
    await using world = await openWorld()
    const first = await startOn(world)
    await world.pair(first.manager, 'shop')
    const second = await startOn(world)
    expect(await second.manager.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'owned_elsewhere' })
    await first.stop()
    expect(await second.manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(await second.manager.getStatus('shop')).toMatchObject({ status: 'connected' })
    await second.stop()
  })
})
