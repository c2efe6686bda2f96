import type { WAMessage } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { FakeBaileys, type FakeSocket } from '../../../src/testing/index.js'
import { fakeAuthCreds, fakePairedCreds } from '../../../src/testing/fake-creds.js'

const noKeys = { get: () => ({}), set: () => undefined }

async function makeSocket({ paired = true } = {}): Promise<{ socket: FakeSocket; heard: WAMessage[]; types: string[] }> {
  const baileys = new FakeBaileys()
  const [heard, types]: [WAMessage[], string[]] = [[], []]
  baileys.makeWASocket({ auth: { creds: paired ? fakePairedCreds() : fakeAuthCreds(), keys: noKeys } }).ev.on('messages.upsert', ({ messages, type }) => {
    heard.push(...messages)
    types.push(type)
  })
  return { socket: await baileys.takeSocket(), heard, types }
}

describe('messages of a FakeSocket', () => {
  it('arrive as Baileys hands them on', async () => {
    const { socket, heard, types } = await makeSocket()
    socket.open()
    const text = socket.receive('hello')
    const image = socket.receive({ imageMessage: { caption: 'a cat' } }, { from: '49151000002', id: 'A1', type: 'append' })
    const inGroup = socket.receive('hello all', { from: '1234@g.us' })
    expect(heard).toEqual([text, image, inGroup])
    expect(types).toEqual(['notify', 'append', 'notify'])
    expect(text).toMatchObject({
      key: { remoteJid: '4915187654321@s.whatsapp.net', fromMe: false, id: expect.stringMatching(/^[0-9A-F]{20}$/u) },
      message: { conversation: 'hello' },
    })
    expect(image).toMatchObject({ key: { remoteJid: '49151000002@s.whatsapp.net', id: 'A1' }, message: { imageMessage: { caption: 'a cat' } } })
    expect(inGroup.key.remoteJid).toBe('1234@g.us')
  })

  it('are held back while Baileys buffers, and unheard after the end', async () => {
    const { socket, heard } = await makeSocket()
    socket.open({ offline: 'pending' })
    const early = socket.receive('early')
    expect(heard).toEqual([])
    socket.offlineDone()
    expect(heard).toEqual([early])
    await socket.close()
    socket.receive('late')
    expect(heard).toEqual([early])
  })

  it('that were sent are taken one by one, before or after they are sent', async () => {
    const { socket } = await makeSocket()
    socket.open()
    const first = socket.takeSentMessage()
    await socket.sendMessage('1@s.whatsapp.net', { text: 'one' })
    await socket.sendMessage('2@s.whatsapp.net', { text: 'two' })
    expect([await first, await socket.takeSentMessage()]).toEqual(socket.sentMessages)
    expect(socket.sentMessages.map(({ jid }) => jid)).toEqual(['1@s.whatsapp.net', '2@s.whatsapp.net'])
  })
})

describe('welcome', () => {
  it('lets a linked device in, and sends a QR code to any other', async () => {
    const [linked, fresh] = [await makeSocket(), await makeSocket({ paired: false })]
    const told: unknown[] = []
    for (const { socket } of [linked, fresh]) {
      socket.ev.on('connection.update', (update) => void told.push(Object.keys(update)))
      socket.welcome()
    }
    expect(told).toEqual([['connection'], ['receivedPendingNotifications'], ['qr']])
  })

  it('shows a QR code to one that is half paired by a code', async () => {
    const { socket } = await makeSocket({ paired: false })
    socket.accept()
    await socket.requestPairingCode('49151000003')
    let qr: string | undefined
    socket.ev.on('connection.update', (update) => {
      qr = update.qr
    })
    socket.welcome()
    expect(qr).toMatch(/^2@/u)
  })
})
