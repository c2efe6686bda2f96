// @module-tag full
import * as baileys from '@whiskeysockets/baileys'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { openWorld, pause } from '../support/e2e.js'
import { BaileysClient, newDevice } from '../whatsapp-server/baileys-client.js'

vi.setConfig({ maxConcurrency: 10 })

describe.concurrent('restart required (515)', () => {
  it('dials at once twice in a row without counting, then backs off', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ reconnect: { initialDelayMs: 2500, jitter: 'none' } })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const identity = await world.identityOf('shop')
    for (const isFree of [true, true, false]) {
      const lost = events.next('disconnected', 'shop')
      const left = events.next('status', 'shop')
      const back = events.next('connected', 'shop')
      const files = await world.untilQuiet('shop')
      world.server.kick(deviceKey, 515)
      expect(await lost).toEqual({ sessionId: 'shop', cause: 'restart_required', code: 515, willRetry: true, nextRetryAt: isFree ? null : expect.any(Date) })
      const status = await left
      expect(status).toMatchObject({ status: isFree ? 'connecting' : 'reconnecting', reason: 'restart_required' })
      expect(status.attempt).toBe(isFree ? undefined : 1)
      expect(await world.filesOf('shop')).toEqual(files)
      await back
    }
    expect(world.dials('shop')).toHaveLength(4)
    const kicks = world.server.log.filter(({ kind }) => kind === 'kick').map(({ at }) => at)
    const waits = world
      .dials('shop')
      .slice(1)
      .map(({ acceptedAt }, index) => acceptedAt - (kicks[index] ?? 0))
    expect(waits[0]).toBeLessThan(2500)
    expect(waits[1]).toBeLessThan(2500)
    expect(waits[2]).toBeGreaterThanOrEqual(2500)
    expect(await world.identityOf('shop')).toEqual(identity)
  })

  it('at the login: restored by the third dial, attempts at zero', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ retry: { initialDelayMs: 5000, jitter: 'none' } })
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 2, 515)
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
    expect(world.dials('shop')).toHaveLength(3)
    expect(await manager.getStatus('shop')).not.toHaveProperty('attempt')
    expect(
      world
        .eventsOf(manager)
        .of('status')
        .filter(({ attempt }) => attempt !== undefined),
    ).toEqual([])
  })
})

describe.concurrent('connection replaced (440)', () => {
  it('is retried once after replacedDelayMs; replaced again, it has failed, and a person may restore it', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ replacedDelayMs: 500 })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const waiting = events.nextStatus('shop', 'reconnecting', 'connection_replaced')
    const back = events.next('connected', 'shop')
    const before = Date.now()
    world.server.kick(deviceKey, 440)
    const { nextRetryAt, lastDisconnect } = await waiting
    expect(nextRetryAt?.getTime()).toBeGreaterThanOrEqual(before + 500)
    expect(lastDisconnect).toMatchObject({ code: 440, cause: 'connection_replaced' })
    expect(await world.filesOf('shop')).toEqual(files)
    await back
    expect(world.dials('shop')).toHaveLength(2)
    expect(world.dials('shop')[1]?.acceptedAt).toBeGreaterThanOrEqual(before + 499)

    const settled = await world.untilQuiet('shop')
    const failed = events.nextStatus('shop', 'failed')
    world.server.kick(deviceKey, 440)
    expect(await failed).toMatchObject({ reason: 'connection_replaced', owner: null })
    expect(events.of('disconnected').at(-1)).toEqual({ sessionId: 'shop', cause: 'connection_replaced', code: 440, willRetry: false, nextRetryAt: null })
    await pause(800)
    expect(world.dials('shop')).toHaveLength(2)
    expect(await world.filesOf('shop')).toEqual(settled)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'failed', reason: 'connection_replaced' })
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('does not flap with another client of the same credentials: it tries once, and gives way', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ replacedDelayMs: 300 })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const creds = JSON.parse(await readFile(join(world.folderOf('shop'), 'creds.json'), 'utf8'), baileys.BufferJSON.reviver) as baileys.AuthenticationCreds
    const twin = newDevice()
    Object.assign(twin.state.creds, creds)

    const waiting = events.nextStatus('shop', 'reconnecting', 'connection_replaced')
    const back = events.next('connected', 'shop')
    const first = await new BaileysClient(world.server.url, twin).opened()
    await waiting
    expect(await world.filesOf('shop')).toEqual(files)
    await back
    expect(await first.closed()).toMatchObject({ code: 440 })

    const failed = events.nextStatus('shop', 'failed', 'connection_replaced')
    const second = await new BaileysClient(world.server.url, twin).opened()
    await failed
    await pause(700)
    expect(world.dials('shop')).toHaveLength(2)
    expect(second.ending).toBeNull()
    expect(world.server.isOnline(deviceKey)).toBe(true)
    await second.end()
  })
})

