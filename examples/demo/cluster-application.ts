// One process of a fleet. In yours, the manager is from 'baileys-sessions'
import { setTimeout as delay } from 'node:timers/promises'
import { quietLibsignal, SessionManager } from '../../src/index.js'
import { hangUp, onDismissed, readOrders, tell } from './inside-application.js'
import { openNamedStore } from './named-store.js'

quietLibsignal()

const { store: storeName = '', name = '', fleetSize = 0, url } = readOrders()
const { store, close } = await openNamedStore(storeName)

const sessions = new SessionManager({
  store,
  cluster: { address: name },
  // A minute by default: only sessions that have been connected for that long move to a process that joins.
  reconnect: { stableAfterMs: 2000 },
  // Ten a second by default: here the first process would have most of the sessions before the others are there.
  dials: { concurrency: 5, perSecond: 5 },
  socketConfig: { waWebSocketUrl: url },
})

sessions.on('status', ({ sessionId, status, message, isLocal }) => {
  tell({ kind: 'status', sessionId, status: isLocal ? status : 'elsewhere', message })
})
sessions.on('qr', ({ sessionId, qr }) => {
  tell({ kind: 'qr', sessionId, qr })
})
sessions.on('error', ({ error }) => {
  tell({ kind: 'problem', message: error.message })
})

process.once('SIGTERM', () => {
  void sessions
    .drain()
    .then(() => sessions.close())
    .then(close)
    .finally(hangUp)
})
onDismissed(() => process.exit())

// So that all of them begin at the same time.
while ((await sessions.members()).length < fleetSize) await delay(100)
await sessions.restoreAll()
tell({ kind: 'done' })
