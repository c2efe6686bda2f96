import assert from 'node:assert/strict'
import test from 'node:test'
import { CREDS_KEY, MemorySessionStore } from 'baileys-sessions'
import { FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { startBot } from './bot.js'

test('a phone is linked by QR code, and is answered', async () => {
  // Each new socket is let in if it is linked, and gets a QR code if it is not.
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = startBot({ store: new MemorySessionStore(), baileys })

  const { status, qr } = await sessions.connect('company-1')
  assert.equal(status, 'pairing')
  assert.ok(qr)

  const pairing = await baileys.takeSocket()
  pairing.pairSuccess({ phone: '5511912345678' }) // the phone scans it
  await pairing.close(515) // as WhatsApp does after each pairing
  await sessions.waitUntilConnected('company-1')
  assert.equal((await sessions.getStatus('company-1')).phoneNumber, '5511912345678')

  const socket = await baileys.takeSocket()
  socket.receive('hello', { from: '5511987654321' })
  const answer = await socket.takeSentMessage()
  assert.equal(answer.jid, '5511987654321@s.whatsapp.net')
  assert.deepEqual(answer.content, { text: 'Thank you for "hello"!' })
})

test('a lost connection comes back, and a logout at the phone waits for a person', async () => {
  const store = new MemorySessionStore()
  await store.write('company-1', [{ ...CREDS_KEY, value: pairedCreds({ phone: '5511912345678' }) }])
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = startBot({ store, baileys, reconnect: { initialDelayMs: 10 } })
  await sessions.connect('company-1')

  const lost = await baileys.takeSocket()
  await lost.close(428)
  assert.equal((await sessions.getStatus('company-1')).status, 'reconnecting')
  await sessions.waitUntilConnected('company-1')

  const socket = await baileys.takeSocket()
  // It was sent while nothing was connected, and is answered all the same.
  socket.receive('are you there?', { from: '5511987654321', type: 'append' })
  assert.deepEqual((await socket.takeSentMessage()).content, { text: 'Thank you for "are you there?"!' })

  const loggedOut = new Promise((resolve) => sessions.once('logged-out', resolve))
  await socket.close(401)
  await loggedOut
  assert.equal((await sessions.getStatus('company-1')).status, 'logged_out')
  assert.equal(baileys.sockets.length, 2)

  // A person asks for a new QR code.
  assert.ok((await sessions.connect('company-1')).qr)
})
