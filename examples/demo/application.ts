// An application with this library. In yours, the first import is from 'baileys-sessions'
import { FileSystemSessionStore, quietLibsignal, SessionManager } from '../../src/index.js'
import { hangUp, onDismissed, readOrders, tell, tellTexts } from './inside-application.js'

quietLibsignal()

const { directory, url, sessionIds, task, isPageRefreshed } = readOrders()

const sessions = new SessionManager({
  store: new FileSystemSessionStore({ directory }),
  socketConfig: { waWebSocketUrl: url },
})

sessions.on('status', ({ sessionId, status, message }) => {
  tell({ kind: 'status', sessionId, status, message })
})
sessions.on('qr', ({ sessionId, qr }) => {
  tell({ kind: 'qr', sessionId, qr })
})
sessions.on('error', ({ error }) => {
  tell({ kind: 'problem', message: error.message })
})
sessions.on('socket', ({ sessionId, socket }) => {
  socket.ev.on('messages.upsert', ({ messages }) => {
    tellTexts(sessionId, messages)
  })
})

onDismissed(() => {
  void sessions.close().finally(hangUp)
})

if (task === 'link') {
  await Promise.all(sessionIds.map((sessionId) => sessions.connect(sessionId)))
} else {
  if (isPageRefreshed) {
    const page = await Promise.all(sessionIds.map((sessionId) => sessions.getStatus(sessionId)))
    for (const { sessionId, status } of page) tell({ kind: 'page', sessionId, status })
  }
  await sessions.restoreAll({
    // If somebody has looked at the page, all restores have already started.
    ...(isPageRefreshed ? { delayMs: 0 } : {}),
    onProgress: ({ done, total }) => {
      tell({ kind: 'progress', done, total })
    },
  })
}
tell({ kind: 'done' })
