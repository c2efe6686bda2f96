import { describe, expect, it, vi } from 'vitest'
import type { SessionManager, SessionSnapshot, StatusReason } from '../../src/index.js'
import type { LinkedDevice } from '../../src/testing/whatsapp-server/index.js'
import { openWorld, type World } from '../support/e2e.js'

/** WhatsApp counts in whole seconds. */
const inHours = (hours: number): Date => new Date(Math.floor(Date.now() / 1000 + hours * 3600) * 1000)

async function untilReason(manager: SessionManager, reason: StatusReason | null): Promise<SessionSnapshot> {
  return vi.waitFor(
    async () => {
      const snapshot = await manager.getStatus('shop')
      expect(snapshot).toMatchObject({ status: 'connected', reason })
      return snapshot
    },
    { timeout: 20_000, interval: 20 },
  )
}

interface Shop {
  manager: SessionManager
  device: LinkedDevice
  /** Whether this Baileys asks for, and tells of, the limits of an account. */
  tellsLimits: boolean
}

async function openShop(world: World, keepAliveIntervalMs?: number): Promise<Shop> {
  const manager = world.makeManager(keepAliveIntervalMs === undefined ? {} : { socketConfig: { keepAliveIntervalMs } })
  const device = await world.linkAndRestore(manager, 'shop')
  return { manager, device, tellsLimits: Reflect.has(manager.getSocket('shop') ?? {}, 'fetchAccountReachoutTimelock') }
}

const jidOf = (phone: string): string => `${phone}@s.whatsapp.net`

describe.concurrent('a connection that is open, and yet', () => {
  it('knows when something, and when a message, last went over it', async () => {
    await using world = await openWorld()
    const { manager, device } = await openShop(world)
    const opened = await manager.getStatus('shop')
    expect(opened.lastFrameAt?.getTime()).toBeGreaterThanOrEqual(opened.since.getTime() - 5000)
    const events = world.eventsOf(manager).of('status').length
    const before = Date.now()
    await world.server.phoneText(world.newPhone(), device.deviceKey, 'hello')
    const received = await vi.waitFor(async () => {
      const { lastMessageAt } = await manager.getStatus('shop')
      expect(lastMessageAt?.getTime()).toBeGreaterThanOrEqual(before)
      return lastMessageAt ?? new Date(0)
    })
    await manager.getSocket('shop')?.sendMessage(jidOf(world.newPhone()), { text: 'hello' })
    await vi.waitFor(async () => {
      const { lastMessageAt, lastFrameAt } = await manager.getStatus('shop')
      expect(lastMessageAt?.getTime()).toBeGreaterThan(received.getTime())
      expect(lastFrameAt?.getTime()).toBeGreaterThanOrEqual(lastMessageAt?.getTime() ?? Infinity)
    })
    expect(world.eventsOf(manager).of('status')).toHaveLength(events)
  })

  it('does not respond: the server goes silent, and the library asks before Baileys gives up', { tags: 'full', timeout: 60_000 }, async () => {
    await using world = await openWorld()
    const { manager, device } = await openShop(world, 5000)
    const events = world.eventsOf(manager)
    world.server.blackHole(device.deviceKey)
    const lost = events.next('disconnected', 'shop', () => true, 40_000)
    await untilReason(manager, 'not_responding')
    expect(manager.getSocket('shop')).toBeDefined()
    expect(await lost).toMatchObject({ cause: 'connection_lost', willRetry: true })
    await untilReason(manager, null)
  })

  it('may start no new chats: WhatsApp says so, and lifts it', async ({ skip }) => {
    await using world = await openWorld()
    const { manager, device, tellsLimits } = await openShop(world)
    skip(!tellsLimits, 'this Baileys does not tell of the limits of an account')
    const until = inHours(24)
    world.server.lockReachout(device.phone, until)
    expect(await untilReason(manager, 'reachout_locked')).toMatchObject({ isConnected: true, restrictedUntil: until })
    world.server.lockReachout(device.phone, null)
    expect(await untilReason(manager, null)).not.toHaveProperty('restrictedUntil')
    world.server.capMessages(device.phone, until)
    expect(await untilReason(manager, 'message_capped')).toMatchObject({ restrictedUntil: until })
    world.server.capMessages(device.phone, null)
    await untilReason(manager, null)
  })

  it('may start no new chats: nobody says so until a message is refused with 463', async () => {
    await using world = await openWorld()
    const { manager, device, tellsLimits } = await openShop(world)
    const until = inHours(2)
    const { phone: friend } = await world.link('friend')
    await manager.getSocket('shop')?.sendMessage(jidOf(friend), { text: 'before' })
    await world.server.waitFor(() => world.server.messages(friend).length === 1)
    world.server.lockReachout(device.phone, until, { quietly: true })
    await manager.getSocket('shop')?.sendMessage(jidOf(friend), { text: 'this chat goes on' })
    await world.server.waitFor(() => world.server.messages(friend).length === 2)
    expect((await manager.getStatus('shop')).reason).toBeNull()
    const { phone: stranger } = await world.link('stranger')
    await manager.getSocket('shop')?.sendMessage(jidOf(stranger), { text: 'to a stranger' })
    const snapshot = await untilReason(manager, 'reachout_locked')
    if (tellsLimits) expect(snapshot.restrictedUntil).toEqual(until)
    expect(world.server.log.filter(({ kind }) => kind === 'message-refused')).toHaveLength(1)
  })

  it('cannot decrypt: each message that stays unreadable counts, and ten are an error', { timeout: 60_000 }, async () => {
    await using world = await openWorld()
    const { manager, device } = await openShop(world)
    const phone = world.newPhone()
    await world.server.phoneText(phone, device.deviceKey, 'readable')
    for (let message = 0; message < 12; message += 1) await world.server.phoneGarbled(phone, device.deviceKey)
    await vi.waitFor(
      async () => {
        expect(await manager.getStatus('shop')).toMatchObject({ status: 'connected', undecryptedMessages: 12 })
      },
      { timeout: 30_000, interval: 50 },
    )
    const codes = world
      .eventsOf(manager)
      .of('error', 'shop')
      .map(({ error }) => error.code)
    expect(codes).toEqual(['DECRYPTION_FAILING'])
  })
})
