import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Refuses a pairing code to a session that is linked. Baileys would overwrite who it is linked to (7.0.0-rc14 and 6.7.24,
 * `requestPairingCode` sets `creds.me`), and a line that many applications have makes it do so: `if (!sock.authState.creds.registered)
 * sock.requestPairingCode(number)`, where `registered` stays false after a link by QR code
 * (https://github.com/WhiskeySockets/Baileys/pull/1207). The line waits for nothing, so its rejection counts as handled.
 * Delete it once every supported version refuses by itself.
 */
export function refusePairingCode(socket: WASocket, { refusal }: { readonly refusal: () => Error | null }): void {
  const request = socket.requestPairingCode.bind(socket)
  socket.requestPairingCode = (...wish) => {
    const error = refusal()
    if (error === null) return request(...wish)
    const refused = Promise.reject<string>(error)
    refused.catch(() => undefined)
    return refused
  }
}
