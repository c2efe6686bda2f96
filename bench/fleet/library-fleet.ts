import type * as Baileys from '@whiskeysockets/baileys'
import { SessionManager, type SessionStore } from '../../src/index.js'
import type { FleetOptions, KnownSessions } from './known-sessions.js'

const STATUS_CALLS = 200_000
/** The best of some rounds counts: what else the machine does meanwhile is no property of this library. */
const ROUNDS = 5

/** How this library keeps the sessions. */
export interface LibraryFleetOptions extends FleetOptions {
  /** Where they are. It stays open. */
  readonly store: SessionStore
  /** How long a dial may take, in milliseconds. */
  readonly patienceMs: number
}

/** The sessions, restored by this library. */
export function libraryFleet(baileys: typeof Baileys, { store, sessionIds, url, concurrency, patienceMs, onMessage }: LibraryFleetOptions): KnownSessions {
  const sessions = new SessionManager({
    store,
    baileys,
    connectTimeoutMs: patienceMs,
    dials: { concurrency, perSecond: 1_000_000 },
    socketConfig: (sessionId) => ({ waWebSocketUrl: `${url}?client=${sessionId}` }),
  })
  if (onMessage !== undefined) {
    sessions.on('socket', ({ sessionId, socket }) => {
      socket.ev.on('messages.upsert', ({ messages }) => {
        for (const _message of messages) onMessage(sessionId)
      })
    })
  }
  return {
    get opened() {
      return sessionIds.filter((sessionId) => sessions.getSocket(sessionId) !== undefined).length
    },
    open: async () => {
      await sessions.restoreAll({ concurrency, delayMs: 0 })
    },
    statusesPerSecond: async () => {
      let best = 0
      for (let round = 0; round < ROUNDS; round++) {
        const startedAt = performance.now()
        for (let call = 0; call < STATUS_CALLS; call++) await sessions.getStatus(sessionIds[call % sessionIds.length] ?? '')
        best = Math.max(best, (STATUS_CALLS / (performance.now() - startedAt)) * 1000)
      }
      return best
    },
    close: async () => {
      await sessions.close()
    },
  }
}
