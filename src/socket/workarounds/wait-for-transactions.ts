import type { WASocket } from '@whiskeysockets/baileys'

/** How often to look whether a transaction is over, and for how long: one may wait for an answer that never comes. */
const LOOK_MS = 10
const PATIENCE_MS = 1000

/**
 * Waits for the transactions of a socket before it is ended. In Baileys 6.7.18 to 6.7.24 all transactions are one, and the end of the
 * connection makes those fail that are sending: what the others have changed would be lost with them, and keys used twice. In version 7
 * they wait for each other, and this returns at once.
 * Delete it with the support of 6.7.
 */
export async function waitForTransactions({ authState: { keys } }: WASocket, isOver: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (keys.isInTransaction() && !isOver() && performance.now() < end)
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS)
    })
}
