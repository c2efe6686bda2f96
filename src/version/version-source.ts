import type { UserFacingSocketConfig, WAVersion } from '@whiskeysockets/baileys'
import { boundedBy, withSignal } from '../async/deadline.js'

/** How long an answer counts as fresh. */
export const DEFAULT_MAX_AGE_MS: number = 6 * 60 * 60 * 1000

/** How long a look-up may take. */
export const DEFAULT_TIMEOUT_MS = 5000

/** Each part is sent as a `uint32` (Baileys 7.0.0-rc14, `ClientPayload.UserAgent.AppVersion`). */
const LARGEST_PART = 2 ** 32 - 1

/** What a source works with. */
interface VersionSourceOptions {
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
    this.#renewal = this.#lookUp(lookup, question).finally(() => {
      this.#renewal = null
    })
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

/**
 * Provides the version of WhatsApp Web to link phones with. It has 5 seconds. Its answer is kept for 6 hours; a lower one is not used,
 * unless WhatsApp has refused the one before.
 */
export type VersionProvider = () => Promise<WAVersion>

/** What is known of the session that a version is looked up for. */
export interface VersionQuestion {
  /** The way that the session's own requests go: `socketConfig.options.dispatcher`, or a `fetchAgent` that is a dispatcher. */
  readonly dispatcher?: object | undefined
  /** Whether the session goes through a proxy, as far as can be seen: its configuration holds an agent. */
  readonly isProxied?: boolean | undefined
  /** The version that Baileys has built in. */
  readonly builtIn?: WAVersion | undefined
}

/** What a look-up has found. */
export interface FoundVersion {
  /** The version. */
  readonly version: WAVersion
  /** How long it may be kept, in milliseconds. */
  readonly maxAgeMs: number
}

/** How a manager looks a version up. */
export interface VersionLookup {
  /** Looks it up. Settles within a deadline of its own, and ends its requests when the signal aborts. */
  lookUp(question?: VersionQuestion, signal?: AbortSignal): Promise<FoundVersion>
  /** Whether the look-up would go around the proxy of the session. It is not made then. */
  bypassesProxy(question: VersionQuestion): boolean
}

/** The look-up that is in a provider: its own, where it has one, or that of a plain function. */
export function lookupOf(provider: VersionProvider | (VersionProvider & VersionLookup)): VersionLookup {
  if ('lookUp' in provider) return provider
  return {
    lookUp: async (_question, signal) => {
      const onTimeout = (): Error => new Error(`The version provider did not answer within ${DEFAULT_TIMEOUT_MS} ms.`)
      return { version: await boundedBy({ signal, timeoutMs: DEFAULT_TIMEOUT_MS, onTimeout }, provider), maxAgeMs: DEFAULT_MAX_AGE_MS }
    },
    // Which way it goes is the application's to choose.
    bypassesProxy: () => false,
  }
}

/** Whether a value is a version that can be sent. */
export function isVersion(value: unknown): value is WAVersion {
  return Array.isArray(value) && value.length === 3 && value.every((part) => Number.isInteger(part) && part >= 0 && part <= LARGEST_PART)
}

/** Whether `left` is higher than `right`. */
export function isHigher(left: WAVersion, right: WAVersion): boolean {
  const index = left.findIndex((part, position) => part !== right[position])
  return index >= 0 && (left[index] ?? 0) > (right[index] ?? 0)
}

/** Whether both are the same version, or both unknown. */
function isSameVersion(left: WAVersion | undefined, right: WAVersion | undefined): boolean {
  return left?.join('.') === right?.join('.')
}

/** The way that a session goes, as its socket configuration tells. */
export function wayOf({ agent, fetchAgent, options }: Partial<UserFacingSocketConfig>): Pick<VersionQuestion, 'dispatcher' | 'isProxied'> {
  const requests: Readonly<Record<string, unknown>> = { ...options }
  // What Baileys uploads media with may be a dispatcher, too (7.0.0-rc14, `uploadWithFetch`).
  const dispatcher = [requests['dispatcher'], fetchAgent].find(isDispatcher)
  // The last three are those of axios, which Baileys 6.7 makes its requests with. It takes `proxy: false` for none.
  const agents = [agent, fetchAgent, requests['httpAgent'], requests['httpsAgent'], requests['proxy']]
  return { dispatcher, isProxied: agents.some(isObject) }
}

function isDispatcher(value: unknown): value is object {
  return isObject(value) && 'dispatch' in value && typeof value.dispatch === 'function'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
