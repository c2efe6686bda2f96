import { BufferJSON, initAuthCreds } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { CREDS_KEY, type SessionManager } from '../../src/index.js'
import type { LinkedDevice } from '../../src/testing/whatsapp-server/index.js'
import { BAILEYS_FEATURES } from '../support/baileys-features.js'
import { fromOthers, textOf } from '../support/children/message-text.js'
import { SessionProcess } from '../support/children/session-process.js'
import { openWorld, type World } from '../support/e2e.js'

/** Records the texts from others that reach the handlers of a manager: attached once, before anything is started. */
function recordTexts(manager: SessionManager): { of(sessionId: string): (string | null)[]; until(sessionId: string, text: string): Promise<void> } {
  const texts: { sessionId: string; text: string | null }[] = []
  const waiting = new Set<() => void>()
  manager.on('socket', ({ sessionId, socket }) => {
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of fromOthers(messages, socket)) texts.push({ sessionId, text: textOf(message) })
      for (const look of waiting) look()
    })
  })
  const of = (sessionId: string): (string | null)[] => texts.filter((entry) => entry.sessionId === sessionId).map(({ text }) => text)
  return {
    of,
    until: async (sessionId, text) =>
      new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`"${text}" did not come; there were ${JSON.stringify(of(sessionId))}`))
        }, 15_000)
        const look = (): void => {
          if (!of(sessionId).includes(text)) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

/** The address of a phone, without the number of a device. */
const chatOf = ({ phone }: LinkedDevice): string => `${phone}@s.whatsapp.net`

/** A session `friend` in this process, of another phone. */
async function openFriend(
  world: World,
): Promise<{ friend: LinkedDevice; manager: SessionManager; say: (to: LinkedDevice, text: string) => Promise<void>; texts: ReturnType<typeof recordTexts> }> {
  const manager = world.makeManager()
  const texts = recordTexts(manager)
  const friend = await world.linkAndRestore(manager, 'friend')
  const say = async (to: LinkedDevice, text: string): Promise<void> => {
    await manager.getSocket('friend')?.sendMessage(chatOf(to), { text })
  }
  return { friend, manager, say, texts }
}

describe.concurrent('messages', () => {
  it('that were sent while the process was down arrive after the restore, exactly once', async () => {
    await using world = await openWorld()
    const { say } = await openFriend(world)
    const shop = await world.link('shop')
    const phone = world.newPhone()
    const process = await SessionProcess.start(world)
    await process.call('restoreSession', 'shop')
    await say(shop, 'before')
    await process.journal.first('text', ({ text }) => text === 'before')
    await process.kill()

    await world.server.phoneText(phone, shop.deviceKey, 'from a phone')
    await say(shop, 'from a device')
    await world.server.waitFor(() => world.server.device(shop.deviceKey).queued >= 2)
    await using next = await SessionProcess.start(world)
    await next.call('getStatus', 'shop')
    await next.journal.first('text', ({ text }) => text === 'from a phone')
    await next.journal.first('text', ({ text }) => text === 'from a device')
    await world.server.waitFor(() => world.server.device(shop.deviceKey).queued === 0)
    await world.server.phoneText(phone, shop.deviceKey, 'the last one')
    await next.journal.first('text', ({ text }) => text === 'the last one')
    expect(next.journal.texts('shop').toSorted()).toEqual(['from a device', 'from a phone', 'the last one'])
    await next.call('close')
    await next.exit()

    const manager = world.makeManager()
    const texts = recordTexts(manager)
    await manager.restoreSession('shop')
    await world.server.phoneText(phone, shop.deviceKey, 'another one')
    await texts.until('shop', 'another one')
    expect(texts.of('shop')).toEqual(['another one'])
  })

  it('go both ways across three restarts with SIGKILL, and all decrypt (invariant 6)', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const { friend, say, texts } = await openFriend(world)
    const shop = await world.link('shop')
    const expected: string[] = []
    for (let round = 1; round <= 4; round++) {
      await using process = await SessionProcess.start(world)
      await process.call('restoreSession', 'shop')
      for (const part of ['a', 'b']) {
        await say(shop, `to shop ${round}${part}`)
        await process.journal.first('text', ({ text }) => text === `to shop ${round}${part}`)
        await process.sendText('shop', chatOf(friend), `to friend ${round}${part}`)
        await texts.until('friend', `to friend ${round}${part}`)
        expected.push(`to friend ${round}${part}`)
      }
      expect(process.journal.texts('shop')).toEqual(expect.arrayContaining([`to shop ${round}a`, `to shop ${round}b`]))
      expect(process.journal.texts('shop')).not.toContain(null)
      expect(process.journal.all('qr')).toEqual([])
      await process.kill()
    }
    expect(texts.of('friend')).toEqual(expected)
    expect(world.server.log.filter(({ kind, detail }) => kind === 'receipt' && detail['kind'] === 'retry')).toEqual([])
  })

  it('go both ways across restarts by close, which end in the middle of sending', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const { friend, texts } = await openFriend(world)
    await world.link('shop')
    const resolved: string[] = []
    // Elsewhere messages that are sent at once use one key twice.
    const isParallel = await BAILEYS_FEATURES.transactionsWait.detect()
    for (let round = 1; round <= 3; round++) {
      const manager = world.makeManager()
      await manager.restoreSession('shop')
      const socket = manager.getSocket('shop')
      let before: Promise<unknown> = Promise.resolve()
      const sends = Array.from({ length: 5 }, (_, index) => {
        const text = `${round}.${index}`
        const turn = isParallel ? Promise.resolve() : before
        const sending = turn.then(async () => {
          await socket?.sendMessage(chatOf(friend), { text })
          resolved.push(text)
        })
        before = sending.catch(() => undefined)
        return sending
      })
      await Promise.race(sends)
      expect(await manager.close()).toEqual({ closed: ['shop'], notDrained: [] })
      await Promise.allSettled(sends)
    }
    for (const text of resolved) await texts.until('friend', text)
    // What was cut off may have left or not, but nothing that arrived is unreadable or came twice.
    expect(texts.of('friend')).not.toContain(null)
    expect(new Set(texts.of('friend')).size).toBe(texts.of('friend').length)
  })

  it('reach a handler that was attached once, on every socket to come', { tags: 'full' }, async () => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const texts = recordTexts(manager)
    const shop = await world.linkAndRestore(manager, 'shop')
    const phone = world.newPhone()
    const expected: string[] = []
    for (const text of ['one', 'two', 'three']) {
      await world.server.phoneText(phone, shop.deviceKey, text)
      await texts.until('shop', text)
      expected.push(text)
      const again = events.next('connected', 'shop')
      world.server.drop(shop.deviceKey, { reset: text === 'two' })
      await world.server.phoneText(phone, shop.deviceKey, `${text} and a half`)
      await again
      await texts.until('shop', `${text} and a half`)
      expected.push(`${text} and a half`)
    }
    expect(texts.of('shop')).toEqual(expected)
    expect(events.of('socket', 'shop')).toHaveLength(4)
  })
})

