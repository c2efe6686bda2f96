import type { WASocket } from '@whiskeysockets/baileys'
import type { KeyUse } from './key-use.js'
import { rawSocketOf } from './socket-teardown.js'

/**
 * Takes in nothing more from the server, and lets Baileys finish what has arrived. A message that is decrypted when the connection ends,
 * but not acknowledged, is lost for good: the server sends it again, and its keys are used up (Baileys 7.0.0-rc14, `handleMessage`).
 * After a failure of the store the connection is cut at once: Baileys would refuse the message that it was for.
 */
export async function finishIncoming(socket: WASocket, keyUse: KeyUse, failed: AbortSignal): Promise<void> {
  const raw = rawSocketOf(socket)
  if (!socket.ws.isOpen || raw === null || failed.aborted) return
  raw.pause?.()
  const onFailed = (): void => { raw.terminate() }
  failed.addEventListener('abort', onFailed)
  await keyUse.quiet(() => failed.aborted)
  failed.removeEventListener('abort', onFailed)
}
