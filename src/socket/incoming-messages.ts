import type { WASocket } from '@whiskeysockets/baileys'
import type { KeyUse } from './key-use.js'
import { rawSocketOf } from './socket-teardown.js'

/** How often to look whether a transaction is over, and for how long: one may wait for an answer that never comes. */
const LOOK_MS = 10
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
  await keyUse.quiet(() => failed.aborted)
  await transactionsOver(socket, () => failed.aborted)
  failed.removeEventListener('abort', onFailed)
}

/**
 * In Baileys 6.7.24 all transactions are one, and the end of the connection makes those fail that are sending: what the others have
 * changed would be lost with them, and keys used twice. In later versions they wait for each other, and this says no at once.
 */
async function transactionsOver({ authState: { keys } }: WASocket, isOver: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (keys.isInTransaction() && !isOver() && performance.now() < end) await new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
}
