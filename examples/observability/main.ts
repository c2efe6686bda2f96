// npx tsx examples/observability/main.ts: three sessions against the bundled loopback server. One is thrown out again and again, and
// one is unlinked on its phone. Metrics are at the address that it logs; Ctrl-C ends it.
import * as baileys from '@whiskeysockets/baileys'
import { MemorySessionStore, quietLibsignal, SessionManager } from 'baileys-sessions'
import { WhatsAppServer } from 'baileys-sessions/testing'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { measureStore } from './measured-store.js'
import { serveObservability } from './observability-server.js'
import { logSessionEvents, sessionLogs } from './session-logs.js'
import { observeSessions } from './session-metrics.js'

// libsignal, inside Baileys, prints whole sessions, private keys included.
quietLibsignal()

const KICK_EVERY_MS = 5000

const logs = sessionLogs()
const registry = new Registry()
collectDefaultMetrics({ register: registry })

const whatsApp = await WhatsAppServer.start()
whatsApp.trust(baileys)
const sessions = new SessionManager({
  store: measureStore(new MemorySessionStore(), registry),
  baileys,
  logger: logs.sessions,
  socketConfig: { ...whatsApp.socketConfig, logger: logs.baileys },
})
observeSessions(sessions, registry)
logSessionEvents(sessions, logs.sessions)
const life = { isReady: false }
const server = await serveObservability({ registry, isReady: () => life.isReady, port: Number(process.env['PORT'] ?? 9464) })
logs.sessions.info({ url: `${server.url}/metrics` }, 'serving metrics')
await sessions.restoreAll()
life.isReady = true

/** Links a session, like somebody who scans its QR code. */
async function link(sessionId: string, phone: string): Promise<string> {
  await sessions.connect(sessionId)
  const { deviceKey } = await whatsApp.scanQr(async () => (await sessions.getStatus(sessionId)).qr, { phone })
  await sessions.waitUntilConnected(sessionId)
  return deviceKey
}

await link('company-1', '5511912345671')
whatsApp.removeDevice(await link('company-2', '5511912345672'))
const unstable = await link('company-3', '5511912345673')
whatsApp.kick(unstable, 503)
const kicking = setInterval(() => whatsApp.kick(unstable, 503), KICK_EVERY_MS)

async function end(): Promise<void> {
  life.isReady = false
  clearInterval(kicking)
  await sessions.close()
  await server[Symbol.asyncDispose]()
  await whatsApp.close()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end())
