import { WorkQueue } from '../async/order-of-work.js'
import { isSessionError, SessionError } from '../errors.js'
import type { Generation } from '../socket/generation.js'
import { obtainPairingCode } from '../socket/workarounds/await-pairing-code.js'
import { alreadyPaired } from './session-refusals.js'

/** How long a pairing code works, at the latest: as long as the QR codes of its socket last (Baileys 7.0.0-rc14: 60 s and five times 20 s). */
const LIFETIME_MS = 160_000

/** What pairing codes work with. */
export interface PairingCodesOptions {
  readonly sessionId: string
  /** The socket in use now. */
  readonly generation: () => Generation | null
  /** Told of a code that WhatsApp has taken. */
  readonly onCode: (code: string, phoneNumber: string, expiresAt: Date) => void
}

/** The pairing codes of one session. */
export class PairingCodes {
  readonly #options: PairingCodesOptions
  /** Baileys keeps one code at a time, and hands it out only once its request is sent. */
  readonly #calls = new WorkQueue()
  #latest: { readonly phoneNumber: string; readonly code: Promise<string> } | null = null

  constructor(options: PairingCodesOptions) {
    this.#options = options
  }

  /** Asks for a code, unless the latest one of this socket is for the same number. */
  request(phoneNumber: string): Promise<string> {
    if (this.#latest?.phoneNumber === phoneNumber) return this.#latest.code
    const generation = this.#options.generation()
    const request = { phoneNumber, code: this.#calls.add(() => this.#ask(phoneNumber, generation)) }
    this.#latest = request
    request.code.catch(() => {
      if (this.#latest === request) this.#latest = null
    })
    return request.code
  }

  /** The socket is gone, and its code with it. */
  forget(): void {
    this.#latest = null
  }

  async #ask(phoneNumber: string, generation: Generation | null): Promise<string> {
    const { sessionId, onCode } = this.#options
    const socket = generation?.socket ?? null
    if (generation === null || socket === null || generation.ended.aborted) throw this.#lost()
    // The phone may have scanned a moment ago: Baileys would overwrite who the session is linked to (7.0.0-rc14, `requestPairingCode`).
    if (generation.auth.paired) throw alreadyPaired(sessionId)
    let code: string
    try {
      code = await obtainPairingCode(sessionId, socket, phoneNumber, generation.ended)
    } catch (cause) {
      throw isSessionError(cause) ? cause : this.#lost(cause)
    }
    if (this.#options.generation() !== generation) throw this.#lost()
    onCode(code, phoneNumber, new Date(Date.now() + LIFETIME_MS))
    return code
  }

  #lost(cause?: unknown): SessionError {
    const { sessionId } = this.#options
    return new SessionError('PAIRING_FAILED', `Session "${sessionId}" lost its connection while requesting a pairing code. Request one again.`, {
      sessionId,
      cause,
    })
  }
}
