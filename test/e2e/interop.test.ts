// @module-tag full
import * as baileys from '@whiskeysockets/baileys'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { SessionManager } from '../../src/index.js'
import { silentLogger } from '../../src/logger.js'
import { fromOthers, textOf } from '../support/children/message-text.js'
import { openWorld, type World } from '../support/e2e.js'

/** A socket made as the documentation of Baileys says, on a folder of `useMultiFileAuthState`. */
interface StockSocket extends AsyncDisposable {
  socket: baileys.WASocket
  /** Resolves with the first QR code, or `null` when it opens without one. */
  qr: Promise<string | null>
  /** Resolves when it is closed, with the status code. */
  closed: Promise<number | undefined>
  /** Resolves when it is open. */
  opened: Promise<void>
  texts: (string | null)[]
  until(text: string): Promise<void>
  end(): Promise<void>
}

async function openStock(world: World, sessionId: string): Promise<StockSocket> {
  const { state, saveCreds } = await baileys.useMultiFileAuthState(join(world.directory, `session-${sessionId}`))
  const socket = baileys.makeWASocket({ auth: state, waWebSocketUrl: `${world.server.url}?client=${sessionId}`, logger: silentLogger() })
  const saves: Promise<void>[] = []
  socket.ev.on('creds.update', () => {
    saves.push(saveCreds())
  })
  const texts: (string | null)[] = []
  const waiting = new Set<() => void>()
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const message of fromOthers(messages, socket)) texts.push(textOf(message))
    for (const look of waiting) look()
  })
  const updates = <Value>(find: (update: Partial<baileys.ConnectionState>) => Value | undefined): Promise<Value> =>
    new Promise((resolve) => {
      socket.ev.on('connection.update', (update) => {
        const found = find(update)
        if (found !== undefined) resolve(found)
      })
    })
  const closed = updates(({ connection, lastDisconnect }) => (connection === 'close' ? { code: statusCodeOf(lastDisconnect?.error) } : undefined)).then(
    ({ code }) => code,
  )
  const end = async (): Promise<void> => {
    await socket.end(undefined)
    await Promise.all(saves)
  }
  return {
    socket,
    closed,
    texts,
    end,
    [Symbol.asyncDispose]: end,
    qr: updates(({ qr, connection }) => (connection === 'open' ? null : qr)),
    opened: updates(({ connection }) => (connection === 'open' ? true : undefined)).then(() => undefined),
    until: async (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (texts.includes(text)) resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

function statusCodeOf(error: Error | undefined): number | undefined {
  const output: unknown = error === undefined ? undefined : Reflect.get(error, 'output')
  const code: unknown = typeof output === 'object' && output !== null ? Reflect.get(output, 'statusCode') : undefined
  return typeof code === 'number' ? code : undefined
}

/** Pairs a folder with stock code, which knows no refreshed registration, and resolves with the socket that is open after the restart. */
async function pairWithStock(world: World, sessionId: string): Promise<{ deviceKey: string; phone: string; stock: StockSocket }> {
  const first = await openStock(world, sessionId)
  const { deviceKey, phone } = await world.server.scanQr((await first.qr) ?? '', { phone: world.newPhone() })
  expect(await first.closed).toBe(515)
  const stock = await openStock(world, sessionId)
  await stock.opened
  return { deviceKey, phone, stock }
}

/** A manager that keeps the texts it gets for a session. */
function managerWithTexts(world: World): { manager: SessionManager; texts: (string | null)[] } {
  const manager = world.makeManager()
  const texts: (string | null)[] = []
  manager.on('socket', ({ socket }) => {
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of fromOthers(messages, socket)) texts.push(textOf(message))
    })
  })
  return { manager, texts }
}

