import type { WASocket } from '@whiskeysockets/baileys'

/** How long a websocket may take to answer the closing handshake before it is cut. */
export const CLOSE_GRACE_MS = 1000

/** `readyState` of a websocket that is closed. */
const CLOSED = 3

/** The websocket below a Baileys socket, as far as it matters here. */
export interface RawSocket {
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

/** Resolves once it is closed. */
export function whenClosed(raw: RawSocket): Promise<void> {
  return new Promise((resolve) => {
    if (raw.readyState === CLOSED) resolve()
    else raw.once('close', () => resolve())
  })
}

function isRawSocket(value: unknown): value is RawSocket {
  return typeof value === 'object' && value !== null && 'terminate' in value && typeof value.terminate === 'function'
}
