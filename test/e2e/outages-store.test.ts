import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { SessionManager } from '../../src/index.js'
import { openWorld, pause } from '../support/e2e.js'
import { FaultyStore } from '../support/faulty-store.js'

vi.setConfig({ maxConcurrency: 12 })

/** The texts that the application gets, as they come. */
function textsOf(manager: SessionManager): string[] {
  const texts: string[] = []
  manager.on('socket', ({ socket }) => {
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { message } of messages) if (message?.conversation) texts.push(message.conversation)
    })
  })
  return texts
}

describe.concurrent('a store that goes away', () => {
  it('while the session is connected: no dial until it is back, then connected, and nothing of the message is lost (invariant 7)', async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store })
    const events = world.eventsOf(manager)
    const texts = textsOf(manager)
    const { deviceKey, phone } = await world.linkAndRestore(manager, 'shop')
    const files = await world.filesOf('shop')
    const waiting = events.nextStatus('shop', 'reconnecting', 'storage_unavailable')
    const back = events.next('connected', 'shop')
    store.isDown = true
    await world.server.phoneText(phone, deviceKey, 'hello')
    expect(await waiting).toMatchObject({ previous: 'connected', lastDisconnect: { cause: 'storage_failed', code: null }, nextRetryAt: expect.any(Date) })
    expect(events.of('error').map(({ error }) => error.code)).toContain('STORE_UNAVAILABLE')
    await pause(1200)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    expect(world.dials('shop')).toHaveLength(1)
    expect(world.server.openConnections).toBe(0)
    expect(await world.filesOf('shop')).toEqual(files)
    store.isDown = false
    await back
    expect(world.dials('shop')).toHaveLength(2)
    await world.server.waitFor(() => world.server.device(deviceKey).queued === 0)
    await world.server.phoneText(phone, deviceKey, 'still there')
    await vi.waitFor(() => {
      expect(texts.at(-1)).toBe('still there')
    }, 5000)
    expect(texts).toEqual(['hello', 'still there'])
  })

  it('before the start: no dial while it is away, then connected by itself', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store })
    const events = world.eventsOf(manager)
    await world.link('shop')
    const files = await world.filesOf('shop')
    store.isDown = true
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'retrying', reason: 'storage_unavailable', error: { code: 'STORE_UNAVAILABLE' } })
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    const back = events.next('connected', 'shop')
    await pause(500)
    expect(events.of('socket')).toEqual([])
    expect(await world.filesOf('shop')).toEqual(files)
    store.isDown = false
    await back
    expect(world.dials('shop')).toHaveLength(1)
  })

  it('and hangs: calls have a deadline, the socket is closed, and it comes back with every message (invariant 7)', async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store, storeTimeoutMs: 2000 })
    const events = world.eventsOf(manager)
    const { deviceKey, phone } = await world.linkAndRestore(manager, 'shop')
    const identity = await world.identityOf('shop')
    const texts = textsOf(manager)
    const waiting = events.nextStatus('shop', 'reconnecting', 'storage_unavailable')
    store.isHung = true
    for (const text of ['one', 'two', 'three']) await world.server.phoneText(phone, deviceKey, text)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected' })
    await waiting
    expect(events.of('error').map(({ error }) => error.code)).toContain('STORE_TIMEOUT')
    await pause(1000)
    expect(world.dials('shop')).toHaveLength(1)
    const back = events.next('connected', 'shop')
    store.isHung = false
    await back
    await vi.waitFor(() => {
      expect(texts).toEqual(['one', 'two', 'three'])
    }, 5000)
    await world.server.waitFor(() => world.server.device(deviceKey).queued === 0)
    expect(await world.identityOf('shop')).toEqual(identity)
  })

  it('while a session pairs: told before any QR code is shown, and nothing is dialled', async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store })
    store.isDown = true
    const connecting = manager.connect('shop')
    // Whether something is paired is not known: it may be a session that has to come back.
    await expect(connecting).resolves.toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    await pause(300)
    expect(world.eventsOf(manager).of('qr')).toEqual([])
    expect(world.eventsOf(manager).of('socket')).toEqual([])
  })

  it('for writes only, while a session pairs: an error before any QR code is shown', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store })
    store.isReadOnly = true
    await expect(manager.connect('shop')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(manager.requestPairingCode('shop', world.newPhone())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(world.eventsOf(manager).of('socket')).toEqual([])
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected' })
    store.isReadOnly = false
    expect(await manager.connect('shop')).toMatchObject({ status: 'pairing' })
  })

  it('right after the phone was linked: the pairing is kept, and stored once it is back (invariant 7)', async () => {
    await using world = await openWorld()
    const store = new FaultyStore(world.makeStore())
    const manager = world.makeManager({ store })
    const events = world.eventsOf(manager)
    await manager.connect('shop')
    const waiting = events.nextStatus('shop', 'reconnecting', 'storage_unavailable')
    const back = events.next('connected', 'shop')
    store.isDown = true
    const { phone } = await world.scan(manager, 'shop')
    await waiting
    expect(await world.filesOf('shop')).toEqual({})
    store.isDown = false
    expect(await back).toMatchObject({ phoneNumber: phone, restored: false })
    expect(world.dials('shop').map(({ purpose }) => purpose)).toEqual(['registration', 'login'])
    await manager.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})

