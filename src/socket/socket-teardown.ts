import type { WASocket } from '@whiskeysockets/baileys'

/** How long a websocket may take to answer the closing handshake before it is cut. */
const CLOSE_GRACE_MS = 1000

interface RawSocket {
  terminate(): void
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
 * tell of it only 30 s later (7.0.0-rc14, `end`).
 */
export function boundClosing(socket: WASocket): void {
  const { ws } = socket
  const close = ws.close.bind(ws)
  ws.close = async () => {
    const raw = rawSocketOf(socket)
    const timer = setTimeout(() => { raw?.terminate() }, CLOSE_GRACE_MS)
    try {
      await close()
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * Ends a socket for good without logging out. Resolves when it is closed, at the latest a second later: Baileys itself waits 30 s
 * for a peer that is gone (7.0.0-rc14, `end`).
 */
export async function tearDownSocket(socket: WASocket): Promise<void> {
  flushBufferedEvents(socket)
  const raw = rawSocketOf(socket)
  // Before the upgrade is answered there is no closing handshake to wait for, and cutting it first clears Baileys' own timer.
  if (!socket.ws.isOpen) raw?.terminate()
  let timer: NodeJS.Timeout | undefined
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      raw?.terminate()
      resolve()
    }, CLOSE_GRACE_MS)
  })
  const ended = endSocket(socket)
  // One that takes nothing in would not see the peer's closing handshake either.
  raw?.resume?.()
  await Promise.race([ended, grace])
  clearTimeout(timer)
  releaseQueries(socket)
}

async function endSocket(socket: WASocket): Promise<void> {
  try {
    await socket.end(undefined)
  } catch {
    // end() rejects when a listener of the application throws on the close; the websocket is closed all the same.
  }
}

/**
 * Queries that wait for an answer keep a timer of up to 60 s each. They listen for an error of the websocket, and Baileys' own
 * listener for it does nothing any more once the socket has ended.
 */
function releaseQueries(socket: WASocket): void {
  const { ws } = socket
  if (ws.listenerCount('error') > 0) ws.emit('error', new Error('The connection was closed.'))
}
