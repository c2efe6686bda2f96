import type { WAVersion } from '@whiskeysockets/baileys'
import { withDeadline } from '../time/deadline.js'

/** Provides the WhatsApp Web version to connect with, as `fetchLatestWaWebVersion` of Baileys does. */
export type VersionProvider = () => Promise<WAVersion>

/** How long a provider may take before the last good version is used. */
const PROVIDER_TIMEOUT_MS = 5000

/** How long a version counts as fresh. */
const FRESH_MS = 6 * 60 * 60 * 1000

/** How long a provider that failed is left alone: a second one that hangs would hold up the next dial, too. */
const PAUSE_MS = 60_000

/**
 * Asks the application's provider for the version, once for all sessions. A provider that fails or hangs never holds a dial up: the
 * last good version is kept, and it never goes down.
 */
export class VersionSource {
  readonly #provider: VersionProvider | undefined
  readonly #onFailure: (cause: unknown) => void
  #best: WAVersion | undefined
  #freshUntil = 0
  #asking: Promise<void> | null = null

  constructor(provider: VersionProvider | undefined, onFailure: (cause: unknown) => void) {
    this.#provider = provider
    this.#onFailure = onFailure
  }

  /** The version to dial with; `undefined` leaves it to Baileys. Never rejects. */
  async current(): Promise<WAVersion | undefined> {
    if (this.#provider === undefined) return undefined
    if (Date.now() >= this.#freshUntil) await this.refresh()
    return this.#best
  }

  /** Asks again, as after WhatsApp refused a version. Concurrent calls share one question. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#provider === undefined) return
    this.#asking ??= this.#ask(this.#provider).finally(() => { this.#asking = null })
    await this.#asking
  }

  async #ask(provider: VersionProvider): Promise<void> {
    try {
      const version = await withDeadline(provider(), PROVIDER_TIMEOUT_MS, () => new Error(`The version provider did not answer within ${PROVIDER_TIMEOUT_MS} ms.`))
      if (!isVersion(version)) throw new TypeError('The version provider did not answer with three numbers.')
      if (this.#best === undefined || isHigher(version, this.#best)) this.#best = version
      this.#freshUntil = Date.now() + FRESH_MS
    } catch (cause) {
      this.#freshUntil = Date.now() + PAUSE_MS
      this.#onFailure(cause)
    }
  }
}

function isVersion(value: unknown): value is WAVersion {
  return Array.isArray(value) && value.length === 3 && value.every(part => Number.isInteger(part))
}

function isHigher(left: WAVersion, right: WAVersion): boolean {
  const index = left.findIndex((part, position) => part !== right[position])
  return index >= 0 && (left[index] ?? 0) > (right[index] ?? 0)
}
