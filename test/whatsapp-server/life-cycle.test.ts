import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import * as baileys from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { isSessionError } from '../../src/errors.js'
import { INSTALL_BAILEYS } from '../../src/socket/baileys-module.js'
import { pickBaileysParts } from '../../src/testing/whatsapp-server/baileys-parts.js'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { BAILEYS_FEATURES } from '../support/baileys-features.js'
import { BaileysClient, newDevice } from './baileys-client.js'

it('closes twice, takes waiters and clients along, and its log can still be read', async () => {
  const server = await WhatsAppServer.start()
  const device = newDevice()
  const { deviceKey } = server.linkDirect(device.state.creds, { phone: '491700000001', name: 'Loop' })
  const client = await new BaileysClient(server.url, device).opened()
  const [event, condition] = [server.waitFor('paired'), server.waitFor(() => false)]
  await server.refuse(60_000, { how: 'listen' })
  await Promise.all([
    expect(event).rejects.toThrow('The server closed while waiting'),
    expect(condition).rejects.toThrow('The server closed while waiting'),
    server.close(),
    server.close(),
  ])
  expect(await client.closed()).toMatchObject({ code: 428 })
  expect(server.logins(deviceKey)).toBe(1)
  expect(server.openConnections).toBe(0)
  await expect(server.accept()).resolves.toBeUndefined()
})

it('is disposed of at the end of a block, and its port is free again', async () => {
  let port: number
  {
    await using server = await WhatsAppServer.start()
    port = server.port
    await expect(WhatsAppServer.start({ port })).rejects.toThrow('EADDRINUSE')
  }
  await using again = await WhatsAppServer.start({ port })
  expect(again.url).toBe(`ws://127.0.0.1:${port}/ws/chat`)
  expect(again.socketConfig).toMatchObject({ waWebSocketUrl: again.url })
})

it('lets its process end by itself', { tags: 'full' }, async () => {
  const script = `
    import { WhatsAppServer } from './src/testing/whatsapp-server/index.ts'
    const server = await WhatsAppServer.start()
    await server.refuse(60_000, { how: 'reset' })
    await server.close()
    console.log('closed')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], { timeout: 20_000 })
  expect(stdout.trim()).toBe('closed')
})

it('waits for events and conditions, and says for what it waited in vain', async () => {
  await using server = await WhatsAppServer.start()
  await expect(server.waitFor('paired', 20)).rejects.toThrow(`Timed out after 20 ms waiting for the event 'paired'.`)
  await expect(server.waitFor(() => server.openConnections > 0, 20)).rejects.toThrow('server.openConnections > 0')
  await expect(server.waitFor('paired', -1)).rejects.toThrow(RangeError)
})

it('records a listener that throws, and goes on', async () => {
  await using server = await WhatsAppServer.start()
  server.on('login', () => {
    throw new Error('my own fault')
  })
  const device = newDevice()
  server.linkDirect(device.state.creds, { phone: '491700000001' })
  const client = await new BaileysClient(server.url, device).opened()
  expect(server.errors).toMatchObject([{ where: `listener of 'login'`, error: { message: 'my own fault' } }])
  await client.end()
})

it('makes a Baileys module trust it, and undoes that; does nothing where no root key is checked', async () => {
  await using server = await WhatsAppServer.start()
  const before = baileys.WA_CERT_DETAILS.PUBLIC_KEY
  const distrust = server.trust(baileys)
  expect(baileys.WA_CERT_DETAILS.PUBLIC_KEY).toEqual((await BAILEYS_FEATURES.checksRootKey.detect()) ? server.rootPublicKey : undefined)
  distrust()
  expect(baileys.WA_CERT_DETAILS.PUBLIC_KEY).toBe(before)
  const old = { WA_CERT_DETAILS: { SERIAL: 0 } }
  server.trust(old)()
  expect(old).toEqual({ WA_CERT_DETAILS: { SERIAL: 0 } })
})

it('takes Baileys as it is passed in, also as the default export of a CommonJS build, and names what is missing', async () => {
  const { proto, Curve, ...rest } = baileys
  await using server = await WhatsAppServer.start({ baileys: { ...rest, default: { proto, Curve } } })
  const client = new BaileysClient(server.url, newDevice())
  await client.qr()
  await client.end()
  expect(() => pickBaileysParts(rest)).toThrow(expect.objectContaining({ code: 'BAILEYS_UNSUPPORTED', message: expect.stringContaining('proto, Curve') }))
  const unsupported = WhatsAppServer.start({ baileys: {} })
  await expect(unsupported).rejects.toThrow(INSTALL_BAILEYS)
  await expect(unsupported).rejects.toSatisfy((error) => isSessionError(error, 'BAILEYS_UNSUPPORTED'))
})

it.each([
  [{ port: 70_000 }, RangeError, 'port must be'],
  [{ qrReferences: 0 }, RangeError, 'qrReferences must be'],
  [{ state: 'nonsense' }, TypeError, 'not JSON'],
  [{ state: '{"accounts":[]}' }, TypeError, 'state must be what exportState'],
])('refuses to start with %j', async (options, type, message) => {
  const start = WhatsAppServer.start(options)
  await expect(start).rejects.toThrow(type)
  await expect(start).rejects.toThrow(message)
})

it('refuses to link with a phone or a number of pre-keys that make no sense', async () => {
  await using server = await WhatsAppServer.start()
  const { creds } = newDevice().state
  expect(() => server.linkDirect(creds, { phone: '+49 170' })).toThrow('phone must be 5 to 20 digits')
  expect(() => server.linkDirect(creds, { phone: '491700000001', preKeys: -1 })).toThrow(RangeError)
  expect(creds.me).toBeUndefined()
  expect(() => server.device('491700000001:1')).toThrow('Linked: none')
})

it('cuts off whoever does not speak its protocol, and says so', async () => {
  await using server = await WhatsAppServer.start()
  const socket = new WebSocket(server.url)
  socket.on('open', () => {
    socket.send(Buffer.from('GET / HTTP/1.1'))
  })
  await once(socket, 'close')
  expect(server.errors).toMatchObject([{ where: 'frame', error: { message: expect.stringContaining('does not start with the WhatsApp Web header') } }])
  const response = await fetch(server.url.replace('ws:', 'http:'))
  expect(response.status).toBe(426)
})
