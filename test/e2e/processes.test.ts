import { describe, expect, it, vi } from 'vitest'
import { FileConnectionRepository, type ConnectionRecord } from '../../src/index.js'
import { connectionsFile, SessionProcess } from '../support/children/session-process.js'
import { openWorld, pause, type World } from '../support/e2e.js'

const SHORT_POLL = { manager: { standbyPollMs: 200 } }

/** Two processes on one folder; the first runs `shop`, which was linked before. */
async function openPair(world: World): Promise<{ first: SessionProcess; second: SessionProcess; deviceKey: string }> {
  const { deviceKey } = await world.link('shop')
  const [first, second] = await Promise.all([SessionProcess.start(world, SHORT_POLL), SessionProcess.start(world, SHORT_POLL)])
  expect(await first.call('restoreSession', 'shop')).toMatchObject({ outcome: 'restored' })
  return { first, second, deviceKey }
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
  it('one dials, the other tells what the first does and takes over when it was killed', async () => {
    await using world = await openWorld()
    const { first, second, deviceKey } = await openPair(world)
    await using _first = first
    await using _second = second
    const { owner } = await first.call('getStatus', 'shop')
    expect(owner).toEqual(expect.any(String))

    expect(await second.call('restoreSession', 'shop')).toMatchObject({ outcome: 'skipped', reason: 'owned_elsewhere' })
    await vi.waitFor(async () => {
      expect(await second.call('getStatus', 'shop')).toMatchObject({
        status: 'connected', isConnected: true, isLocal: false, owner, phoneNumber: deviceKey.split(':')[0],
      })
    }, { timeout: 5000 })
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
    await vi.waitFor(async () => {
      expect(await rowOf(world, 'shop')).toMatchObject({ status: 'connected', owner: (await second.call('getStatus', 'shop')).owner })
    }, { timeout: 5000 })
    expect(world.dials('shop')).toHaveLength(2)
    expectNeverReplaced(world)
  })

  it('the second takes over when the first is closed', async () => {
    await using world = await openWorld()
    const { first, second } = await openPair(world)
    await using _first = first
    await using _second = second
    await expect(second.call('connect', 'shop')).rejects.toMatchObject({ code: 'OWNED_ELSEWHERE' })
    await first.call('close')
    expect(await first.exit()).toBe(0)
    await second.journal.firstStatus('shop', 'connected')
    expect(world.dials('shop')).toHaveLength(2)
    expectNeverReplaced(world)
  })

  it('the second does not dial what the first was told to stop, and changes nothing about it', async () => {
    await using world = await openWorld()
    const { first, second } = await openPair(world)
    await using _first = first
    await using _second = second
    await second.call('restoreSession', 'shop')
    await first.call('stop', 'shop')
    await second.journal.first('status', ({ reason }) => reason === 'stopped')
    await pause(500)
    for (const process of [first, second]) {
      expect(await process.call('getStatus', 'shop')).toMatchObject({ status: 'disconnected', reason: 'stopped', owner: null, isLocal: true })
    }
    expect(await rowOf(world, 'shop')).toMatchObject({ status: 'disconnected', reason: 'stopped', owner: null })
    expect(world.dials('shop')).toHaveLength(1)
  })

  it.each([
    { verb: 'logout', row: { status: 'logged_out', reason: 'logged_out', owner: null } },
    { verb: 'delete', row: null },
  ] as const)('the second leaves alone what the first ended with $verb', async ({ verb, row }) => {
    await using world = await openWorld()
    const { first, second } = await openPair(world)
    await using _first = first
    await using _second = second
    await second.call('restoreSession', 'shop')
    await first.call(verb, 'shop')
    await second.journal.first('status', ({ reason }) => reason !== 'owned_elsewhere' && reason !== 'restoring')
    await pause(500)
    const kept = await rowOf(world, 'shop')
    if (row === null) expect(kept).toBeNull()
    else expect(kept).toMatchObject(row)
    const expected = row === null ? { status: 'disconnected', reason: 'never_paired' } : { status: 'logged_out', reason: 'logged_out' }
    for (const process of [first, second]) expect(await process.call('getStatus', 'shop')).toMatchObject({ ...expected, isLocal: true })
    expect(world.dials('shop')).toHaveLength(1)
  })

  it('the second shows the pairing of the first, without its QR code', async () => {
    await using world = await openWorld()
    await using first = await SessionProcess.start(world, SHORT_POLL)
    await using second = await SessionProcess.start(world, SHORT_POLL)
    const { qr = '', owner } = await first.call('connect', 'shop')
    await vi.waitFor(async () => {
      const snapshot = await second.call('getStatus', 'shop')
      expect(snapshot).toMatchObject({ status: 'pairing', isLocal: false, owner })
      expect(snapshot.qr).toBeUndefined()
    }, { timeout: 5000 })
    await expect(second.call('connect', 'shop')).rejects.toMatchObject({ code: 'OWNED_ELSEWHERE' })
    await world.server.scanQr(qr, { phone: world.newPhone() })
    await first.connected('shop')
    await vi.waitFor(async () => {
      expect(await second.call('getStatus', 'shop')).toMatchObject({ status: 'connected', isLocal: false, owner })
    }, { timeout: 5000 })
    expect(second.journal.all('qr')).toEqual([])
    expect(world.server.registrations()).toHaveLength(1)
    expectNeverReplaced(world)
  })

  it('share a folder between them when both restore everything at once', async () => {
    await using world = await openWorld()
    const sessionIds = ['bar', 'kiosk', 'shop']
    for (const sessionId of sessionIds) await world.link(sessionId)
    await using first = await SessionProcess.start(world, SHORT_POLL)
    await using second = await SessionProcess.start(world, SHORT_POLL)
    const reports = await Promise.all([first, second].map(async process => process.call('restoreAll', { delayMs: 0 })))
    const restored = reports.flatMap(report => report.restored.map(({ sessionId }) => sessionId))
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
