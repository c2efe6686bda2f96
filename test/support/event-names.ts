import type { SessionManagerEvents } from '../../src/index.js'

type SessionEventName = Exclude<keyof SessionManagerEvents, 'members'>

/** Every event that concerns a session. One that is missing does not compile. */
// The table is typed by its keys.
export const SESSION_EVENTS = Object.keys({
  status: 0,
  qr: 0,
  'pairing-code': 0,
  socket: 0,
  connected: 0,
  disconnected: 0,
  restored: 0,
  'creds-restored': 0,
  'logged-out': 0,
  deleted: 0,
  error: 0,
} satisfies Record<SessionEventName, 0>) as readonly SessionEventName[]
