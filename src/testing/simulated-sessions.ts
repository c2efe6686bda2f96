import type { SessionLock } from '../lease/session-lock.js'
import {
  CREDS_KEY,
  type DeleteOptions,
  type RecordChange,
  type RecordKey,
  type SessionStore,
  type StoredRecord,
  type WriteOptions,
} from '../store/session-store.js'

/**
 * The key of the record that marks a session as linked with a simulated WhatsApp. The record stays with the session's other
 * records; neither this library nor Baileys reads it.
 */
export const SIMULATION_KEY: RecordKey = Object.freeze({ type: 'simulation', id: 'marker' })

const MARKER: RecordChange = Object.freeze({ ...SIMULATION_KEY, value: '{"version":1}' })

/**
 * Puts a mark on every session that is linked through this view of a store, in the same write that stores the pairing. For a manager whose sockets
 * dial a `WhatsAppServer`: whoever opens the store for the real WhatsApp can tell, with {@link findSimulatedSession}. Put it around
 * `encrypted`, not inside. Closing it closes the store.
 */
export function simulated(store: SessionStore): SessionStore {
  return new SimulatedSessionStore(store)
}

/**
 * The first session that was linked with a simulated WhatsApp; `null` if there is none. Check this before a manager opens a store
 * for the real WhatsApp, which does not know these devices. A session that cannot be read counts as real. Rejects as `list` of the
 * store does.
 */
export async function findSimulatedSession(store: SessionStore): Promise<string | null> {
  return findSession(store, async (sessionId) => (await kindOf(store, sessionId)) === 'simulated')
}

/**
 * The first session with credentials and without the mark of a simulation; `null` if there is none. Check this before a manager
 * opens a store for a simulated WhatsApp, which does not know real devices and would make every one `logged_out`. A session that
 * cannot be read counts as real. Rejects as `list` of the store does.
 */
export async function findRealSession(store: SessionStore): Promise<string | null> {
  return findSession(store, async (sessionId) => (await kindOf(store, sessionId)) === 'real')
}

async function findSession(store: SessionStore, isWanted: (sessionId: string) => Promise<boolean>): Promise<string | null> {
  for await (const sessionId of store.list()) if (await isWanted(sessionId)) return sessionId
  return null
}

/** `unlinked`: nothing of it was ever stored that a phone could be linked to. */
async function kindOf(store: SessionStore, sessionId: string): Promise<'simulated' | 'real' | 'unlinked'> {
  try {
    const [marker] = await store.read(sessionId, [SIMULATION_KEY])
    if (marker !== undefined) return 'simulated'
    const [creds] = await store.read(sessionId, [CREDS_KEY])
    return creds === undefined ? 'unlinked' : 'real'
  } catch {
    return 'real'
  }
}

class SimulatedSessionStore implements SessionStore {
  readonly #store: SessionStore

  constructor(store: SessionStore) {
    this.#store = store
  }

  get lock(): SessionLock {
    return this.#store.lock
  }

  list(): AsyncIterable<string> {
    return this.#store.list()
  }

  records(sessionId: string): AsyncIterable<RecordKey> {
    return this.#store.records(sessionId)
  }

  read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    return this.#store.read(sessionId, keys)
  }

  write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    // A pairing replaces every record; all other writes leave the mark where it is.
    return this.#store.write(sessionId, options.replaceAll === true ? [...changes, MARKER] : changes, options)
  }

  delete(sessionId: string, options?: DeleteOptions): Promise<void> {
    return this.#store.delete(sessionId, options)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}
