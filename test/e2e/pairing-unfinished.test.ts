import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as baileys from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { MemorySessionStore, type DisconnectCause, type SessionSnapshot, type StatusReason } from '../../src/index.js'
import type { Kick } from '../../src/testing/whatsapp-server/index.js'
import { openWorld, pause, referenceOf, type World } from '../support/e2e.js'

vi.setConfig({ maxConcurrency: 12 })

describe.concurrent('a pairing that nobody finishes', () => {
  it('by QR: expires when the codes are used up, leaves nothing, and begins anew when a person connects (invariant 3)', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ socketConfig: { qrTimeout: 150 } })
    const events = world.eventsOf(manager)
    const ended = events.nextStatus('shop', 'disconnected')
    const { qr: first = '' } = await manager.connect('shop')
    expect(await ended).toMatchObject({ previous: 'pairing', reason: 'pairing_expired', owner: null, lastDisconnect: { code: 408, cause: 'pairing_expired' } })
    expect(new Set(events.of('qr').map(({ qr }) => referenceOf(qr))).size).toBe(6)
    expect(events.of('disconnected')).toEqual([{ sessionId: 'shop', cause: 'pairing_expired', code: 408, willRetry: false, nextRetryAt: null }])
    expect(await manager.getStatus('shop')).not.toHaveProperty('qr')
    await expect(manager.waitUntilConnected('shop')).rejects.toMatchObject({ code: 'NOT_PAIRED' })
    await pause(700)
    expect(world.dials('shop')).toHaveLength(1)
    expect(world.server.openConnections).toBe(0)
    expect(await world.filesOf('shop')).toEqual({})
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'skipped' })
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'never_paired' })

    const { status, qr } = await manager.connect('shop')
    expect(status).toBe('pairing')
    expect(qr).not.toBe(first)
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'registration'])
  })

  it('by code: expires with the codes, and leaves nothing to log in with', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ socketConfig: { qrTimeout: 150 } })
    const events = world.eventsOf(manager)
    const ended = events.nextStatus('shop', 'disconnected')
    await manager.requestPairingCode('shop', world.newPhone())
    expect(await ended).toMatchObject({ reason: 'pairing_expired' })
    expect(await world.filesOf('shop')).toEqual({})
    expect(await manager.connect('shop')).toMatchObject({ status: 'pairing' })
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'registration'])
  })

  it('leaves no timer: a process that does nothing else ends by itself, without close', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const root = Buffer.from(world.server.rootPublicKey).toString('hex')
    const child = fork(fileURLToPath(new URL('./pairing-expiry-child.ts', import.meta.url)), [world.directory, world.server.url, root], {
      execArgv: ['--import', 'tsx'],
    })
    const told: { status: string; reason: string | null; at: number }[] = []
    // Only this script sends messages, and these are all it sends.
    child.on('message', (message) => {
      told.push(message as (typeof told)[number])
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    const exitedAt = Date.now()
    expect(code).toBe(0)
    expect(told.at(-1)).toMatchObject({ status: 'disconnected', reason: 'pairing_expired' })
    expect(exitedAt - (told.at(-1)?.at ?? 0)).toBeLessThan(8000)
  })

  it('is stopped by stop: no QR code comes afterwards', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ socketConfig: { qrTimeout: 150 } })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    await manager.stop('shop')
    const told = events.entries.length
    await pause(500)
    expect(events.entries).toHaveLength(told)
    expect(world.server.openConnections).toBe(0)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected' })
  })
})

describe.concurrent('a network that is cut during a pairing', () => {
  it('brings a new QR code that works', async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ store: new MemorySessionStore() })
    const events = world.eventsOf(manager)
    const { qr: first = '' } = await manager.connect('shop')
    const waiting = events.nextStatus('shop', 'reconnecting')
    const shown = events.next('qr', 'shop', ({ qr }) => referenceOf(qr) !== referenceOf(first))
    world.server.drop('*')
    expect(await waiting).toMatchObject({ previous: 'pairing', reason: 'connection_lost', attempt: 1, lastDisconnect: { cause: 'connection_closed' } })
    await shown
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'pairing', qr: events.of('qr').at(-1)?.qr })
    await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'registration', 'login'])
    expect(world.gaps('shop')[0]).toBeGreaterThanOrEqual(99)
  })

  it.each([
    ['cut each time', false],
    ['gone for good', true],
  ])('%s: retried after 100, 200 and 400 ms, then disconnected', { tags: 'full' }, async (_name, isGone) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const ended = events.nextStatus('shop', 'disconnected')
    if (!isGone)
      manager.on('qr', () => {
        world.server.drop('*')
      })
    await manager.connect('shop')
    if (isGone) {
      await world.server.refuse(Infinity, { how: 'listen' })
      world.server.drop('*')
    }
    expect(await ended).toMatchObject({ reason: 'retries_exhausted', owner: null })
    const times = events.entries.flatMap(({ name, at }) => (name === 'socket' ? [at] : []))
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(gaps).toHaveLength(3)
    for (const [index, delayMs] of [100, 200, 400].entries()) expect(gaps[index]).toBeGreaterThanOrEqual(delayMs - 1)
    expect(events.of('disconnected').map(({ willRetry }) => willRetry)).toEqual([true, true, true, false])
    await pause(700)
    expect(events.of('socket')).toHaveLength(4)
    expect(await world.filesOf('shop')).toEqual({})
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'retries_exhausted' })
  })

  it('with a server that never answers: the watchdog retries within the same bounds', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ connectTimeoutMs: 500 })
    const events = world.eventsOf(manager)
    world.server.muteHandshake(true)
    const ended = events.nextStatus('shop', 'disconnected')
    expect(await manager.connect('shop')).toMatchObject({ status: 'reconnecting', reason: 'connection_lost' })
    expect(await ended).toMatchObject({ reason: 'retries_exhausted', lastDisconnect: { cause: 'connect_timeout', code: null } })
    expect(events.of('socket')).toHaveLength(4)
    await world.server.waitFor(() => world.server.openConnections === 0)
  })

  it('a caller of connect may stop waiting: its timeout and its signal release it, the pairing goes on', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    world.server.delayHandshake(600)
    const abort = new AbortController()
    const aborted = manager.connect('shop', { signal: abort.signal })
    const late = manager.connect('shop', { timeoutMs: 200 })
    const patient = manager.connect('shop')
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    await expect(late).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT', sessionId: 'shop' })
    expect(await patient).toMatchObject({ status: 'pairing' })
    expect(world.dials('shop')).toHaveLength(1)
  })
})

