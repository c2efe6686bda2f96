import '../../setup/silence-libsignal.js'
import * as baileys from '@whiskeysockets/baileys'
import { CREDS_KEY, FileConnectionRepository, FileSystemSessionStore, SessionManager, type SessionStore } from '../../../src/index.js'
import { fromOthers, textOf } from './message-text.js'
import { connectionsFile, toPlainError, type ChildCall, type ChildMessage, type ChildOptions, type ProcessWishes } from './session-process.js'

/** How long a process without a parent may go on: it should have ended by itself long before. */
const ORPHAN_MS = 20_000

// SessionProcess starts this script, and its types allow nothing else.
const { directory, url, rootPublicKey, killInWrite, manager: managerOptions } = JSON.parse(process.argv[2] ?? '') as ChildOptions

baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootPublicKey, 'hex')

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message)
}

/** A store that ends this process with SIGKILL in the middle of a write. */
function killingStore(store: SessionStore, { of, count, delayMs }: NonNullable<ProcessWishes['killInWrite']>): SessionStore {
  let left = count
  const write: SessionStore['write'] = (sessionId, changes, options) => {
    const isMeant = of === 'creds' ? changes.some(({ type }) => type === CREDS_KEY.type) : changes.length >= 20
    const writing = store.write(sessionId, changes, options)
    if (isMeant && --left === 0) setTimeout(() => process.kill(process.pid, 'SIGKILL'), delayMs)
    return writing
  }
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = name === 'write' ? write : Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

const files = new FileSystemSessionStore({ directory })
const manager = new SessionManager({
  ...managerOptions,
  baileys,
  store: killInWrite === undefined ? files : killingStore(files, killInWrite),
  repository: new FileConnectionRepository({ file: connectionsFile(directory) }),
  socketConfig: (sessionId) => ({ waWebSocketUrl: `${url}?client=${encodeURIComponent(sessionId)}` }),
})

for (const event of ['status', 'qr', 'connected', 'disconnected', 'restored', 'creds-restored', 'logged-out', 'deleted'] as const) {
  manager.on(event, (data) => {
    tell({ event, data })
  })
}
manager.on('error', ({ sessionId, error }) => {
  tell({ event: 'error', data: { sessionId, ...toPlainError(error) } })
})
manager.on('socket', ({ sessionId, socket }) => {
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const message of fromOthers(messages, socket)) tell({ event: 'text', data: { sessionId, id: message.key.id ?? '', text: textOf(message) } })
  })
})

async function perform({ method, args }: ChildCall): Promise<unknown> {
  const [sessionId = '', jid = '', text = ''] = args.map(String)
  if (method === 'sendText') return (await manager.getSocket(sessionId)?.sendMessage(jid, { text }))?.key.id
  // The socket cannot be sent to another process.
  if (method === 'waitUntilConnected') return (await manager.waitUntilConnected(sessionId)).user?.id
  const member: unknown = Reflect.get(manager, method)
  if (typeof member !== 'function') throw new TypeError(`SessionManager has no method ${method}`)
  return (await Reflect.apply(member, manager, args)) as unknown
}

process.on('message', (call: ChildCall) => {
  perform(call).then(
    (result) => {
      tell({ id: call.id, result })
    },
    (error: unknown) => {
      tell({ id: call.id, error: toPlainError(error) })
    },
  )
})
process.on('disconnect', () => {
  setTimeout(() => {
    process.stderr.write(`still alive: ${process.getActiveResourcesInfo().join(', ')}\n`)
    process.exit(99)
  }, ORPHAN_MS).unref()
})
tell({ event: 'ready', data: { sessionId: null } })
