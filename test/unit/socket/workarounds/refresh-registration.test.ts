import { createHmac } from 'node:crypto'
import { initAuthCreds, makeWASocket, proto, type BinaryNode } from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import { Registration } from '../../../../src/socket/workarounds/refresh-registration.js'
import { FakeBaileys, type FakeSocket } from '../../../../src/testing/index.js'

const DETAILS = Buffer.from('what the phone signed')
const HOSTED = Buffer.of(6, 5)

function open(): {
  socket: FakeSocket
  registration: Registration
  onQr: ReturnType<typeof vi.fn>
  onProblem: ReturnType<typeof vi.fn>
  onRetiredScan: ReturnType<typeof vi.fn>
  heard: BinaryNode[]
} {
  const baileys = new FakeBaileys()
  const made = baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const socket = baileys.lastSocket
  if (socket === undefined) throw new Error('No socket was made.')
  const heard: BinaryNode[] = []
  // What Baileys itself listens to.
  for (const event of ['CB:notification', 'CB:iq,,pair-success'])
    socket.ws.on(event, (node: BinaryNode) => {
      heard.push(node)
    })
  const [onQr, onProblem, onRetiredScan] = [vi.fn(), vi.fn(), vi.fn()]
  const registration = new Registration({
    socket: made,
    baileys: { makeWASocket, initAuthCreds, proto },
    isLinked: () => socket.authState.creds.account !== undefined,
    onQr,
    onProblem,
    onRetiredScan,
  })
  socket.accept()
  return { socket, registration, onQr, onProblem, onRetiredScan, heard }
}

const refresh = (id: string): BinaryNode => ({
  tag: 'notification',
  attrs: { type: 'companion_reg_refresh', from: 's.whatsapp.net', id },
  content: [{ tag: 'companion_reg_refresh', attrs: {} }],
})

function pairSuccess(secret: string, prefix = Buffer.alloc(0)): BinaryNode {
  const hmac = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(Buffer.concat([prefix, DETAILS]))
    .digest()
  const identity = proto.ADVSignedDeviceIdentityHMAC.encode({ details: DETAILS, hmac }).finish()
  return {
    tag: 'iq',
    attrs: { from: 's.whatsapp.net', type: 'set', id: 'pair-1' },
    content: [{ tag: 'pair-success', attrs: {}, content: [{ tag: 'device-identity', attrs: {}, content: identity }] }],
  }
}

it('keeps the refresh from Baileys, which would acknowledge it a second time or stumble over it, and nothing else', () => {
  const { socket, heard } = open()
  const other: BinaryNode = { tag: 'notification', attrs: { type: 'server_sync', id: 'n2' } }
  socket.receiveNode(refresh('n1'))
  socket.receiveNode(other)
  expect(heard).toEqual([other])
  socket.pairSuccess()
  socket.receiveNode(refresh('n3'))
  expect(heard).toEqual([other, refresh('n3')])
})

it.each([
  ['', Buffer.alloc(0)],
  [' of a hosted account', HOSTED],
])('refuses a phone%s that scanned a retired code, and goes on', (_of, prefix) => {
  const { socket, registration, heard, onProblem, onRetiredScan } = open()
  const old = socket.authState.creds.advSecretKey
  registration.show(`2@ref,noise,identity,${old},1`)
  socket.receiveNode(refresh('n1'))
  socket.receiveNode(pairSuccess(old, prefix))
  expect(heard).toEqual([])
  expect(socket.sentNodes.at(-1)).toEqual({
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'error', id: 'pair-1' },
    content: [{ tag: 'error', attrs: { code: '401', text: 'not-authorized' } }],
  })
  expect(onProblem.mock.calls).toEqual([[expect.stringContaining('Scan the current code')]])
  expect(onRetiredScan).toHaveBeenCalledOnce()
  const now = pairSuccess(socket.authState.creds.advSecretKey, prefix)
  socket.receiveNode(now)
  expect(heard).toEqual([now])
})

it('leaves a pairing to Baileys that belongs to no secret of this registration, or cannot be read', () => {
  const { socket, heard } = open()
  socket.receiveNode(refresh('n1'))
  const foreign = pairSuccess('c29tZWJvZHkgZWxzZQ==')
  const unreadable: BinaryNode = {
    tag: 'iq',
    attrs: { id: 'pair-2' },
    content: [{ tag: 'pair-success', attrs: {}, content: [{ tag: 'device-identity', attrs: {}, content: Buffer.of(255, 255) }] }],
  }
  socket.receiveNode(foreign)
  socket.receiveNode(unreadable)
  expect(heard).toEqual([foreign, unreadable])
})
