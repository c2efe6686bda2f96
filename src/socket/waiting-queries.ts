import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Queries that wait for an answer listen for the close, and Baileys takes these listeners away right before it comes: each would
 * wait for up to 60 s, with a timer that keeps the process alive. They are told when that happens.
 */
export function tellQueriesOfTheEnd({ ws }: Pick<WASocket, 'ws'>): void {
  const remove = ws.removeAllListeners.bind(ws)
  ws.removeAllListeners = (event) => {
    const waiting = event === 'close' ? ws.listeners(event) : []
    remove(event)
    for (const listener of waiting) tell(() => { Reflect.apply(listener, ws, [connectionClosed()]) })
    return ws
  }
}

/**
 * Queries that Baileys begins when the socket has ended already would wait for up to 60 s, too. They listen for an error or the close
 * of the websocket (7.0.0-rc14 for both, 6.7.24 for the close).
 */
export function refuseQueries({ ws }: Pick<WASocket, 'ws'>): void {
  const on = ws.on.bind(ws)
  ws.on = (event, listener) => {
    on(event, listener)
    if (event === 'error' || event === 'close') queueMicrotask(() => { tell(() => { listener(connectionClosed()) }) })
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
