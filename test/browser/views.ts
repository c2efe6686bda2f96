import type { HistoryEntry, SessionView } from '../../examples/express/public/api.js'

/** A time that lies so many seconds ahead, or back. */
export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

/** A session as the server tells of it. */
export function view(given: Partial<SessionView> & Pick<SessionView, 'company_id' | 'status'>): SessionView {
  return {
    reason: null,
    message: 'A sentence of the server.',
    is_connected: given.status === 'connected',
    phone_number: null,
    since: inSeconds(-754),
    attempt: null,
    next_retry_at: null,
    restricted_until: null,
    pairing: null,
    is_local: true,
    ...given,
  }
}

/** A change of status as the history tells of it. */
export function change(secondsAgo: number, status: SessionView['status'], reason: string | null = null, rest: Partial<HistoryEntry> = {}): HistoryEntry {
  return { at: inSeconds(-secondsAgo), kind: 'status', status, reason, message: 'A sentence of the server.', code: null, ...rest }
}
