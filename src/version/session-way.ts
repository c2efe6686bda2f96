import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'
import type { VersionQuestion } from './version-lookup.js'

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