interface Refusal {
  how: Kick
  cause: DisconnectCause
  status: SessionSnapshot['status']
  reason: StatusReason
}

const REFUSALS: Refusal[] = [
  { how: { code: 401, via: 'failure' }, cause: 'pairing_rejected', status: 'disconnected', reason: 'pairing_refused' },
  { how: { code: 429, via: 'failure' }, cause: 'rate_limited', status: 'disconnected', reason: 'rate_limited' },
  { how: { code: 403 }, cause: 'restricted', status: 'failed', reason: 'restricted' },
  { how: { code: 411 }, cause: 'multi_device_mismatch', status: 'failed', reason: 'multi_device_mismatch' },
]

describe.concurrent('a pairing that the server ends', () => {
  it.each(REFUSALS)('with $how: $status, and the next connect registers anew', { tags: 'full' }, async ({ how, cause, status, reason }) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    await manager.requestPairingCode('shop', world.newPhone())
    const ended = events.nextStatus('shop', status)
    world.server.kick('*', how)
    expect(await ended).toMatchObject({ reason, lastDisconnect: { cause, code: how.code } })
    expect(events.of('disconnected')).toMatchObject([{ willRetry: false }])
    expect(events.of('logged-out')).toEqual([])
    await pause(600)
    expect(world.dials('shop')).toHaveLength(1)
    expect(await world.filesOf('shop')).toEqual({})
    expect(await manager.connect('shop')).toMatchObject({ status: 'pairing', qr: expect.any(String) })
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'registration'])
  })

  it('with 515 before anything is paired: a new QR code at once', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager({ retry: { initialDelayMs: 5000, jitter: 'none' } })
    await manager.connect('shop')
    const shown = world.eventsOf(manager).next('qr', 'shop', () => true, 3000)
    world.server.kick('*', 515)
    await shown
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'registration'])
  })
})

/** What stock Baileys leaves behind when nobody finished the pairing: fresh credentials, by code with `me` in them. */
async function leaveBehind(world: World, creds: object): Promise<string> {
  const text = JSON.stringify({ ...baileys.initAuthCreds(), ...creds }, baileys.BufferJSON.replacer)
  await mkdir(world.folderOf('shop'), { recursive: true })
  await writeFile(join(world.folderOf('shop'), 'creds.json'), text)
  return text
}

const LEFT_BEHIND: [string, object, StatusReason][] = [
  ['by a QR code', {}, 'never_paired'],
  ['by a pairing code', { me: { id: '491700000099@s.whatsapp.net', name: '~' }, pairingCode: 'ABCD1234' }, 'pairing_incomplete'],
  [
    'by a pairing code that stock Baileys took for registered',
    { me: { id: '491700000099@s.whatsapp.net', name: '~' }, registered: true },
    'pairing_incomplete',
  ],
]

describe.concurrent('credentials that an unfinished pairing has left behind', () => {
  it.each(LEFT_BEHIND)('%s never log in; a person who connects gets a QR code, and then they are replaced', { tags: 'full' }, async (_name, creds, reason) => {
    await using world = await openWorld()
    await leaveBehind(world, creds)
    const files = await world.filesOf('shop')
    const manager = world.makeManager()
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason })
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason })
    expect(await manager.restoreSession('shop', { force: true })).toMatchObject({ outcome: 'skipped', reason })
    expect((await manager.restoreAll()).skipped).toMatchObject([{ sessionId: 'shop', reason }])
    expect(world.server.attempts()).toEqual([])
    await manager.connect('shop')
    expect(await world.filesOf('shop')).toEqual(files)
    const { phone } = await world.scan(manager, 'shop')
    await manager.waitUntilConnected('shop')
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'login'])
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected', phoneNumber: phone })
    const identity = await world.identityOf('shop')
    expect(JSON.stringify(identity)).toContain(phone)
    expect(await readdir(world.folderOf('shop'))).toContain('creds.json')
  })
})
