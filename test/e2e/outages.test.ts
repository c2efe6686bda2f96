import { describe, expect, it, vi } from 'vitest'
import { openWorld, pause } from '../support/e2e.js'
import type { RefusalOptions } from '../../src/testing/whatsapp-server/index.js'

vi.setConfig({ maxConcurrency: 20 })

const REFUSALS: [string, RefusalOptions, number][] = [
  ['closed port (ECONNREFUSED)', { how: 'listen' }, 408],
  ['reset of TCP', { how: 'reset' }, 408],
  ['HTTP 503 on the upgrade', { status: 503 }, 503],
  ['HTTP 429 on the upgrade', { status: 429 }, 429],
  ['HTTP 401 on the upgrade', { status: 401 }, 401],
  ['HTTP 403 on the upgrade', { status: 403 }, 403],
]

describe.concurrent('a server that takes no connection', () => {
  it.each(REFUSALS)('%s at the start: retried, and the credentials stay', { tags: 'full' }, async (_name, refusal, code) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    await world.link('shop')
    const files = await world.filesOf('shop')
    await world.server.refuse(Infinity, refusal)
    const third = events.next('disconnected', 'shop', () => events.of('disconnected').length === 2)
    const restoring = manager.restoreSession('shop')
    expect(await third).toEqual({ sessionId: 'shop', cause: 'transport_failed', code, willRetry: true, nextRetryAt: expect.any(Date) })
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'connection_lost', attempt: 2 })
    expect(events.of('logged-out')).toEqual([])
    expect(await world.filesOf('shop')).toEqual(files)
    await world.server.accept()
    expect(await restoring).toMatchObject({ outcome: 'restored' })
    const dials = dialTimes(events.entries)
    expect(dials).toHaveLength(3)
    expect(gapsOf(dials)[0]).toBeGreaterThanOrEqual(99)
    expect(gapsOf(dials)[1]).toBeGreaterThanOrEqual(199)
    expect(world.server.openConnections).toBe(1)
  })

  it.each(REFUSALS)('%s after a lost connection: retried without end, then connected', { tags: 'full' }, async (_name, refusal) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    await world.server.refuse(Infinity, refusal)
    const fifth = events.until(() => events.of('disconnected').at(5), 'the sixth loss')
    const back = events.next('connected', 'shop')
    world.server.drop(deviceKey)
    expect(await fifth).toMatchObject({ cause: 'transport_failed', willRetry: true })
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'connection_lost', attempt: 6 })
    expect(await world.filesOf('shop')).toEqual(files)
    await world.server.accept()
    await back
    const gaps = gapsOf(dialTimes(events.entries).slice(1))
    for (const [index, delayMs] of [200, 400, 400, 400].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(delayMs - 1)
      expect(gaps[index]).toBeLessThan(delayMs + 5000)
    }
  })

  it('for 10 s at the start, with the default delays: answers retrying after 1, 2 and 4 s, and connects by itself', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ retry: { jitter: 'none' }, reconnect: { jitter: 'none' } })
    const events = world.eventsOf(manager)
    await world.link('shop')
    const files = await world.filesOf('shop')
    await world.server.refuse(10_000, { how: 'listen' })
    const connected = events.next('connected', 'shop', () => true, 25_000)
    const result = await manager.restoreSession('shop')
    expect(result).toMatchObject({ outcome: 'retrying', reason: 'retries_exhausted' })
    expect(result.durationMs).toBeGreaterThanOrEqual(6990)
    expect(result.durationMs).toBeLessThan(12_000)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'retries_exhausted', attempt: 4, nextRetryAt: expect.any(Date) })
    expect(await world.filesOf('shop')).toEqual(files)

    expect(await connected).toMatchObject({ restored: true })
    expect(events.of('restored')).toMatchObject([{ outcome: 'retrying' }])
    for (const [index, delayMs] of [1000, 2000, 4000, 8000].entries()) {
      const gap = gapsOf(dialTimes(events.entries))[index]
      expect(gap).toBeGreaterThanOrEqual(delayMs - 1)
      expect(gap).toBeLessThan(delayMs + 5000)
    }
    expect(world.dials('shop')).toHaveLength(1)
  })

  it('for good, with a reconnect policy that gives up: failed, and a person may restore it later', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({
      reconnect: { maxRetries: 4, initialDelayMs: 50, factor: 1, jitter: 'none' },
      retry: { maxRetries: 1, initialDelayMs: 50, jitter: 'none' },
    })
    const events = world.eventsOf(manager)
    await world.link('shop')
    await world.server.refuse(Infinity, { how: 'listen' })
    const failed = events.nextStatus('shop', 'failed')
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'retrying' })
    expect(await failed).toMatchObject({ reason: 'retries_exhausted', owner: null })
    // The first one, one retry of the start, and four reconnects.
    expect(dialTimes(events.entries)).toHaveLength(6)
    await world.server.accept()
    await pause(300)
    expect(world.dials('shop')).toEqual([])
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('forty sessions at once: dials pass the limiter, all come back, and Node has nothing to warn of (invariant 10)', { tags: 'full' }, async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => {
      warnings.push(warning)
    }
    process.on('warning', note)
    await using world = await openWorld()
    const manager = world.makeManager({ dials: { perSecond: 30, concurrency: 5 } })
    const sessionIds = Array.from({ length: 40 }, (_, index) => `shop-${index}`)
    for (const sessionId of sessionIds) await world.link(sessionId)
    const report = await manager.restoreAll({ delayMs: 0, concurrency: 40 })
    expect(report.restored).toHaveLength(40)
    const before = world.server.attempts().length
    world.server.drop('*')
    await Promise.all(
      sessionIds.map(async (sessionId) => {
        await world.eventsOf(manager).until(() => world.eventsOf(manager).of('connected', sessionId).at(1), `the second connect of ${sessionId}`)
      }),
    )
    const starts = world.server
      .attempts()
      .slice(before)
      .map(({ acceptedAt }) => acceptedAt)
    expect(starts).toHaveLength(40)
    for (const [index, start] of starts.entries()) {
      const inItsSecond = starts.slice(index).filter((other) => other - start < 900)
      expect(inItsSecond.length).toBeLessThanOrEqual(30)
    }
    process.off('warning', note)
    expect(warnings).toEqual([])
  })
})

