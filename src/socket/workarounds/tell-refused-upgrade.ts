import type { WASocket } from '@whiskeysockets/baileys'
import type { IncomingMessage } from 'node:http'

/**
 * Tells of an HTTP answer to the upgrade, by a proxy for example. Baileys listens for `unexpected-response`, which keeps `ws` from giving
 * up, and does nothing with it (7.0.0-rc14, `WebSocketClient`): the socket would stay `connecting` for ever.
 * Delete it once every supported version closes such a socket.
 */
export function tellRefusedUpgrade({ ws }: Pick<WASocket, 'ws'>, { onRefused }: { readonly onRefused: (status: number | null) => void }): void {
  ws.on('unexpected-response', (_request: unknown, response: IncomingMessage) => {
    response.resume()
    onRefused(response.statusCode ?? null)
  })
}
