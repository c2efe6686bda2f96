import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { AuthState } from '../auth/auth-state.js'
import type { ConnectionSignal } from '../disconnect/disconnect-cause.js'
import { SessionError } from '../errors.js'
import type { BaileysModule } from './baileys-module.js'
import { noticePasskey } from './workarounds/notice-passkey.js'
import { Registration } from './workarounds/refresh-registration.js'

/** How long Baileys shows its first QR code, and each one after it (7.0.0-rc14 and 6.7.24, `genPairQR`). */
const FIRST_QR_MS = 60_000
const LATER_QR_MS = 20_000

/** What linking works with. */
export interface LinkingOptions {
  readonly sessionId: string
  readonly socket: WASocket
  readonly baileys: BaileysModule
  readonly auth: AuthState
  /** How long each QR code is shown, where the application has said so. */
  readonly qrTimeoutMs: number | undefined
  readonly onSignal: (signal: ConnectionSignal) => void
  readonly onError: (error: SessionError) => void
}

/** A socket that waits for its phone. */
export class Linking {
  readonly #options: LinkingOptions
  readonly #registration: Registration
  #qrCodes = 0
  #expiresAt = new Date()
  #isTaken = false
  #isScanRefused = false

  constructor(options: LinkingOptions) {
    this.#options = options
    const { socket, baileys, auth, onSignal } = options
    const isLinked = (): boolean => auth.paired
    const onProblem = (problem: string, cause?: unknown): void => this.#tell(problem, cause)
    this.#registration = new Registration({
      socket,
      baileys,
      isLinked,
      onProblem,
      onQr: (qr) => onSignal({ type: 'qr', qr, expiresAt: this.#expiresAt }),
      onRetiredScan: () => {
        this.#isScanRefused = true
      },
    })
    noticePasskey({
      socket,
      isLinked,
      onProblem,
      onAsked: () => onSignal({ type: 'passkey-required' }),
    })
    // The first thing that comes is the server's part of the handshake.
    socket.ws.on('message', () => {
      this.#isTaken = true
    })
    const ownIds = socket.generateMessageTag().replace(/\d+$/u, '')
    socket.ws.on('frame', (node: BinaryNode) => {
      if (isForeignError(node, ownIds)) this.#isScanRefused = true
    })
  }

  /** Whether WhatsApp has taken the connection, and nothing to scan has come of it. */
  get isTakenWithoutQr(): boolean {
    return this.#isTaken && this.#qrCodes === 0
  }

  /** Whether something told that a phone has scanned, and was refused: an error that answers nothing of ours, or the scan of a retired code. */
  get isScanRefused(): boolean {
    return this.#isScanRefused
  }

  /** Baileys has made a QR code: what is to be shown, and until when. */
  showQr(qr: string): ConnectionSignal {
    const lifetimeMs = this.#options.qrTimeoutMs ?? (this.#qrCodes === 0 ? FIRST_QR_MS : LATER_QR_MS)
    this.#qrCodes += 1
    this.#expiresAt = new Date(Date.now() + lifetimeMs)
    return { type: 'qr', qr: this.#registration.show(qr), expiresAt: this.#expiresAt }
  }

  #tell(problem: string, cause: unknown): void {
    const { sessionId, onError } = this.#options
    onError(new SessionError('PAIRING_FAILED', `Session "${sessionId}": ${problem}`, { sessionId, cause }))
  }
}

function isForeignError({ tag, attrs }: BinaryNode, ownIds: string): boolean {
  return tag === 'iq' && attrs['type'] === 'error' && attrs['id']?.startsWith(ownIds) !== true
}
