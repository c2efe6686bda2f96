import type { WAVersion } from '@whiskeysockets/baileys'
import { boundedBy } from '../time/deadline.js'

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

/** How long an answer counts as fresh. */
export const DEFAULT_MAX_AGE_MS: number = 6 * 60 * 60 * 1000

/** How long a look-up may take. */
export const DEFAULT_TIMEOUT_MS = 5000

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
