import type { WASocket } from '@whiskeysockets/baileys'
import type { KeyUse } from '../key-use.js'
import { flushBeforeClose } from './flush-before-close.js'

/** How often to look whether something is buffered. */
const LOOK_MS = 250

/** What the flushes depend on. */
export interface FlushSurroundings {
  readonly keyUse: KeyUse
  /** Aborts when the end of the socket begins. */
  readonly ending: AbortSignal
}

/**
 * Flushes the events of a socket every quarter of a second. Baileys 6.7.24 buffers a message that waited at the server, acknowledges it,
 * and hands it over only with the next thing that comes live, which may be hours later (`createBufferedFunction`). 7.0 flushes by itself.
 * Delete it with the support of 6.7.24.
 */
export function flushBufferedEvents(socket: WASocket, { keyUse, ending }: FlushSurroundings): void {
  // Version 7 is told by a buffer that can be destroyed; the types are those of version 7.
  if (Reflect.has(socket.ev, 'destroy')) return
  const timer = setInterval(() => {
    // In the middle of a message it is too early: what belongs together is handed over together.
    if (keyUse.quietForMs > 0) flushBeforeClose(socket)
  }, LOOK_MS)
  timer.unref()
  ending.addEventListener('abort', () => clearInterval(timer), { once: true })
}
