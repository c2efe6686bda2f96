import type * as Baileys from '@whiskeysockets/baileys'
import { CREDS_KEY, MemorySessionStore, SessionManager } from '../../src/index.js'
import { sessionIdOf, type KnownSessions } from './fleet.js'
import type { ClientOrder } from './orders.js'

const STATUS_CALLS = 200_000
/** The best of some rounds counts: what else the machine does meanwhile is no property of this library. */
const ROUNDS = 5

/** The sessions, restored by this library from a memory store. */
export async function libraryFleet(baileys: typeof Baileys, { creds, url, concurrency, patienceMs }: ClientOrder): Promise<KnownSessions> {
  const store = new MemorySessionStore()
  for (const [index, value] of creds.entries()) await store.write(sessionIdOf(index), [{ ...CREDS_KEY, value }])
  const sessions = new SessionManager({
    store,
    baileys,
    connectTimeoutMs: patienceMs,
    dials: { concurrency, perSecond: 1_000_000 },
    socketConfig: (sessionId) => ({ waWebSocketUrl: `${url}?client=${sessionId}` }),
  })
  const live = creds.map((_, index) => sessionIdOf(index))
  return {
    get opened() {
      return live.filter((sessionId) => sessions.getSocket(sessionId) !== undefined).length
    },
    open: async () => {
      await sessions.restoreAll({ concurrency, delayMs: 0 })
    },
    statusesPerSecond: async () => {
      let best = 0
      for (let round = 0; round < ROUNDS; round++) {
        const startedAt = performance.now()
        for (let call = 0; call < STATUS_CALLS; call++) await sessions.getStatus(live[call % live.length] ?? '')
        best = Math.max(best, (STATUS_CALLS / (performance.now() - startedAt)) * 1000)
      }
      return best
    },
    close: async () => {
      await sessions.close()
    },
  }
}
