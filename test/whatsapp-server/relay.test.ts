// @module-tag full
import { describe, expect, it, vi } from 'vitest'
import { WhatsAppServer, type PhoneMessage } from '../../src/testing/whatsapp-server/index.js'
import { ServerFixture } from './server-fixture.js'

const fixture = new ServerFixture()

describe('messages between linked devices', () => {
  it('arrive, are answered, and are read by both phones too', async () => {
    const { server } = fixture
    const [a, b] = [fixture.link(), fixture.link()]
    const onPhones: PhoneMessage[] = []
    server.on('message', (message) => {
      onPhones.push(message)
    })
    const before = server.messages().length
    const [alice, bob] = [await fixture.open(a.device), await fixture.open(b.device)]
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'hello' })
    await bob.text('hello')
    await bob.socket.sendMessage(a.jid.replace(/:\d+/, ''), { text: 'hello yourself' })
    await alice.text('hello yourself')
    await server.waitFor(() => server.messages().length === before + 4)
    expect(server.messages().slice(before)).toEqual(onPhones)
    expect(server.messages(b.phone).map(({ text }) => text)).toEqual(['hello', null])
    expect(onPhones).toContainEqual(expect.objectContaining({ phone: b.phone, from: a.deviceKey, text: 'hello' }))
    // The sender's own phone is told in a message that wraps it.
    expect(onPhones).toContainEqual(expect.objectContaining({ phone: a.phone, from: a.deviceKey, text: null }))
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  it('wait for a device that is away, and come again until it has acknowledged them', async () => {
    const { server } = fixture
    const [a, b] = [fixture.link(), fixture.link()]
    const alice = await fixture.open(a.device)
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'while away' })
    await server.waitFor(() => server.device(b.deviceKey).queued === 1)
    const bob = await fixture.open(b.device)
    await bob.text('while away')
    await server.waitFor(() => server.device(b.deviceKey).queued === 0)
    await bob.end()
    const again = await fixture.open(b.device)
    await again.until(() => again.updates.find(({ receivedPendingNotifications }) => receivedPendingNotifications), 'queue')
    expect(bob.texts).toEqual(['while away'])
    expect(again.texts).toEqual([])
  })

  it('reach every device of both accounts', async () => {
    const [a, b] = [fixture.link(), fixture.link()]
    const [a2, b2] = [fixture.link(a.phone), fixture.link(b.phone)]
    expect(a2.deviceKey).toBe(`${a.phone}:2`)
    const [alice, ...others] = await Promise.all([a, a2, b, b2].map(async ({ device }) => fixture.open(device)))
    await alice?.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'to all of you' })
    for (const other of others) await other.text('to all of you')
  })

  it('are sent again when the receiver has lost its session and asks for them', async () => {
    const { server } = fixture
    const [a, b] = [fixture.link(), fixture.link()]
    const alice = await fixture.open(a.device, { getMessage: async () => ({ conversation: 'second' }) })
    const bob = await fixture.open(b.device)
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'first' })
    await bob.text('first')
    // Only after an answer does the sender stop sending what a session can be begun with.
    await bob.socket.sendMessage(a.jid.replace(/:\d+/, ''), { text: 'answer' })
    await alice.text('answer')
    await bob.end()
    b.device.loseSessions()
    const bobAgain = await fixture.open(b.device)
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'second' })
    await bobAgain.text('second')
    expect(server.log.filter(({ kind, detail }) => kind === 'receipt' && detail['kind'] === 'retry')).not.toEqual([])
  })

  it('survive a restart of both sides: the session goes on where it was', async () => {
    const { server: before } = fixture
    const [a, b] = [fixture.link(), fixture.link()]
    const alice = await fixture.open(a.device)
    const bob = await fixture.open(b.device)
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'before' })
    await bob.text('before')
    await bob.end()
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'during' })
    await before.phoneText(a.phone, b.deviceKey, 'from a phone, before')
    await before.waitFor(() => before.device(b.deviceKey).queued >= 2)
    await alice.end()

    const state = before.exportState()
    const { port, rootPublicKey } = before
    await before.close()
    const server = (fixture.server = await WhatsAppServer.start({ port, state }))
    expect(server.rootPublicKey).toEqual(rootPublicKey)
    const bobAgain = await fixture.open(b.device)
    await bobAgain.text('during')
    await bobAgain.text('from a phone, before')
    const aliceAgain = await fixture.open(a.device)
    await aliceAgain.socket.sendMessage(b.jid.replace(/:\d+/, ''), { text: 'after' })
    await bobAgain.text('after')
    await server.phoneText(a.phone, b.deviceKey, 'from a phone, after')
    await bobAgain.text('from a phone, after')
    expect(before.errors).toEqual([])
  })
})

describe('messages from a phone', () => {
  it('decrypt, at once or after the next login, and receipts are announced', async () => {
    const { server } = fixture
    const b = fixture.link()
    const phone = fixture.newPhone()
    expect(await server.phoneText(phone, b.deviceKey, 'early')).toMatchObject({ delivered: false })
    const bob = await fixture.open(b.device)
    await bob.text('early')
    const receipts: unknown[] = []
    server.on('receipt', (receipt) => receipts.push(receipt))
    const { id, delivered } = await server.phoneMessage(phone, b.deviceKey, { extendedTextMessage: { text: 'now' } })
    expect(delivered).toBe(true)
    await bob.text('now')
    await vi.waitFor(() => {
      expect(receipts).toContainEqual(expect.objectContaining({ from: b.deviceKey, id }))
    }, 5000)
    await expect(server.phoneText('me', b.deviceKey, 'x')).rejects.toThrow(TypeError)
    await expect(server.phoneText(phone, `${phone}:1`, 'x')).rejects.toThrow('was ever linked')
    server.removeDevice(b.deviceKey)
    await expect(server.phoneText(phone, b.deviceKey, 'x')).rejects.toThrow('was unlinked')
  })
})
