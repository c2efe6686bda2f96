import type { WAVersion } from '@whiskeysockets/baileys'
import { withSignal } from '../time/deadline.js'
import { isHigher, isSameVersion, isVersion } from './version-number.js'
import type { VersionLookup, VersionQuestion } from './version-lookup.js'

/** What a source works with. */
export interface VersionSourceOptions {
  /** How versions are looked up; `null`: never. */
  lookup: VersionLookup | null
  /** Told of each look-up that failed. */
  onFailure: (cause: unknown) => void
  /** Told, once, that a look-up was not made since it would go around a proxy. */
  onBypass: () => void
}

/** How long nobody asks again the way on which a look-up has failed: one that hangs would hold up the next pairing, too. */
const PAUSE_MS = 60_000

/** Keeps the version of WhatsApp Web for all sessions of a manager. One look-up at a time serves all of them. */
export class VersionSource {
  readonly #options: VersionSourceOptions
  readonly #closed = new AbortController()
  #kept: WAVersion | undefined
  #freshUntil = 0
  #failure: { via: object | undefined; until: number } | null = null
  #renewal: Promise<void> | null = null
  #hasToldOfBypass = false

  constructor(options: VersionSourceOptions) {
    this.#options = options
  }

  /** The last good version; `undefined` leaves it to Baileys. */
  get kept(): WAVersion | undefined {
    return this.#kept
  }

  /** The look-up to wait for before a phone is linked; `null` when there is none. It never rejects. */
  renew(question: VersionQuestion): Promise<void> | null {
    if (this.#renewal !== null) return this.#renewal
    const { lookup } = this.#options
    if (lookup === null || this.#closed.signal.aborted || !this.#isDue(question)) return null
    if (lookup.bypassesProxy(question)) {
      this.#tellOfBypass()
      return null
    }
    this.#renewal = this.#lookUp(lookup, question).finally(() => { this.#renewal = null })
    return this.#renewal
  }

  /**
   * WhatsApp has refused this version. When it is the kept one, that is thrown away, and looked up again; else there is another one by now.
   * Resolves when the answer is there. Never rejects.
   */
  async refuse(tried: WAVersion | undefined, question: VersionQuestion): Promise<void> {
    if (!isSameVersion(tried, this.#kept)) return
    this.#kept = undefined
    this.#freshUntil = 0
    this.#failure = null
    await this.renew(question)
  }

  /** Ends the look-up under way, and begins no other. */
  close(): void {
    this.#closed.abort()
  }

  #isDue({ dispatcher }: VersionQuestion): boolean {
    const now = Date.now()
    if (now < this.#freshUntil) return false
    return this.#failure === null || now >= this.#failure.until || this.#failure.via !== dispatcher
  }

  #tellOfBypass(): void {
    if (this.#hasToldOfBypass) return
    this.#hasToldOfBypass = true
    this.#options.onBypass()
  }

  async #lookUp(lookup: VersionLookup, question: VersionQuestion): Promise<void> {
    const { signal } = this.#closed
    try {
      const { version, maxAgeMs } = await withSignal(lookup.lookUp(question, signal), signal)
      if (!isVersion(version)) throw new TypeError('The version provider must answer with three numbers, such as [2, 3000, 1043857760].')
      if (this.#kept === undefined || isHigher(version, this.#kept)) this.#kept = version
      this.#freshUntil = Date.now() + maxAgeMs
      this.#failure = null
    } catch (cause) {
      this.#failure = { via: question.dispatcher, until: Date.now() + PAUSE_MS }
      if (!signal.aborted) this.#options.onFailure(cause)
    }
  }
}
