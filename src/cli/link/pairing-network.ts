import type { SocketConfig } from '../../manager/session-manager-options.js'

/** What a phone is linked at, and where the phone is. */
export interface PairingNetwork {
  /** What sockets dial with. */
  readonly socketConfig: SocketConfig
  /** Told of each QR that a person sees. */
  onQr(qr: string): void
  /** Told of each pairing code that a person sees. */
  onCode(code: string): void
  /** Lets go of it. */
  close(): Promise<void>
}

/** WhatsApp itself; the phone is in somebody's hand. */
export function realNetwork(): PairingNetwork {
  return { socketConfig: {}, onQr: () => undefined, onCode: () => undefined, close: () => Promise.resolve() }
}
