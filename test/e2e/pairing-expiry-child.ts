import '../setup/silence-libsignal.js'
import * as baileys from '@whiskeysockets/baileys'
import { FileSystemSessionStore, SessionManager } from '../../src/index.js'

// Begins a pairing that nobody finishes, and is never closed: this process ends when nothing keeps it alive any more.
const [directory = '', waWebSocketUrl = '', rootPublicKey = ''] = process.argv.slice(2)

baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootPublicKey, 'hex')
const manager = new SessionManager({ baileys, store: new FileSystemSessionStore({ directory }), socketConfig: { waWebSocketUrl, qrTimeout: 100 } })
manager.on('status', ({ status, reason }) => {
  process.send?.({ status, reason, at: Date.now() })
})
await manager.connect('shop')
