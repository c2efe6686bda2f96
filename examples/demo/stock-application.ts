// The usual code around Baileys, as examples show it: files, a map of clients, and a new client after each close.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DisconnectReason, makeWASocket, useMultiFileAuthState, type ConnectionState, type WASocket } from '@whiskeysockets/baileys'
import { quietLibsignal } from '../../src/index.js'
import { onDismissed, readOrders, tell, tellTexts } from './inside-application.js'

// The only part of this library: otherwise libsignal would print private keys over the demo.
quietLibsignal()

const { directory, url, sessionIds, task, isPageRefreshed } = readOrders()

const clients = new Map<string, WASocket>()
const statuses = new WeakMap<WASocket, string>()

function getStatus(sessionId: string): string {
  const client = clients.get(sessionId)
  return client === undefined ? 'disconnected' : (statuses.get(client) ?? 'connecting')
}

async function startClient(sessionId: string): Promise<void> {
  const { state, saveCreds } = await useMultiFileAuthState(join(directory, `session-${sessionId}`))
  const client = makeWASocket({ auth: state, waWebSocketUrl: url })
  clients.set(sessionId, client)
  client.ev.on('creds.update', () => {
    void saveCreds()
  })
  client.ev.on('messages.upsert', ({ messages }) => {
    tellTexts(sessionId, messages)
  })
  client.ev.on('connection.update', ({ connection, lastDisconnect, qr }) => {
    if (connection === 'connecting') setStatus(sessionId, client, 'connecting')
    if (connection === 'open') setStatus(sessionId, client, 'connected')
    if (qr !== undefined) {
      setStatus(sessionId, client, 'pairing')
      tell({ kind: 'qr', sessionId, qr })
    }
    if (connection === 'close') {
      clients.delete(sessionId)
      if (statusCodeOf(lastDisconnect) !== DisconnectReason.loggedOut) void startClient(sessionId)
    }
  })
}

function setStatus(sessionId: string, client: WASocket, status: string): void {
  if (statuses.get(client) === status) return
  statuses.set(client, status)
  tell({ kind: 'status', sessionId, status, message: '' })
}

function statusCodeOf(lastDisconnect: ConnectionState['lastDisconnect']): unknown {
  const error: (Error & { output?: { statusCode?: unknown } }) | undefined = lastDisconnect?.error
  return error?.output?.statusCode
}

onDismissed(() => process.exit(0))

if (task === 'link') {
  await Promise.all(sessionIds.map(startClient))
} else {
  if (isPageRefreshed) for (const sessionId of sessionIds) tell({ kind: 'page', sessionId, status: getStatus(sessionId) })
  // Most applications do not even have this: it restores every session that has a folder.
  const folders = await readdir(directory)
  await Promise.all(folders.map((folder) => startClient(folder.replace('session-', ''))))
}
tell({ kind: 'done' })
