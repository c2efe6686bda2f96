import { describe, expect, it, vi } from 'vitest'
import { FileConnectionRepository, type ConnectionRecord } from '../../src/index.js'
import { connectionsFile, SessionProcess } from '../support/children/session-process.js'
import { openWorld, pause, type World } from '../support/e2e.js'

const SHORT_POLL = { manager: { standbyPollMs: 200 } }

/** Two processes on the folder of a world. */
async function openProcesses(world: World): Promise<[SessionProcess, SessionProcess]> {
  return Promise.all([SessionProcess.start(world, SHORT_POLL), SessionProcess.start(world, SHORT_POLL)])
}

/** The row that both processes share. */
async function rowOf(world: World, sessionId: string): Promise<ConnectionRecord | null> {
  return new FileConnectionRepository({ file: connectionsFile(world.directory) }).find(sessionId)
}

/** No second login ever threw out a first one. */
function expectNeverReplaced(world: World): void {
  expect(world.server.log.filter(({ kind }) => kind === 'replaced')).toEqual([])
}

describe.concurrent('two processes on one folder', () => {
  it('one dials, the other tells what the first does and takes over when it was killed (invariant 1)', async () => {
    await using world = await openWorld()
    const { deviceKey } = await world.link('shop')
    const [first, second] = await openProcesses(world)
    await using _first = first
    await using _second = second
    expect(await first.call('restoreSession', 'shop')).toMatchObject({ outcome: 'restored' })
    const { owner } = await first.call('getStatus', 'shop')
    expect(owner).toEqual(expect.any(String))

    expect(await second.call('restoreSession', 'shop')).toMatchObject({ outcome: 'skipped', reason: 'owned_elsewhere' })
    await vi.waitFor(
      async () => {
        expect(await second.call('getStatus', 'shop')).toMatchObject({
          status: 'connected',
          isConnected: true,
          isLocal: false,
          owner,
          phoneNumber: deviceKey.split(':')[0],
        })
      },
      { timeout: 5000 },
    )
    expect(await second.call('getStatuses')).toMatchObject([{ sessionId: 'shop', status: 'connected', isLocal: false, owner }])
    const elsewhere = { code: 'OWNED_ELSEWHERE', message: expect.stringContaining('"shop"') }
    for (const method of ['connect', 'stop', 'delete', 'logout'] as const) {
      await expect(second.call(method, 'shop'), method).rejects.toMatchObject(elsewhere)
    }
    await expect(second.call('requestPairingCode', 'shop', '491700000000')).rejects.toMatchObject(elsewhere)
    await expect(second.connected('shop')).rejects.toMatchObject(elsewhere)
    expect(await second.call('restoreAll')).toMatchObject({ total: 1, skipped: [{ sessionId: 'shop', reason: 'owned_elsewhere' }] })
    expect(await rowOf(world, 'shop')).toMatchObject({ status: 'connected', owner })
    expect(world.dials('shop')).toHaveLength(1)
    expect(await first.call('getStatus', 'shop')).toMatchObject({ status: 'connected', isLocal: true })

    await first.kill()
    await second.journal.firstStatus('shop', 'connected')
    expect(await second.call('getStatus', 'shop')).toMatchObject({ status: 'connected', isLocal: true, owner: expect.not.stringMatching(`^${String(owner)}$`) })
    expect(second.journal.course('shop').slice(-3)).toEqual(['disconnected owned_elsewhere', 'connecting restoring', 'connected'])
    expect(second.journal.all('qr')).toEqual([])
    await vi.waitFor(
      async () => {
        expect(await rowOf(world, 'shop')).toMatchObject({ status: 'connected', owner: (await second.call('getStatus', 'shop')).owner })
      },
      { timeout: 5000 },
    )
    expect(world.dials('shop')).toHaveLength(2)
    expectNeverReplaced(world)
  })

  it('the second leaves alone what the first has ended, and takes over what it ran until it was closed', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const sessionIds = ['stopped', 'logged-out', 'deleted', 'shop']
    for (const sessionId of sessionIds) await world.link(sessionId)
    const [first, second] = await openProcesses(world)
    await using _first = first
    await using _second = second
    expect((await first.call('restoreAll', { delayMs: 0 })).restored).toHaveLength(4)
    expect((await second.call('restoreAll', { delayMs: 0 })).skipped.map(({ reason }) => reason)).toEqual(sessionIds.map(() => 'owned_elsewhere'))
    await first.call('stop', 'stopped')
    expect(await first.call('logout', 'logged-out')).toEqual({ unlinked: true })
    await first.call('delete', 'deleted')
    // The second looks at each of them, and finds that it is not to be run.
    for (const sessionId of ['stopped', 'logged-out', 'deleted']) {
      await second.journal.first('status', (event) => event.sessionId === sessionId && event.reason !== 'owned_elsewhere' && event.status === 'disconnected')
    }
    await pause(500)
    const expected = {
      stopped: { status: 'disconnected', reason: 'stopped' },
      'logged-out': { status: 'logged_out', reason: 'logged_out' },
      deleted: { status: 'disconnected', reason: 'never_paired' },
    }
    for (const [sessionId, standing] of Object.entries(expected)) {
      for (const process of [first, second]) expect(await process.call('getStatus', sessionId)).toMatchObject({ ...standing, owner: null, isLocal: true })
      const row = await rowOf(world, sessionId)
      if (sessionId === 'deleted') expect(row).toBeNull()
      else expect(row).toMatchObject({ ...standing, owner: null })
      expect(world.dials(sessionId)).toHaveLength(1)
    }

    await first.call('close')
    expect(await first.exit()).toBe(0)
    await second.journal.firstStatus('shop', 'connected')
    expect(world.dials('shop')).toHaveLength(2)
    expectNeverReplaced(world)
  })

  it('the second shows the pairing of the first, without its QR code', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const [first, second] = await openProcesses(world)
    await using _first = first
    await using _second = second
    const { owner } = await first.call('connect', 'shop')
    await vi.waitFor(
      async () => {
        const snapshot = await second.call('getStatus', 'shop')
        expect(snapshot).toMatchObject({ status: 'pairing', isLocal: false, owner })
        expect(snapshot.qr).toBeUndefined()
      },
      { timeout: 5000 },
    )
    await expect(second.call('connect', 'shop')).rejects.toMatchObject({ code: 'OWNED_ELSEWHERE' })
    await world.server.scanQr(() => first.shownQr('shop'), { phone: world.newPhone() })
    await first.connected('shop')
    await vi.waitFor(
      async () => {
        expect(await second.call('getStatus', 'shop')).toMatchObject({ status: 'connected', isLocal: false, owner })
      },
      { timeout: 5000 },
    )
    expect(second.journal.all('qr')).toEqual([])
    expect(world.server.registrations()).toHaveLength(1)
    expectNeverReplaced(world)
  })

  it('share a folder between them when both restore everything at once (invariant 1)', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const sessionIds = ['bar', 'kiosk', 'shop']
    for (const sessionId of sessionIds) await world.link(sessionId)
    const [first, second] = await openProcesses(world)
    await using _first = first
    await using _second = second
    const reports = await Promise.all([first, second].map(async (process) => process.call('restoreAll', { delayMs: 0 })))
    const restored = reports.flatMap((report) => report.restored.map(({ sessionId }) => sessionId))
    expect(restored.sort()).toEqual(sessionIds)
    for (const { skipped, failed, retrying } of reports) {
      expect(skipped.every(({ reason }) => reason === 'owned_elsewhere')).toBe(true)
      expect([...failed, ...retrying]).toEqual([])
    }
    await pause(500)
    for (const sessionId of sessionIds) expect(world.dials(sessionId)).toHaveLength(1)
    expectNeverReplaced(world)
  })
})
