import type { WASocket } from '@whiskeysockets/baileys'
import type { KeyUse } from './key-use.js'
import { CLOSE_GRACE_MS, rawSocketOf, whenClosed } from './raw-socket.js'
import { flushBeforeClose } from './workarounds/flush-before-close.js'
import { beforeEnd } from './workarounds/socket-workarounds.js'

/** How long Baileys may take to tell of a close, once the websocket is closed or cut. */
const TELL_GRACE_MS = 250

/**
 * Takes in nothing more from the server, and lets Baileys finish what has arrived. A message that is decrypted when the connection ends,
 * but not acknowledged, is lost for good: the server sends it again, and its keys are used up (Baileys 7.0.0-rc14, `handleMessage`).
 * After a failure of the store the connection is cut at once: Baileys would refuse the message that it was for.
 */
export async function finishIncoming(socket: WASocket, keyUse: KeyUse, failed: AbortSignal): Promise<void> {
  const raw = rawSocketOf(socket)
  if (!socket.ws.isOpen || raw === null || failed.aborted) return
  raw.pause?.()
  const onFailed = (): void => raw.terminate()
  failed.addEventListener('abort', onFailed)
  await keyUse.quiet(() => failed.aborted)
  await beforeEnd(socket, () => failed.aborted)
  failed.removeEventListener('abort', onFailed)
}

/**
 * Ends a socket for good without logging out. Resolves when it is closed and Baileys has told so, shortly after a second at the
 * latest.
 */
export async function tearDownSocket(socket: WASocket): Promise<void> {
  flushBeforeClose(socket)
  const raw = rawSocketOf(socket)
  const wasOpen = socket.ws.isOpen
  // Before the upgrade is answered there is no closing handshake to wait for, and cutting it first clears Baileys' own timer.
  if (!wasOpen) raw?.terminate()
  const ended = Promise.all([endSocket(socket), raw === null ? null : whenClosed(raw)])
  // One that takes nothing in would not see the peer's closing handshake either.
  if (wasOpen) raw?.resume?.()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_GRACE_MS + TELL_GRACE_MS)
  })
  await Promise.race([ended, late])
  clearTimeout(timer)
}

async function endSocket(socket: WASocket): Promise<void> {
  try {
    await socket.end(undefined)
  } catch {
    // end() rejects when a listener of the application throws on the close; the websocket is closed all the same.
  }
}
