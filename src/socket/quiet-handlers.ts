import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Baileys handles much of what the server sends in async listeners that nobody waits for: one that rejects, as it does when the
 * connection is lost in the middle of a login (6.7.24), would end the process. `onRejected` is told instead.
 * To be called before anything else listens: it takes the listeners that are there.
 */
export function quietHandlers({ ws }: Pick<WASocket, 'ws'>, onRejected: (cause: unknown) => void): void {
  for (const event of ws.eventNames()) {
    if (typeof event !== 'string' || !event.startsWith('CB:')) continue
    const listeners = ws.listeners(event)
    ws.removeAllListeners(event)
    for (const listener of listeners) {
      ws.on(event, (...values: unknown[]) => {
        // What it returns is a promise where the listener is async.
        const handling: unknown = Reflect.apply(listener, ws, values)
        if (handling instanceof Promise) handling.catch(onRejected)
      })
    }
  }
}
