import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Ends the queries that wait for an answer when their socket ends. They listen for the close, and Baileys takes these listeners away right
 * before it comes (7.0.0-rc14 and 6.7.24, `end`): each would wait for up to 60 s, with a timer that keeps the process alive. So would
 * those that Baileys begins afterwards.
 * Delete it once every supported version rejects its queries when it ends a socket.
 */
export function endWaitingQueries({ ws }: Pick<WASocket, 'ws'>, { ended }: { readonly ended: AbortSignal }): void {
  const removeAll = ws.removeAllListeners.bind(ws)
  ws.removeAllListeners = (...events) => {
    const waiting = events[0] === 'close' ? ws.listeners('close') : []
    removeAll(...events)
    for (const listener of waiting)
      tell(() => {
        Reflect.apply(listener, ws, [connectionClosed()])
      })
    return ws
  }
  ended.addEventListener('abort', () => refuseQueries(ws), { once: true })
}

/** A query listens for an error or the close of the websocket (7.0.0-rc14 for both, 6.7.24 for the close). */
function refuseQueries(ws: WASocket['ws']): void {
  const on = ws.on.bind(ws)
  ws.on = (event, listener) => {
    on(event, listener)
    if (event === 'error' || event === 'close') queueMicrotask(() => tell(() => listener(connectionClosed())))
    return ws
  }
}

const connectionClosed = (): Error => new Error('The connection was closed.')

function tell(listener: () => void): void {
  try {
    listener()
  } catch {
    // A listener of the application threw: its own affair.
  }
}
