import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as baileys from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { WhatsAppServer, type PhoneMessage, type ServerPhone } from '../../src/testing/whatsapp-server/index.js'
import type { BaileysClient } from './baileys-client.js'
import { ServerFixture } from './server-fixture.js'

const fixture = new ServerFixture()
const downloadsFromAnyHost = await findDownloadsFromAnyHost()
// A picture that has its thumbnail already, so that Baileys looks for nobody who makes one.
const PICTURE = { jpegThumbnail: '', mimetype: 'image/jpeg' }

async function received(client: BaileysClient): Promise<baileys.WAMessage> {
  return new Promise((resolve) => {
    client.socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) resolve(message)
    })
  })
}

/** Whether this Baileys downloads from where a message says. 6.7.24 asks WhatsApp's own host, whatever it says. */
async function findDownloadsFromAnyHost(): Promise<boolean> {
  let isAsked = false
  const host = createServer((_request, response) => {
    isAsked = true
    response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(host, 'listening')
  const { port } = host.address() as AddressInfo
  const media = { url: `http://127.0.0.1:${port}/file`, mediaKey: randomBytes(32) }
  await baileys.downloadContentFromMessage(media, 'image').catch(() => undefined)
  host.close()
  return isAsked
}

async function download(message: baileys.WAMessage): Promise<Buffer> {
  return baileys.downloadMediaMessage(message, 'buffer', {})
}

async function arrived(phone: ServerPhone): Promise<PhoneMessage> {
  await fixture.server.waitFor(() => phone.messages().length > 0)
  const [message] = phone.messages()
  if (message === undefined) throw new Error('unreachable')
  return message
}

describe('media that a client sends', () => {
  it('are downloaded by the phone that gets them, and by the own one', async () => {
    const { server } = fixture
    const image = randomBytes(70_000)
    const [device, phone] = [fixture.link(), server.phone(fixture.newPhone())]
    const alice = await fixture.open(device.device, server.socketConfig)
    await alice.socket.sendMessage(phone.jid, { image, caption: 'a picture', ...PICTURE })
    const message = await arrived(phone)
    expect(message.content).toMatchObject({ imageMessage: { caption: 'a picture', mimetype: 'image/jpeg' } })
    expect(phone.download(message).equals(image)).toBe(true)
    const own = server.phone(device.phone)
    expect(own.download(await arrived(own)).equals(image)).toBe(true)
    expect(alice.errors).toEqual([])
  })

  it.runIf(downloadsFromAnyHost)('are downloaded by another client', async () => {
    const { server } = fixture
    const document = randomBytes(1000)
    const [a, b] = [fixture.link(), fixture.link()]
    const [alice, bob] = [await fixture.open(a.device, server.socketConfig), await fixture.open(b.device)]
    const message = received(bob)
    await alice.socket.sendMessage(b.jid.replace(/:\d+/, ''), { document, mimetype: 'application/pdf', fileName: 'offer.pdf' })
    expect((await download(await message)).equals(document)).toBe(true)
  })

  it('are still there in a server that goes on with the state', async () => {
    const { server } = fixture
    const image = randomBytes(100)
    const [device, phone] = [fixture.link(), server.phone(fixture.newPhone())]
    const alice = await fixture.open(device.device, server.socketConfig)
    await alice.socket.sendMessage(phone.jid, { image, ...PICTURE })
    await using after = await WhatsAppServer.start({ state: server.exportState() })
    expect(
      after
        .phone(phone.number)
        .download(await arrived(phone))
        .equals(image),
    ).toBe(true)
  })

  it('make no attempt of a device', async () => {
    const { server } = fixture
    const device = fixture.link()
    const alice = await fixture.open(device.device, server.socketConfig)
    const before = server.attempts().length
    await alice.socket.sendMessage(server.phone(fixture.newPhone()).jid, { image: randomBytes(10), ...PICTURE })
    expect(server.attempts()).toHaveLength(before)
  })
})

describe('media that a phone sends', () => {
  it.runIf(downloadsFromAnyHost)('are downloaded by a client that sets nothing for it', async () => {
    const { server } = fixture
    const device = fixture.link()
    const phone = server.phone(fixture.newPhone())
    const bob = await fixture.open(device.device)
    for (const kind of ['image', 'video', 'audio', 'document', 'sticker'] as const) {
      const data = randomBytes(5000)
      const message = received(bob)
      expect(await phone.sendMedia(device.deviceKey, { kind, data, caption: 'look', fields: { seconds: 3 } })).toMatchObject({ delivered: true })
      expect((await download(await message)).equals(data)).toBe(true)
    }
    await expect(Reflect.apply(phone.sendMedia, phone, [device.deviceKey, { kind: 'hologram' }])).rejects.toThrow('kind must be one of audio, document')
  })
})

describe('a phone', () => {
  it('is there as soon as one asks for it, with a push name that clients see', async () => {
    const { server } = fixture
    const device = fixture.link()
    const bob = await fixture.open(device.device)
    const phone = server.phone(fixture.newPhone())
    expect(phone).toMatchObject({ jid: `${phone.number}@s.whatsapp.net`, lid: expect.stringMatching(/^\d+@lid$/), pushName: 'Phone' })
    phone.pushName = 'Ana'
    expect(server.phone(phone.number).pushName).toBe('Ana')
    const message = received(bob)
    await phone.sendText(device.deviceKey, 'hello')
    expect(await message).toMatchObject({ pushName: 'Ana', message: { conversation: 'hello' } })
    expect(() => server.phone('+49 170')).toThrow(TypeError)
    expect(() => (phone.pushName = '')).toThrow(TypeError)
  })

  it('says so when there is nothing to download', async () => {
    const { server } = fixture
    const device = fixture.link()
    const alice = await fixture.open(device.device, server.socketConfig)
    const phone = server.phone(fixture.newPhone())
    await alice.socket.sendMessage(phone.jid, { text: 'no picture' })
    const message = await arrived(phone)
    expect(() => phone.download(message)).toThrow('has no media')
    const elsewhere = { url: 'http://127.0.0.1/mms/image/lost', mediaKey: randomBytes(32) }
    expect(() => phone.download({ ...message, content: { imageMessage: elsewhere } })).toThrow('was never uploaded')
  })
})

describe('the media host', () => {
  interface Answer {
    status: number | undefined
    range: string | undefined
    body: string
  }

  async function ask(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request(`http://127.0.0.1:${fixture.server.port}${path}`, { method, headers, agent: false }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode, range: response.headers['content-range'], body: text }))
      })
        .on('error', reject)
        .end(body)
    })
  }

  it('takes files whose name is their hash, and gives them out whole or in part', async () => {
    const path = '/mms/image/LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ' // of "hello"
    expect(await ask('GET', path)).toMatchObject({ status: 404 })
    expect(await ask('POST', `${path}?auth=loop`, 'hello')).toMatchObject({
      status: 200,
      body: JSON.stringify({ url: `http://127.0.0.1:${fixture.server.port}${path}` }),
    })
    expect(await ask('GET', path)).toMatchObject({ status: 200, body: 'hello', range: undefined })
    expect(await ask('GET', path, '', { Range: 'bytes=1-3' })).toMatchObject({ status: 206, body: 'ell', range: 'bytes 1-3/5' })
    expect(await ask('GET', path, '', { Range: 'bytes=3-' })).toMatchObject({ status: 206, body: 'lo' })
    expect(await ask('GET', path, '', { Range: 'bytes=3-900' })).toMatchObject({ status: 206, body: 'lo' })
  })

  it('refuses a file under another name, without the words of media_conn, and every other method', async () => {
    expect(await ask('POST', '/mms/image/other?auth=loop', 'hello')).toMatchObject({ status: 400 })
    expect(await ask('POST', '/mms/image/LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ', 'hello')).toMatchObject({ status: 401 })
    expect(await ask('DELETE', '/mms/image/other')).toMatchObject({ status: 405 })
  })

  it('is dialled by the agent of socketConfig, whatever host is asked for', async () => {
    const { fetchAgent: agent } = fixture.server.socketConfig
    const asked = get('https://mmg.whatsapp.net/mms/image/other', { agent })
    await once(asked, 'response')
    expect(asked.socket).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: fixture.server.port })
    asked.destroy()
  })
})
