import assert from 'node:assert/strict'
import test from 'node:test'
import * as baileys from '@whiskeysockets/baileys'
import { MemorySessionStore, quietLibsignal, type SessionManager, type SessionStore } from 'baileys-sessions'
import { WhatsAppServer } from 'baileys-sessions/testing'
import { startBot } from './bot.js'

// libsignal, inside Baileys, prints sessions, keys included.
quietLibsignal()

/** The application with real Baileys, which accepts the server as WhatsApp. */
function startBotAgainst(server: WhatsAppServer, store: SessionStore = new MemorySessionStore()): SessionManager {
  server.trust(baileys)
  return startBot({ store, baileys, socketConfig: server.socketConfig, reconnect: { initialDelayMs: 100 } })
}

/** What a person holding the phone sees: WhatsApp has the first code redrawn after a moment. */
async function shownQr(sessions: SessionManager): Promise<string | undefined> {
  return (await sessions.getStatus('company-1')).qr
}

test('a phone is linked by QR code, is answered, and survives being thrown out', async () => {
  await using server = await WhatsAppServer.start()
  await using sessions = startBotAgainst(server)

  await sessions.connect('company-1')
  const { deviceKey } = await server.scanQr(() => shownQr(sessions), { phone: '5511912345678' })
  await sessions.waitUntilConnected('company-1')

  await server.phoneText('5511987654321', deviceKey, 'hello')
  await server.waitFor(() => server.messages('5511987654321').length === 1)
  assert.equal(server.messages('5511987654321')[0]?.text, 'Thank you for "hello"!')

  const back = server.waitFor('login')
  server.kick(deviceKey, 503)
  await back
  await sessions.waitUntilConnected('company-1')
  assert.deepEqual(server.errors, [])
})

test('a phone is linked by pairing code, and unlinks the device', async () => {
  await using server = await WhatsAppServer.start()
  await using sessions = startBotAgainst(server)

  const code = await sessions.requestPairingCode('company-1', '5511912345678')
  const { deviceKey } = await server.enterPairingCode(code, { phone: '5511912345678' })
  await sessions.waitUntilConnected('company-1')

  const loggedOut = new Promise((resolve) => sessions.once('logged-out', resolve))
  server.removeDevice(deviceKey)
  await loggedOut
  assert.equal((await sessions.getStatus('company-1')).status, 'logged_out')
})

test('WhatsApp goes away, and comes back', async () => {
  const before = await WhatsAppServer.start()
  await using sessions = startBotAgainst(before)
  await sessions.connect('company-1')
  const { deviceKey } = await before.scanQr(() => shownQr(sessions), { phone: '5511912345678' })
  await sessions.waitUntilConnected('company-1')

  const [port, state] = [before.port, before.exportState()]
  await before.close()
  await using after = await WhatsAppServer.start({ port, state })
  await after.waitFor(() => after.isOnline(deviceKey))
  await sessions.waitUntilConnected('company-1')
  assert.equal((await sessions.getStatus('company-1')).lastDisconnect?.cause, 'connection_closed')
})
