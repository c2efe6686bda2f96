// One process that goes through everything that could log a secret. Its parent reads what it prints, and gets the secrets.
import * as baileys from '@whiskeysockets/baileys'
import { MemorySessionStore, quietLibsignal, type RecordChange, SessionManager, type WriteOptions } from 'baileys-sessions'
import { WhatsAppServer } from 'baileys-sessions/testing'
import { pino } from 'pino'
import { logSessionEvents, sessionLogs } from './session-logs.js'
import type { Secrets } from './secret-forms.js'

const isGuarded = process.argv[2] === 'guarded'
if (isGuarded) quietLibsignal()
const destination = pino.destination({ fd: 1, sync: true })
const plain = pino({ level: 'trace' }, destination)
const logs = isGuarded
  ? sessionLogs({ level: 'trace', baileysLevel: 'trace', destination })
  : { sessions: plain.child({ component: 'sessions' }), baileys: plain.child({ component: 'baileys' }) }

/** Remembers everything that was ever stored. */
class RememberingStore extends MemorySessionStore {
  readonly stored: string[] = []

  override async write(sessionId: string, changes: readonly RecordChange[], options?: WriteOptions): Promise<void> {
    this.stored.push(...changes.flatMap(({ value }) => value ?? []))
    return super.write(sessionId, changes, options)
  }
}

const store = new RememberingStore()
const secrets: Secrets = { texts: [], stored: store.stored }
let server = await WhatsAppServer.start()
const { port } = server
server.trust(baileys)

function start(): SessionManager {
  const manager = new SessionManager({
    store,
    baileys,
    logger: logs.sessions,
    reconnect: { initialDelayMs: 50 },
    socketConfig: { ...server.socketConfig, logger: logs.baileys },
  })
  logSessionEvents(manager, logs.sessions)
  // A QR code is a reference, two public keys and the secret that the phone answers with.
  manager.on('qr', ({ qr }) => {
    secrets.texts.push(qr, ...qr.split(/[#@,]/u).slice(1))
  })
  manager.on('pairing-code', ({ code }) => {
    secrets.texts.push(code, `${code.slice(0, 4)}-${code.slice(4)}`)
  })
  return manager
}

let sessions = start()
const first = await sessions.connect('company-1')
const { deviceKey } = await server.scanQr(async () => (await sessions.getStatus('company-1')).qr, { phone: '5511912345678' })
const socket = await sessions.waitUntilConnected('company-1')
// What an application should not do.
logs.sessions.info({ first }, 'a whole snapshot')
logs.sessions.info(first, 'a whole snapshot')
logs.sessions.info({ seen: { first } }, 'a whole snapshot')
logs.sessions.error({ socket: { authState: socket.authState } }, 'a whole socket')

const beforeTheTalk = server.exportState()
await server.phoneText('5511987654321', deviceKey, 'hello')
await server.waitFor(() => server.device(deviceKey).queued === 0)
await socket.sendMessage('5511987654321@s.whatsapp.net', { text: 'Thank you!' })
// libsignal prints the session that the new one replaces.
await socket.assertSessions(['5511987654321@s.whatsapp.net'], true)

// Yesterday's server: what the phone sends now cannot be read.
const unreadable = new Promise<void>((resolve) => {
  sessions.on('socket', (event) =>
    event.socket.ev.on('messages.upsert', ({ messages }) => {
      if (messages.some(({ messageStubType }) => messageStubType === baileys.proto.WebMessageInfo.StubType.CIPHERTEXT)) resolve()
    }),
  )
})
await server.close()
server = await WhatsAppServer.start({ port, state: beforeTheTalk })
await server.waitFor(() => server.isOnline(deviceKey))
await sessions.waitUntilConnected('company-1')
await server.phoneText('5511987654321', deviceKey, 'hello again')
await unreadable

const code = await sessions.requestPairingCode('company-2', '5511912345679')
await server.enterPairingCode(code, { phone: '5511912345679' })
await sessions.waitUntilConnected('company-2')
await sessions.close()

sessions = start()
await sessions.restoreAll({ delayMs: 0 })
const back = server.waitFor('login')
server.kick(deviceKey, 503)
await back
await sessions.waitUntilConnected('company-1')
const loggedOut = new Promise((resolve) => {
  sessions.once('logged-out', resolve)
})
server.removeDevice(deviceKey)
await loggedOut
await sessions.logout('company-2')
await sessions.close()
await server.close()
process.send?.(secrets, () => {
  process.disconnect()
})