const CORRUPT: [string, (whole: string) => string][] = [
  ['empty', () => ''],
  ['cut in half', (whole) => whole.slice(0, whole.length / 2)],
  ['valid JSON of another shape', () => '{"hello":[1,2,3]}'],
  ['JSON that is no object', () => 'null'],
  ['zeros', (whole) => '\0'.repeat(whole.length)],
  ['whole but for a key', (whole) => whole.replace('"noiseKey"', '"noisyKey"')],
]

describe.concurrent('credentials that cannot be read, with no copy of them', () => {
  it.each(CORRUPT)('%s: failed, without a dial, and not one byte is changed (invariant 3)', { tags: 'full' }, async (_name, spoil) => {
    await using world = await openWorld()
    await world.link('shop')
    const path = join(world.folderOf('shop'), 'creds.json')
    const text = spoil(await readFile(path, 'utf8'))
    await rm(join(world.folderOf('shop'), '.creds.backup.json'))
    await writeFile(path, text)
    const { mtimeMs } = await stat(path)
    const manager = world.makeManager()
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'failed', reason: 'credentials_corrupt' })
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'credentials_corrupt', error: { code: 'RECORD_CORRUPT' } })
    expect(await manager.connect('shop')).toMatchObject({ status: 'failed', reason: 'credentials_corrupt' })
    await expect(manager.requestPairingCode('shop', world.newPhone())).rejects.toMatchObject({ code: 'RECORD_CORRUPT' })
    expect((await manager.restoreAll({ delayMs: 0 })).failed).toMatchObject([{ sessionId: 'shop', reason: 'credentials_corrupt' }])
    await manager.close()
    expect(world.server.attempts()).toEqual([])
    expect(await readFile(path, 'utf8')).toBe(text)
    expect((await stat(path)).mtimeMs).toBe(mtimeMs)
    expect(Object.keys(await world.filesOf('shop'))).toEqual(['creds.json'])
  })

  it('a directory in their place: failed, without a dial, and it stays', { tags: 'full' }, async () => {
    await using world = await openWorld()
    await mkdir(join(world.folderOf('shop'), 'creds.json'), { recursive: true })
    const manager = world.makeManager()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'credentials_corrupt' })
    expect(await manager.connect('shop')).toMatchObject({ status: 'failed', reason: 'credentials_corrupt' })
    await manager.close()
    expect(world.server.attempts()).toEqual([])
    expect((await stat(join(world.folderOf('shop'), 'creds.json'))).isDirectory()).toBe(true)
  })

  it('that go bad while the session is connected are found at the next dial, and left alone', async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const { deviceKey } = await world.linkAndRestore(manager, 'shop')
    const path = join(world.folderOf('shop'), 'creds.json')
    await rm(join(world.folderOf('shop'), '.creds.backup.json'))
    await writeFile(path, '{')
    const failed = events.nextStatus('shop', 'failed')
    world.server.drop(deviceKey)
    expect(await failed).toMatchObject({ reason: 'credentials_corrupt' })
    await pause(500)
    expect(world.dials('shop')).toHaveLength(1)
    expect(await readFile(path, 'utf8')).toBe('{')
  })
})

describe.concurrent('credentials that cannot be read, with a copy of them', () => {
  it.each(CORRUPT.filter(([name]) => ['empty', 'cut in half', 'zeros'].includes(name)))(
    '%s: restored from the copy, announced, and mended',
    async (_name, spoil) => {
      await using world = await openWorld()
      await world.link('shop')
      const path = join(world.folderOf('shop'), 'creds.json')
      await writeFile(path, spoil(await readFile(path, 'utf8')))
      const manager = world.makeManager()
      const events = world.eventsOf(manager)
      expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
      expect(events.of('creds-restored')).toMatchObject([{ sessionId: 'shop', error: { code: 'RECORD_CORRUPT' } }])
      await manager.close()
      expect(await readFile(path, 'utf8')).toBe(await readFile(join(world.folderOf('shop'), '.creds.backup.json'), 'utf8'))
      const next = world.makeManager()
      expect(await next.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
      expect(world.eventsOf(next).of('creds-restored')).toEqual([])
    },
  )
})
