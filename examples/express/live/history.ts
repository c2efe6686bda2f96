import type { SessionManager } from 'baileys-sessions'
import { problemOf } from '../answers/problem-of.js'
import { listen } from './listen.js'

/** How many entries are kept for each company. */
const LONGEST_HISTORY = 200

/** Something that happened to a session, and why. */
export interface HistoryEntry {
  at: string
  kind: 'status' | 'pairing' | 'connected' | 'disconnected' | 'restored' | 'logged_out' | 'error'
  status: string | null
  reason: string | null
  message: string
  code: number | string | null
}

/** What happened to the sessions since this process started, in memory: the last 200 entries of each company. */
export class History {
  readonly #entries = new Map<string, HistoryEntry[]>()

  /** What happened to a company's session, newest first. */
  of(companyId: string): HistoryEntry[] {
    return [...(this.#entries.get(companyId) ?? [])].reverse()
  }

  /** Records what happened now. Returns the entry. */
  add(companyId: string, { at = new Date().toISOString(), status = null, reason = null, code = null, ...rest }: NewEntry): HistoryEntry {
    const entry: HistoryEntry = { at, status, reason, code, ...rest }
    const entries = this.#entries.get(companyId) ?? []
    entries.push(entry)
    if (entries.length > LONGEST_HISTORY) entries.shift()
    this.#entries.set(companyId, entries)
    return entry
  }
}

type NewEntry = Pick<HistoryEntry, 'kind' | 'message'> & Partial<HistoryEntry>

/** Reports everything that happens to a session, in words. No entry contains a QR code or a pairing code. Returns a function that stops it. */
export function followHistory(sessions: SessionManager, tell: (companyId: string, entry: NewEntry) => void): () => void {
  const subscriptions = [
    listen(sessions, 'status', ({ sessionId, status, reason, message }) => {
      tell(sessionId, { kind: 'status', status, reason, message })
    }),
    listen(sessions, 'pairing-code', ({ sessionId }) => {
      tell(sessionId, { kind: 'pairing', message: 'A pairing code is shown.' })
    }),
    listen(sessions, 'connected', ({ sessionId, restored }) => {
      tell(sessionId, { kind: 'connected', message: restored ? 'Connected with the saved session.' : 'Linked to a phone, and connected.' })
    }),
    listen(sessions, 'disconnected', ({ sessionId, cause, code, willRetry }) => {
      tell(sessionId, { kind: 'disconnected', reason: cause, code, message: willRetry ? 'The connection was lost. Trying again.' : 'The connection ended.' })
    }),
    listen(sessions, 'restored', ({ sessionId, outcome, reason, durationMs }) => {
      tell(sessionId, { kind: 'restored', status: outcome, reason, message: `Restore: ${outcome.replace('_', ' ')}, after ${Math.round(durationMs)} ms.` })
    }),
    listen(sessions, 'logged-out', ({ sessionId, cause }) => {
      tell(sessionId, { kind: 'logged_out', reason: cause, message: cause === 'logged_out' ? 'The device was unlinked on the phone.' : 'Logged out here.' })
    }),
    listen(sessions, 'error', ({ sessionId, error }) => {
      // Use the wording of the answers: the error's own message may reveal internals of the server.
      if (sessionId !== null) tell(sessionId, { kind: 'error', code: error.code, message: problemOf(error).message })
    }),
  ]
  return () => {
    for (const end of subscriptions) end()
  }
}
