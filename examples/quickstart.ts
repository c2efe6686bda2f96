import { FileSystemSessionStore, quietLibsignal, SessionManager } from 'baileys-sessions'
import encodeQR from 'qr'

quietLibsignal() // libsignal, inside Baileys, prints private keys otherwise
const sessions = new SessionManager({ store: new FileSystemSessionStore({ directory: './sessions' }) })

// On the phone: Settings > Linked devices > Link a device.
sessions.on('qr', ({ qr }) => console.log(encodeQR(qr, 'ascii', { ecc: 'low' })))
sessions.on('status', ({ sessionId, status, message }) => console.log(`${sessionId}: ${status}. ${message}`))
sessions.on('error', ({ error }) => console.error(error.message))
// Every new socket comes through here before it emits anything, so these handlers survive reconnects.
sessions.on('socket', ({ sessionId, socket }) => {
  socket.ev.on('messages.upsert', ({ messages }) => console.log(`${sessionId}: ${messages.length} message(s)`))
})

await sessions.restoreAll() // brings back every linked session, without a QR
await sessions.connect('shop') // shows a QR the first time; does nothing when the session is connected already

// Finishes its writes and closes the sockets. It does not log out.
process.once('SIGINT', () => void sessions.close())
