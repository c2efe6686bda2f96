import { FileSystemSessionStore, SessionManager } from 'baileys-sessions'

const sessions = new SessionManager({ store: new FileSystemSessionStore({ directory: './sessions' }) })

sessions.on('qr', ({ sessionId, qr }) => {
  console.log(`${sessionId}: draw this text as a QR code, and scan it with the phone: ${qr}`)
})
sessions.on('status', ({ sessionId, status, message }) => console.log(`${sessionId}: ${status}. ${message}`))
sessions.on('error', ({ error }) => console.error(error.message))
// Every new socket comes by here before it can emit anything, so what you attach survives reconnects.
sessions.on('socket', ({ sessionId, socket }) => {
  socket.ev.on('messages.upsert', ({ messages }) => console.log(`${sessionId}: ${messages.length} message(s)`))
})

// After a restart: every session that was paired comes back, without a QR code.
await sessions.restoreAll()
// The first time there is nothing to restore, and this shows a QR code. When it is connected, this changes nothing.
await sessions.connect('company-1')

// Writes what is left to write and closes the sockets. It does not log out.
process.once('SIGINT', () => void sessions.close())