describe.concurrent('logins that fail', () => {
  it('three times, with the default delays: restored by the fourth dial, after 1, 2 and 4 s', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ retry: { jitter: 'none' }, reconnect: { jitter: 'none' } })
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 3)
    const result = await manager.restoreSession('shop')
    expect(result).toMatchObject({ outcome: 'restored', reason: null })
    expect(world.dials('shop').map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'success'])
    for (const [index, delayMs] of [1000, 2000, 4000].entries()) {
      expect(world.gaps('shop')[index]).toBeGreaterThanOrEqual(delayMs)
      expect(world.gaps('shop')[index]).toBeLessThan(delayMs + 5000)
    }
  })

  it('with the default jitter: no delay is longer than 1, 2 and 4 s', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ retry: undefined, reconnect: undefined })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 3)
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    const delays = events
      .of('status')
      .flatMap(({ status, nextRetryAt, lastDisconnect }) =>
        status === 'reconnecting' && nextRetryAt !== undefined && lastDisconnect !== undefined ? [nextRetryAt.getTime() - lastDisconnect.at.getTime()] : [],
      )
    expect(delays).toHaveLength(3)
    for (const [index, mostMs] of [1000, 2000, 4000].entries()) expect(delays[index]).toBeLessThanOrEqual(mostMs + 50)
  })

  it('four times: retrying is answered and recorded, and the next attempt goes on by itself', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ reconnect: { initialDelayMs: 100, factor: 2, maxDelayMs: 60_000, jitter: 'none' } })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 4)
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'retrying', reason: 'retries_exhausted' })
    expect(world.dials('shop')).toHaveLength(4)
    expect(events.of('disconnected').at(-1)).toMatchObject({ willRetry: true, nextRetryAt: expect.any(Date) })
    await manager.waitUntilConnected('shop')
    expect(world.dials('shop')).toHaveLength(5)
    // The attempts are counted on from one policy to the other.
    expect(world.gaps('shop')[3]).toBeGreaterThanOrEqual(800)
  })

  it('start over with the first delay only once a connection was stable (invariant 11)', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ reconnect: { initialDelayMs: 100, factor: 3, jitter: 'none', stableAfterMs: 3000 } })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const delays: number[] = []
    for (const stayMs of [0, 0, 3500]) {
      await pause(stayMs)
      const lost = events.next('disconnected', 'shop')
      const back = events.next('connected', 'shop')
      world.server.kick(deviceKey, 503)
      const { nextRetryAt } = await lost
      delays.push(Math.round(((nextRetryAt?.getTime() ?? 0) - Date.now()) / 100) * 100)
      await back
      await world.untilQuiet('shop', 50)
    }
    expect(delays).toEqual([100, 300, 100])
  })
})

describe.concurrent('a connection that goes dead', () => {
  it('as a black hole: noticed by keep-alive, closed well before the 30 s that Baileys would take, and dialled again', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ socketConfig: { keepAliveIntervalMs: 300 } })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const lost = events.next('disconnected', 'shop')
    const back = events.next('connected', 'shop')
    expect(world.server.blackHole(deviceKey)).toBe(1)
    const { nextRetryAt: _, ...rest } = await lost
    expect(rest).toEqual({ sessionId: 'shop', cause: 'connection_lost', code: 408, willRetry: true })
    expect(await world.filesOf('shop')).toEqual(files)
    await back
    expect(world.dials('shop')).toHaveLength(2)
    await world.server.waitFor(() => world.server.openConnections === 1, 3000)
  })

  it('while the session is stopped: the stop does not wait for it', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    world.server.blackHole(deviceKey)
    const before = Date.now()
    await manager.stop('shop')
    expect(Date.now() - before).toBeLessThan(8000)
    await world.server.waitFor(() => world.server.openConnections === 0, 3000)
  })
})

function dialTimes(entries: readonly { name: string; at: number }[]): number[] {
  return entries.filter(({ name }) => name === 'socket').map(({ at }) => at)
}

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0))
}
