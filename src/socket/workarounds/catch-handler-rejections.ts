import type { WASocket } from '@whiskeysockets/baileys'
import { wrapListeners } from './wrap-listeners.js'

/**
 * Catches what the listeners of Baileys reject with. It handles much of what the server sends in async listeners that nobody waits for: one
 * that rejects, as it does when the connection is lost in the middle of a login (6.7.24), would end the process.
 * `onHandlerRejected` is told instead. To be called before anything else listens: it takes the listeners that are there.
 * Delete it once every supported version catches what its own listeners reject with.
 */
export function catchHandlerRejections({ ws }: Pick<WASocket, 'ws'>, { onHandlerRejected }: { readonly onHandlerRejected: (cause: unknown) => void }): void {
  wrapListeners({ ws }, 'CB:', (call) => {
    // What it returns is a promise where the listener is async.
    const handling = call()
    if (handling instanceof Promise) handling.catch(onHandlerRejected)
  })
}
