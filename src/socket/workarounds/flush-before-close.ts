import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Hands what Baileys still buffers to the application: messages that the server counts as delivered. Without this `end()` destroys them,
 * up to 20 s of them after the first login (7.0.0-rc11 to rc14, `ev.destroy`). To be called before a socket is ended, and as soon as it
 * tells of its close.
 * Delete it once every supported version flushes before it destroys.
 */
export function flushBeforeClose(socket: WASocket): void {
  try {
    socket.ev.flush()
  } catch {
    // A listener of the application threw: its own affair, and no reason to keep the socket.
  }
}
