import type { WASocket } from '@whiskeysockets/baileys'
import type { KeyUse } from './key-use.js'
import { rawSocketOf } from './socket-teardown.js'

/** For how long Baileys must have left its keys alone before all that has arrived counts as handled. */
const QUIET_MS = 25

/** How long to wait for that at most: an application that never stops sending must not hold up the end. */
const PATIENCE_MS = 1000

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
  const end = performance.now() + PATIENCE_MS
  const isDone = (): boolean => failed.aborted || keyUse.quietForMs >= QUIET_MS || performance.now() >= end
  while (!isDone()) {
    await new Promise((resolve) => { setTimeout(resolve, QUIET_MS) })
    // On a busy machine the timer may come before the answers of store and network that it waits for.
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  failed.removeEventListener('abort', onFailed)
}
