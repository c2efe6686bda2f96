import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Keeps a listener for the errors of a websocket. Baileys 6.7.18 removes them all when it ends a socket (`end`), and one that is closed
 * before it was open still has an error to tell, which would end the process: https://github.com/WhiskeySockets/Baileys/issues/1236.
 * Delete it with the support of 6.7.18: no later version removes them.
 */
export function hearLateErrors({ ws }: Pick<WASocket, 'ws'>): void {
  const removeAll = ws.removeAllListeners.bind(ws)
  const ignore = (): void => undefined
  ws.removeAllListeners = (...events) => {
    removeAll(...events)
    if (ws.listenerCount('error') === 0) ws.on('error', ignore)
    return ws
  }
}
