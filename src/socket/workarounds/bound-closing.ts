import type { WASocket } from '@whiskeysockets/baileys'
import { CLOSE_GRACE_MS, rawSocketOf, whenClosed } from '../raw-socket.js'

/**
 * Cuts a websocket whose peer does not answer the closing handshake. Baileys closes by itself when its keep-alive fails, and would wait
 * 30 s for a peer that is gone (7.0.0-rc14, `end`; 6.7.24 does not wait at all, and leaves the websocket to itself).
 * Delete it once every supported version bounds that wait.
 */
export function boundClosing(socket: WASocket): void {
  const { ws } = socket
  const close = ws.close.bind(ws)
  ws.close = async () => {
    const raw = rawSocketOf(socket)
    if (raw !== null) {
      const timer = setTimeout(() => raw.terminate(), CLOSE_GRACE_MS)
      void whenClosed(raw).then(() => clearTimeout(timer))
    }
    await close()
  }
}
