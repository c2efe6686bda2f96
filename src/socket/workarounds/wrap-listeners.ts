import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Puts something around each listener that there is now for the events with a name like this: `wrap` is given what calls the listener, and
 * what it was called with. To be called before anything else listens.
 */
export function wrapListeners({ ws }: Pick<WASocket, 'ws'>, prefix: string, wrap: (call: () => unknown, values: readonly unknown[]) => void): void {
  for (const event of ws.eventNames()) {
    if (typeof event !== 'string' || !event.startsWith(prefix)) continue
    const listeners = ws.listeners(event)
    ws.removeAllListeners(event)
    for (const listener of listeners) {
      ws.on(event, (...values: unknown[]) => wrap(() => Reflect.apply(listener, ws, values), values))
    }
  }
}