describe.concurrent('a folder of useMultiFileAuthState', () => {
  it('that stock code has paired restores here without a QR code, and its messages decrypt', async () => {
    await using world = await openWorld({ registration: 'classic' })
    const { deviceKey, phone, stock } = await pairWithStock(world, 'shop')
    await using _stock = stock
    const friend = world.newPhone()
    await world.server.phoneText(friend, deviceKey, 'to stock')
    await stock.until('to stock')
    await stock.end()
    await world.server.phoneText(friend, deviceKey, 'in between')

    const { manager, texts } = managerWithTexts(world)
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'connecting', reason: 'restoring', phoneNumber: phone })
    await manager.waitUntilConnected('shop')
    await world.server.phoneText(friend, deviceKey, 'to the manager')
    await world.server.waitFor(() => world.server.device(deviceKey).queued === 0)
    await manager.stop('shop')
    // Baileys may hand over what waited at the server after what came later.
    expect(texts.toSorted()).toEqual(['in between', 'to the manager'])
    expect(world.eventsOf(manager).of('qr')).toEqual([])
    expect(world.server.registrations()).toHaveLength(1)
  })

  it('that this library has paired restores with stock code, and goes back and forth', async () => {
    await using world = await openWorld()
    const { manager } = managerWithTexts(world)
    const { deviceKey } = await world.pair(manager, 'shop')
    const friend = world.newPhone()
    const heard: (string | null)[] = []
    world.server.on('message', ({ phone, text }) => {
      if (phone === friend) heard.push(text)
    })
    await world.server.phoneText(friend, deviceKey, 'round 0')
    await world.server.waitFor(() => world.server.device(deviceKey).queued === 0)
    await manager.close()

    for (let round = 1; round <= 2; round++) {
      await using stock = await openStock(world, 'shop')
      expect(await stock.qr).toBeNull()
      await world.server.phoneText(friend, deviceKey, `to stock ${round}`)
      await stock.until(`to stock ${round}`)
      await stock.socket.sendMessage(`${friend}@s.whatsapp.net`, { text: `from stock ${round}` })
      await stock.end()
      expect(stock.texts).not.toContain(null)

      const next = managerWithTexts(world)
      expect(await next.manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
      await world.server.phoneText(friend, deviceKey, `to the manager ${round}`)
      await world.server.waitFor(() => world.server.device(deviceKey).queued === 0)
      await next.manager.getSocket('shop')?.sendMessage(`${friend}@s.whatsapp.net`, { text: `from the manager ${round}` })
      await next.manager.close()
      expect(next.texts).toEqual([`to the manager ${round}`])
    }
    await vi.waitFor(() => {
      expect(heard).toEqual(['from stock 1', 'from the manager 1', 'from stock 2', 'from the manager 2'])
    })
    expect(world.server.registrations()).toHaveLength(1)
    expect(world.server.log.filter(({ kind, detail }) => kind === 'receipt' && detail['kind'] === 'retry')).toEqual([])
  })

  it('that was paired again with stock code after a logout is not held to what was remembered', { tags: 'full' }, async () => {
    await using world = await openWorld({ registration: 'classic' })
    const { deviceKey } = await world.link('shop')
    world.server.removeDevice(deviceKey)
    const manager = world.makeManager()
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    await manager.close()
    const folder = join(world.directory, 'session-shop')
    for (const name of await readdir(folder)) if (name !== 'lifecycle.json') await rm(join(folder, name))
    const { stock } = await pairWithStock(world, 'shop')
    await stock.end()
    expect(await readdir(folder)).toContain('lifecycle.json')
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })

  it('that stock code never finished to pair is told so, and paired here with the identity that is stored', { tags: 'full' }, async () => {
    await using world = await openWorld()
    await using stock = await openStock(world, 'shop')
    expect(await stock.qr).not.toBeNull()
    await stock.socket.requestPairingCode(world.newPhone())
    await stock.end()
    const manager = world.makeManager()
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'disconnected', reason: 'pairing_incomplete' })
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'skipped', reason: 'pairing_incomplete' })
    await world.pair(manager, 'shop')
    await manager.close()
    expect(await world.makeManager().restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})
