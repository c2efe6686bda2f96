import type { WASocket } from '@whiskeysockets/baileys'
import { refuseQueries } from './waiting-queries.js'

/** How long a websocket may take to answer the closing handshake before it is cut. */
const CLOSE_GRACE_MS = 1000

/** How long Baileys may take after that to tell of the close. */
const TELL_GRACE_MS = 250

/** `readyState` of a websocket that is closed. */
const CLOSED = 3

interface RawSocket {
  readonly readyState: number
  once(event: 'close', listener: () => void): unknown
  terminate(): void
  send?: (data: Uint8Array, callback?: (error?: Error) => void) => void
  pause?: () => void
  resume?: () => void
}

/** The websocket below a Baileys socket; `socket` is not in its types, but in every supported version. */
export function rawSocketOf(socket: WASocket): RawSocket | null {
  const raw: unknown = Reflect.get(socket.ws, 'socket')
  return isRawSocket(raw) ? raw : null
}

function isRawSocket(value: unknown): value is RawSocket {
  return typeof value === 'object' && value !== null && 'terminate' in value && typeof value.terminate === 'function'
}

/**
 * Hands what Baileys still buffers to the application: messages that the server counts as delivered, and that `end()` would
 * destroy (Baileys 7.0.0-rc14: up to 20 s of them after the first login).
 */
export function flushBufferedEvents(socket: WASocket): void {
  try {
    socket.ev.flush()
  } catch {
    // A listener of the application threw: its own affair, and no reason to keep the socket.
  }
}

/**
 * Lets no closing of this socket wait long for a peer that is gone: Baileys closes by itself when its keep-alive fails, and would
 * wait 30 s for the peer's answer (7.0.0-rc14, `end`; 6.7.24 does not wait at all, and leaves the websocket to itself).
 */
export function boundClosing(socket: WASocket): void {
  const { ws } = socket
  const close = ws.close.bind(ws)
  ws.close = async () => {
    hearErrors(socket)
    const raw = rawSocketOf(socket)
    if (raw !== null) {
      const timer = setTimeout(() => { raw.terminate() }, CLOSE_GRACE_MS)
      void whenClosed(raw).then(() => { clearTimeout(timer) })
    }
    await close()
  }
}

/**
 * Ends a socket for good without logging out. Resolves when it is closed and Baileys has told so, shortly after a second at the
 * latest.
 */
export async function tearDownSocket(socket: WASocket): Promise<void> {
  flushBufferedEvents(socket)
  const raw = rawSocketOf(socket)
  const wasOpen = socket.ws.isOpen
  // Before the upgrade is answered there is no closing handshake to wait for, and cutting it first clears Baileys' own timer.
  if (!wasOpen) raw?.terminate()
  const ended = Promise.all([endSocket(socket), raw === null ? null : whenClosed(raw)])
  hearErrors(socket)
  // One that takes nothing in would not see the peer's closing handshake either.
  if (wasOpen) raw?.resume?.()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => { timer = setTimeout(resolve, CLOSE_GRACE_MS + TELL_GRACE_MS) })
  await Promise.race([ended, late])
  clearTimeout(timer)
  refuseQueries(socket)
}

/**
 * Baileys 6.7.18 takes all listeners from a websocket that it ends. One that is closed before it was open has an error to tell, which
 * would end the process. To be deleted with the support of 6.7.18; no later version does so.
 */
function hearErrors({ ws }: WASocket): void {
  ws.on('error', () => undefined)
}

function whenClosed(raw: RawSocket): Promise<void> {
  return new Promise((resolve) => {
    if (raw.readyState === CLOSED) resolve()
    else raw.once('close', () => { resolve() })
  })
}

async function endSocket(socket: WASocket): Promise<void> {
  try {
    await socket.end(undefined)
  } catch {
    // end() rejects when a listener of the application throws on the close; the websocket is closed all the same.
  }
}
