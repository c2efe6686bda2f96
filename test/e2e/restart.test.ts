import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { SessionSnapshot } from '../../src/index.js'
import { BAILEYS_FEATURES } from '../support/baileys-features.js'
import { SessionProcess } from '../support/children/session-process.js'
import { openWorld, type World } from '../support/e2e.js'

/** Pairs a session in a process, and waits until it is connected there. */
async function pairIn(world: World, child: SessionProcess, sessionId: string): Promise<string> {
  await child.call('connect', sessionId)
  const { deviceKey } = await world.server.scanQr(() => child.shownQr(sessionId), { phone: world.newPhone() })
  await child.connected(sessionId)
  return deviceKey
}

describe.concurrent('a process that was killed with SIGKILL', () => {
  it('is followed by one that shows connecting, then connected, and no QR code', async () => {
    await using world = await openWorld()
    await using first = await SessionProcess.start(world)
    const deviceKey = await pairIn(world, first, 'shop')
    expect(first.journal.course('shop')).toEqual(['connecting starting', 'pairing', 'connecting restart_required', 'connected'])
    await first.kill()

    await using second = await SessionProcess.start(world)
    expect(await second.call('getStatus', 'shop')).toMatchObject({
      status: 'connecting',
      reason: 'restoring',
      message: 'Restoring connection from saved session...',
      isConnected: false,
      isLocal: true,
      phoneNumber: deviceKey.split(':')[0],
    })
    await second.connected('shop')
    expect(second.journal.course('shop')).toEqual(['connecting restoring', 'connected'])
    expect(second.journal.all('qr')).toEqual([])
    expect(await second.journal.first('restored')).toMatchObject({ sessionId: 'shop', outcome: 'restored', reason: null })
    expect(second.journal.all('connected')).toEqual([{ sessionId: 'shop', phoneNumber: deviceKey.split(':')[0], restored: true }])
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'login', 'login'])
  })

  it.for([
    { what: 'the keys of its first login', killInWrite: { of: 'many', count: 1, delayMs: 10 } },
    { what: 'its creds, for the third time', killInWrite: { of: 'creds', count: 3, delayMs: 0 } },
  ] as const)('while it was saving $what is restored all the same', { tags: 'full' }, async ({ killInWrite }, { skip }) => {
    await using world = await openWorld()
    await using first = await SessionProcess.start(world, { killInWrite })
    await first.call('connect', 'shop')
    await world.server.scanQr(() => first.shownQr('shop'), { phone: world.newPhone() })
    expect(await first.ended()).toBe('SIGKILL')

    await using second = await SessionProcess.start(world)
    expect(await second.call('restoreSession', 'shop')).toMatchObject({ outcome: 'restored' })
    expect(second.journal.all('qr')).toEqual([])
    expect(second.journal.all('error')).toEqual([])
    expect(world.server.registrations()).toHaveLength(1)
    skip(!(await BAILEYS_FEATURES.storesKeysFirst.detect()), 'restored, but this Baileys tells WhatsApp of keys before they are stored')
    const [deviceKey = ''] = world.server.devices()
    await world.server.phoneText(world.newPhone(), deviceKey, 'still there?')
    expect(await second.journal.first('text', ({ text }) => text === 'still there?')).toMatchObject({ sessionId: 'shop' })
  })

  it.each([0, 2])(
    'while it was saving the pairing itself (%i ms into the write) is linked or is not, and never corrupt (invariant 6)',
    { tags: 'full' },
    async (delayMs) => {
      await using world = await openWorld()
      await using first = await SessionProcess.start(world, { killInWrite: { of: 'creds', count: 1, delayMs } })
      await first.call('connect', 'shop')
      // The answer of the client may not have left when it is killed.
      await world.server.scanQr(() => first.shownQr('shop'), { phone: world.newPhone() }).catch(() => undefined)
      expect(await first.ended()).toBe('SIGKILL')

      const manager = world.makeManager()
      const { outcome, reason } = await manager.restoreSession('shop')
      expect(['restored null', 'skipped never_paired']).toContain(`${outcome} ${String(reason)}`)
      if (outcome === 'skipped') await world.pair(manager, 'shop')
      expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected' })
    },
  )
})

describe.concurrent('getStatus', () => {
  it('of a stored session, asked a thousand times at once, looks once, restores once and dials once (invariant 8)', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const { deviceKey } = await world.link('shop')
    const store = world.makeStore()
    let reads = 0
    const read = store.read.bind(store)
    store.read = async (sessionId, keys) => {
      reads++
      return read(sessionId, keys)
    }
    const manager = world.makeManager({ store })
    const events = world.eventsOf(manager)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const snapshot = await manager.getStatus('shop')
        return { snapshot, reads }
      }),
    )
    const [first] = answers
    expect(first?.snapshot).toMatchObject({ status: 'connecting', message: 'Restoring connection from saved session...' })
    expect(new Set(answers.map(({ snapshot: { status, reason } }) => `${status} ${String(reason)}`))).toEqual(new Set(['connecting restoring']))
    expect(answers.at(-1)?.reads).toBe(1)
    await manager.waitUntilConnected('shop')
    expect(events.of('restored')).toHaveLength(1)
    expect(events.of('connected')).toHaveLength(1)
    expect(events.of('socket')).toHaveLength(1)
    expect(world.dials('shop')).toHaveLength(1)
    expect(world.server.logins(deviceKey)).toBe(1)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected', isConnected: true })
  })

  it('of nothing answers never_paired, a thousand times, and makes nothing (invariant 8)', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const answers = await Promise.all(Array.from({ length: 1000 }, async (_, index) => manager.getStatus(index % 2 === 0 ? 'nobody' : `nobody-${index}`)))
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'disconnected', reason: 'never_paired', owner: null, isLocal: true } satisfies Partial<SessionSnapshot>)
    }
    expect(await readdir(world.directory)).toEqual([])
    expect(await manager.getStatuses()).toEqual([])
    expect(world.server.attempts()).toEqual([])
  })

  it('only looks when it is told to', async () => {
    await using world = await openWorld()
    await world.link('shop')
    const manager = world.makeManager({ restoreOnStatus: false })
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'not_running', isLocal: true })
    const other = world.makeManager()
    expect(await other.getStatus('shop', { restore: false })).toMatchObject({ status: 'disconnected', reason: 'not_running' })
    expect(await other.getStatuses()).toMatchObject([{ sessionId: 'shop', status: 'disconnected', reason: 'not_running' }])
    expect(world.server.attempts()).toEqual([])
    expect(await manager.getStatus('shop', { restore: true })).toMatchObject({ status: 'connecting', reason: 'restoring' })
    await manager.waitUntilConnected('shop')
  })
})
