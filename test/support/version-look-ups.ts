import { vi } from 'vitest'
import type { SocketConfig, VersionProvider } from '../../src/index.js'
import type { Scenario, ScenarioOptions } from './scenario.js'

/** A version of WhatsApp Web. */
export type Version = Awaited<ReturnType<VersionProvider>>

/** The version that Baileys has built in, and its address. */
export const WHATSAPP: NonNullable<ScenarioOptions['defaults']> = { version: [2, 3000, 100], waWebSocketUrl: 'wss://web.whatsapp.com/ws/chat' }

/** Many sessions may dial at once. */
export const MANY: Pick<ScenarioOptions, 'dials'> = { dials: { concurrency: 20, perSecond: 1000 } }

/** What undici asks through. */
export const dispatcher = { dispatch: (): boolean => true }

/** What axios takes as `options` in Baileys 6.7, where Baileys 7 takes a `RequestInit`. */
export const requests = (options: object): SocketConfig => ({ options })

type Answer = (url: string, init: { dispatcher?: unknown; signal: AbortSignal }) => Promise<Response>

/** Stands in for the network until the globals are put back: what each request of a look-up gets. */
export function network(answer: Answer): ReturnType<typeof vi.fn<Answer>> {
  const fetch = vi.fn(answer)
  vi.stubGlobal('fetch', fetch)
  return fetch
}

/** How WhatsApp tells the version of its page. */
export const worker = (revision: number): Response => new Response(`{"client_revision":${revision}}`)

/** The versions that sockets were made with, oldest first. */
export const versionsOf = (made: Scenario): (Version | undefined)[] => made.baileys.configs.map(({ version }) => version)

/** Links sessions without a manager. */
export async function seedLinked(made: Scenario, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `linked-${index}`)
  for (const [index, id] of ids.entries()) await made.store.seed(id, { phone: String(49_151_000_000 + index) })
  return ids
}
