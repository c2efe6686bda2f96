import { CREDS_KEY, type SessionStore } from '../../src/index.js'

/** Sessions that are kept open in this process. */
export interface KnownSessions {
  /** Opens all sessions; resolves when each was tried. */
  open(): Promise<void>
  /** How many are open now. */
  readonly opened: number
  /** How often per second the status of an open session can be asked; `null` where nobody can be asked. */
  statusesPerSecond(): Promise<number | null>
  /** Closes everything. */
  close(): Promise<void>
}

/** Which sessions there are, and how they are opened. */
export interface FleetOptions {
  readonly sessionIds: readonly string[]
  /** The server. */
  readonly url: string
  /** How many dials may be under way at once. */
  readonly concurrency: number
  /** Told of each message that a session received. */
  readonly onMessage?: (sessionId: string) => void
}

/** Names for sessions, in the order of their numbers. */
export function sessionIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `shop-${String(index).padStart(5, '0')}`)
}

/** Stores credentials, each under the id with the same number. */
export async function storeCreds(store: SessionStore, ids: readonly string[], creds: readonly string[]): Promise<void> {
  for (const [index, sessionId] of ids.entries()) await store.write(sessionId, [{ ...CREDS_KEY, value: creds[index] ?? '' }])
}
