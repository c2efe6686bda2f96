import type { WASocket } from '@whiskeysockets/baileys'
import type { KeyUse } from './key-use.js'
import { flushBufferedEvents } from './socket-teardown.js'

/** How often to look whether something is held back. */
const LOOK_MS = 250

/**
 * Baileys 6.7.24 buffers a message that waited at the server, acknowledges it, and hands it over only with the next thing that comes
 * live, which may be hours later (`createBufferedFunction`). Later versions, whose buffer can be destroyed, flush by themselves.
 */
export function handOverHeldBack(socket: WASocket, keyUse: KeyUse, ended: AbortSignal): void {
  // The types are those of the later ones.
  if (Reflect.has(socket.ev, 'destroy')) return
  const timer = setInterval(() => {
    // In the middle of a message it is too early: what belongs together is handed over together.
    if (keyUse.quietForMs > 0) flushBufferedEvents(socket)
  }, LOOK_MS)
  timer.unref()
  ended.addEventListener('abort', () => { clearInterval(timer) }, { once: true })
}
