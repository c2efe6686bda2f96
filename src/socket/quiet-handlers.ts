import type { WASocket } from '@whiskeysockets/baileys'
import { wrapListeners } from './wrap-listeners.js'

/**
 * Baileys handles much of what the server sends in async listeners that nobody waits for: one that rejects, as it does when the
 * connection is lost in the middle of a login (6.7.24), would end the process. `onRejected` is told instead.
 * To be called before anything else listens: it takes the listeners that are there.
 */
export function quietHandlers({ ws }: Pick<WASocket, 'ws'>, onRejected: (cause: unknown) => void): void {
  wrapListeners({ ws }, 'CB:', (call) => {
    // What it returns is a promise where the listener is async.
    const handling = call()
    if (handling instanceof Promise) handling.catch(onRejected)
  })
}
