import { describe, expect, it } from 'vitest'
import { SessionProcess } from '../support/children/session-process.js'
import { openWorld, pause, type World } from '../support/e2e.js'

/** A process has nothing left to do soon after its manager was closed: generous, for a busy machine. */
const SOON_MS = 5000

/** How a process is brought into the middle of something, with the id of the session that is in it. */
type Middle = (world: World, child: SessionProcess) => Promise<void>

const MIDDLES: Record<string, Middle> = {
  'a connection': async (world, child) => {
    await world.link('shop')
    expect(await child.call('restoreSession', 'shop')).toMatchObject({ outcome: 'restored' })
  },
  'a connection that has settled': async (world, child) => {
    await world.link('shop')
    expect(await child.call('restoreSession', 'shop')).toMatchObject({ outcome: 'restored' })
    await pause(500)
  },
  'the first login after a pairing': async (world, child) => {
    await child.call('connect', 'shop')
    await world.server.scanQr(() => child.shownQr('shop'), { phone: world.newPhone() })
    await child.connected('shop')
  },
  'a message that is being sent': async (world, child) => {
    const { deviceKey } = await world.link('shop')
    await child.call('restoreSession', 'shop')
    world.server.slow(deviceKey, 30_000)
    child.sendText('shop', `${world.newPhone()}@s.whatsapp.net`, 'never heard').catch(() => undefined)
    await pause(200)
  },
  'a restore that has just begun': async (world, child) => {
    await world.link('shop')
    child.callInVain('restoreSession', 'shop')
  },
  'an upgrade that is not answered': async (world, child) => {
    await world.link('shop')
    world.server.muteUpgrade(true)
    child.callInVain('restoreSession', 'shop')
    await world.server.waitFor(() => world.server.attempts().length > 0)
  },
  'a handshake that is not answered': async (world, child) => {
    await world.link('shop')
    world.server.muteHandshake(true)
    child.callInVain('restoreSession', 'shop')
    await world.server.waitFor(() => world.dials('shop').length > 0)
  },
  'a login that is not answered': async (world, child) => {
    const { deviceKey } = await world.link('shop')
    world.server.muteLogin(deviceKey, true)
    child.callInVain('connect', 'shop')
    await world.server.waitFor(() => world.server.attempts(deviceKey).length > 0)
  },
  'a back-off': async (world, child) => {
    await world.link('shop')
    await world.server.refuse(Infinity)
    child.callInVain('connect', 'shop')
    await child.journal.firstStatus('shop', 'reconnecting')
  },
  'a restore of all sessions': async (world, child) => {
    for (const sessionId of ['shop', 'bar', 'kiosk']) await world.link(sessionId)
    child.callInVain('restoreAll', { delayMs: 60_000 })
    await child.journal.first('connected')
  },
}

/** Closes the manager in a process and lets go of it. Resolves with its exit code and how long that took. */
async function closeAndLeave(child: SessionProcess): Promise<{ code: number | string; tookMs: number }> {
  const report = await child.call('close')
  expect(report.notDrained).toEqual([])
  const startedAt = Date.now()
  return { code: await child.exit(), tookMs: Date.now() - startedAt }
}

async function expectRestorableAtOnce(world: World, sessionId: string): Promise<void> {
  await world.server.clearFaults()
  expect(await world.makeStore().lock.owner(sessionId)).toBeNull()
  expect(await world.makeManager().restoreSession(sessionId)).toMatchObject({ outcome: 'restored' })
}

describe.concurrent('a process whose manager is closed in the middle of', () => {
  it.each(Object.entries(MIDDLES))('%s ends by itself, and leaves the session to the next one (invariant 4)', { tags: 'full' }, async (_name, reach) => {
    await using world = await openWorld()
    await using child = await SessionProcess.start(world)
    await reach(world, child)
    const { code, tookMs } = await closeAndLeave(child)
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(SOON_MS)
    await expectRestorableAtOnce(world, 'shop')
  })

  it('a pairing ends by itself, and leaves nothing behind to log in with', async () => {
    await using world = await openWorld()
    await using child = await SessionProcess.start(world)
    expect(await child.call('connect', 'shop')).toMatchObject({ status: 'pairing' })
    const { code, tookMs } = await closeAndLeave(child)
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(SOON_MS)
    const manager = world.makeManager()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'never_paired' })
    expect(await manager.connect('shop')).toMatchObject({ status: 'pairing' })
  })
})