/** How a session is ended whose messages are still buffered. */
const ENDS: Record<string, (world: World, manager: SessionManager, device: LinkedDevice) => Promise<unknown>> = {
  'is stopped': async (_world, manager) => manager.stop('shop'),
  'is closed': async (_world, manager) => manager.close(),
  'is lost': async (world, manager, { deviceKey }) => {
    const lost = world.eventsOf(manager).next('disconnected', 'shop')
    world.server.drop(deviceKey)
    await lost
  },
  'is replaced': async (world, manager, { deviceKey }) => {
    const lost = world.eventsOf(manager).next('disconnected', 'shop')
    world.server.kick(deviceKey, 440)
    await lost
  },
}

/** Stores a device as it is right after its pairing: at its next login Baileys waits up to 20 s for the history of the phone. */
async function linkWithoutHistory(world: World): Promise<LinkedDevice> {
  const creds = initAuthCreds()
  const device = world.server.linkDirect(creds, { phone: world.newPhone() })
  await world
    .makeStore()
    .write('shop', [{ ...CREDS_KEY, value: JSON.stringify({ ...creds, accountSyncCounter: 0, myAppStateKeyId: undefined }, BufferJSON.replacer) }])
  return device
}

describe.concurrent('messages that Baileys holds back after the first login', () => {
  it.each(Object.entries(ENDS))('are handed over when the session %s, and do not come again (invariant 12)', { tags: 'full' }, async (_name, end) => {
    await using world = await openWorld()
    const manager = world.makeManager()
    const texts = recordTexts(manager)
    const device = await linkWithoutHistory(world)
    await world.server.phoneText(world.newPhone(), device.deviceKey, 'held back')
    await manager.restoreSession('shop')
    // It is acknowledged: the server will not send it again.
    await world.server.waitFor(() => world.server.device(device.deviceKey).queued === 0)
    // A Baileys that waits for no history has handed it over by now, or the library for it, or does so at the end.
    if (await BAILEYS_FEATURES.fetchesHistory.detect()) expect(texts.of('shop')).toEqual([])
    await end(world, manager, device)
    expect(texts.of('shop')).toEqual(['held back'])
    await manager.close()

    const next = world.makeManager()
    const later = recordTexts(next)
    await next.connect('shop')
    await next.waitUntilConnected('shop')
    await world.server.phoneText(world.newPhone(), device.deviceKey, 'after')
    await later.until('shop', 'after')
    expect(later.of('shop')).toEqual(['after'])
  })
})

describe.concurrent('messages that are being read when a session is ended', () => {
  it.each(['stop', 'close'] as const)('by %s arrive all the same, exactly once', async (verb) => {
    await using world = await openWorld()
    const shop = await world.link('shop')
    const phone = world.newPhone()
    const store = world.makeStore()
    const write = store.write.bind(store)
    let isDue = false
    let end = async (): Promise<unknown> => undefined
    let ending: Promise<unknown> = Promise.resolve()
    // The moment in which a message is decrypted, and not yet acknowledged: it could not be decrypted a second time.
    store.write = async (sessionId, changes, options) => {
      if (isDue && changes.some(({ type }) => type === 'session')) {
        isDue = false
        ending = end()
      }
      await write(sessionId, changes, options)
    }
    const read: (string | null)[] = []
    const sent: string[] = []
    for (let round = 1; round <= 3; round++) {
      const manager = world.makeManager({ store })
      const texts = recordTexts(manager)
      await manager.connect('shop')
      await manager.waitUntilConnected('shop')
      end = async () => (verb === 'stop' ? manager.stop('shop') : manager.close())
      isDue = true
      await Promise.all(
        ['a', 'b', 'c'].map(async (part) => {
          sent.push(`${round}${part}`)
          await world.server.phoneText(phone, shop.deviceKey, `${round}${part}`)
        }),
      )
      await vi.waitFor(
        () => {
          expect(isDue).toBe(false)
        },
        { timeout: 10_000 },
      )
      await ending
      read.push(...texts.of('shop'))
      await manager.close()
    }
    const manager = world.makeManager()
    const texts = recordTexts(manager)
    await manager.connect('shop')
    await manager.waitUntilConnected('shop')
    await world.server.waitFor(() => world.server.device(shop.deviceKey).queued === 0)
    await manager.stop('shop')
    expect([...read, ...texts.of('shop')].toSorted()).toEqual(sent)
  })
})
