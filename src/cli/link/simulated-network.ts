import { createHash } from 'node:crypto'
import type { SocketConfig } from '../../manager/session-manager-options.js'
import { importBaileys } from '../../socket/baileys-module.js'
import type { WhatsAppServer } from '../../testing/whatsapp-server/index.js'
import { startWhatsAppServer } from '../start-whatsapp-server.js'

/** How long a pretended phone takes to scan or to type: a person should see what is shown. */
const PHONE_TAKES_MS = 2000

/** Who is at the pretended phone. */
export interface PretendedPhone {
  /** Its number; for a QR it may be any. */
  readonly phoneNumber: string
  /** Told when it could not scan or type. */
  readonly onRefused: (message: string) => void
}

/** Starts a WhatsApp on 127.0.0.1 with a phone that scans the QR, or types the code, by itself. Nothing of it outlives `close`. */
export async function startSimulatedNetwork({ phoneNumber, onRefused }: PretendedPhone): Promise<PairingNetwork> {
  const baileys = await importBaileys()
  const server = await startWhatsAppServer({ baileys })
  const distrust = server.trust(baileys)
  const hand = new PhoneInHand(server, phoneNumber, onRefused)
  return {
    socketConfig: server.socketConfig,
    onQr: (qr) => hand.see({ qr }),
    onCode: (code) => hand.see({ code }),
    close: async () => {
      hand.putDown()
      distrust()
      await server.close()
    },
  }
}

/** The number of a pretended phone: the same for a session each time. Nobody has one that begins with +1 555 0. */
export function pretendedNumber(sessionId: string): string {
  return `15550${String(createHash('sha256').update(sessionId).digest().readUInt32BE(0) % 1_000_000).padStart(6, '0')}`
}

/** Scans or types what it sees, a moment later and once at a time. */
class PhoneInHand {
  readonly #server: WhatsAppServer
  readonly #phone: string
  readonly #onRefused: (message: string) => void
  #shown: { readonly qr?: string; readonly code?: string } = {}
  #timer: NodeJS.Timeout | null = null
  #isPutDown = false

  constructor(server: WhatsAppServer, phone: string, onRefused: (message: string) => void) {
    this.#server = server
    this.#phone = phone
    this.#onRefused = onRefused
  }

  see(shown: { readonly qr?: string; readonly code?: string }): void {
    this.#shown = shown
    this.#timer ??= setTimeout(() => {
      void this.#act()
    }, PHONE_TAKES_MS)
  }

  putDown(): void {
    this.#isPutDown = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  async #act(): Promise<void> {
    const { code } = this.#shown
    const wish = { phone: this.#phone }
    try {
      // A QR may be replaced while it is scanned.
      await (code === undefined ? this.#server.scanQr(() => this.#shown.qr, wish) : this.#server.enterPairingCode(code, wish))
    } catch (error) {
      if (!this.#isPutDown) this.#onRefused(`The simulated phone: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.#timer = null
    }
  }
}

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