describe.concurrent('client outdated (405)', () => {
  const OUTDATED = { code: 405, via: 'failure' } as const

  it('asks the version provider once, backs off slowly, then has failed', async () => {
    await using world = await openWorld()
    let questions = 0
    const manager = world.makeManager({
      version: async () => [2, 3000, 1_020_000_000 + ++questions],
      retry: { maxRetries: 10, initialDelayMs: 10, factor: 2, jitter: 'none' },
    })
    const { deviceKey } = await world.link('shop')
    const files = await world.filesOf('shop')
    world.server.failLogins(deviceKey, 100, OUTDATED)
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'client_outdated' })
    // Ten times as slow as the back-off of 10, 20, 40, 80 ms.
    expect(world.dials('shop')).toHaveLength(5)
    for (const [index, delayMs] of [100, 200, 400, 800].entries()) {
      expect(world.gaps('shop')[index]).toBeGreaterThanOrEqual(delayMs)
      expect(world.gaps('shop')[index]).toBeLessThan(delayMs + 5000)
    }
    // No restore asks; the refusal does.
    expect(questions).toBe(1)
    const lost = world.eventsOf(manager).of('disconnected')
    expect(lost).toMatchObject([true, true, true, true, false].map((willRetry) => ({ cause: 'client_outdated', code: 405, willRetry })))
    await pause(1200)
    expect(world.dials('shop')).toHaveLength(5)
    expect(await world.filesOf('shop')).toEqual(files)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'failed', reason: 'client_outdated' })
  })

  it('dials with the version that the provider answers after the refusal', async () => {
    await using world = await openWorld()
    const versions: unknown[] = []
    const manager = world.makeManager({
      baileys: {
        ...baileys,
        makeWASocket: (config) => {
          versions.push(config.version)
          return baileys.makeWASocket(config)
        },
      },
      version: async () => [2, 3000, 1_020_000_001],
      retry: { maxRetries: 3, initialDelayMs: 20, factor: 1, jitter: 'none' },
    })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 1, OUTDATED)
    const waiting = events.nextStatus('shop', 'reconnecting', 'client_outdated')
    const restoring = manager.restoreSession('shop')
    const { nextRetryAt, lastDisconnect } = await waiting
    expect((nextRetryAt?.getTime() ?? 0) - (lastDisconnect?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(200)
    expect(await restoring).toMatchObject({ outcome: 'restored' })
    expect(versions).toEqual([undefined, [2, 3000, 1_020_000_001]])
  })

  it('of a connected session: the same', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ reconnect: { initialDelayMs: 20, factor: 1, jitter: 'none' } })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const back = events.next('connected', 'shop')
    const waiting = events.nextStatus('shop', 'reconnecting', 'client_outdated')
    const before = Date.now()
    world.server.kick(deviceKey, 405)
    expect((await waiting).nextRetryAt?.getTime()).toBeGreaterThanOrEqual(before + 200)
    expect(await world.filesOf('shop')).toEqual(files)
    await back
    expect(world.dials('shop')).toHaveLength(2)
    expect(world.dials('shop')[1]?.acceptedAt).toBeGreaterThanOrEqual(before + 199)
  })
})

describe.concurrent('rate limited (429)', () => {
  it('of a connected session: a cool-down without a dial, then connected', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ rateLimitCoolDownMs: 1200 })
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const lost = events.next('disconnected', 'shop')
    const back = events.next('connected', 'shop')
    const before = Date.now()
    world.server.kick(deviceKey, { code: 429, via: 'failure' })
    const { nextRetryAt, ...rest } = await lost
    expect(rest).toEqual({ sessionId: 'shop', cause: 'rate_limited', code: 429, willRetry: true })
    expect(nextRetryAt?.getTime()).toBeGreaterThanOrEqual(before + 1200)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'rate_limited', nextRetryAt })
    expect(await world.filesOf('shop')).toEqual(files)
    // Somebody who is in a hurry does not make it any shorter.
    expect(await manager.connect('shop')).toMatchObject({ status: 'reconnecting', reason: 'rate_limited' })
    await back
    expect(world.dials('shop')).toHaveLength(2)
    expect(world.dials('shop')[1]?.acceptedAt).toBeGreaterThanOrEqual((nextRetryAt?.getTime() ?? 0) - 1)
  })

  it('at the login: remembered, so that a new manager waits for the rest of the cool-down', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ rateLimitCoolDownMs: 2000 })
    const { deviceKey } = await world.link('shop')
    world.server.failLogins(deviceKey, 1, { code: 429, via: 'failure' })
    const before = Date.now()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'retrying', reason: 'rate_limited' })
    await manager.close()

    const second = world.makeManager()
    expect(await second.restoreSession('shop')).toMatchObject({ outcome: 'retrying', reason: 'rate_limited' })
    const { status, reason, nextRetryAt } = await second.getStatus('shop')
    expect({ status, reason }).toEqual({ status: 'reconnecting', reason: 'rate_limited' })
    expect(nextRetryAt?.getTime()).toBeGreaterThanOrEqual(before + 2000)
    expect(nextRetryAt?.getTime()).toBeLessThan(before + 7000)
    expect(world.dials('shop')).toHaveLength(1)
    await second.waitUntilConnected('shop')
    expect(world.dials('shop')).toHaveLength(2)
    expect(world.gaps('shop')[0]).toBeGreaterThanOrEqual(1999)
    await second.close()
    // It is over: the next manager does not wait.
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})
