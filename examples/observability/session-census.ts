import type { SessionManager, SessionSnapshot, SessionStatus } from 'baileys-sessions'

/** The shortest time between two checks of all sessions: idle ones are read from the store. */
const LOOK_EVERY_MS = 60_000

type Standing = Pick<SessionSnapshot, 'sessionId' | 'status' | 'reason' | 'isLocal'>

/**
 * The status of each session. Events report every change in this process; an occasional check of all sessions finds those that were idle
 * before this process started, and those that another process deleted. Nothing waits for that check: it needs the store, which may hang.
 */
export class SessionCensus {
  readonly #sessions: SessionManager
  readonly #onError: (error: unknown) => void
  #known = new Map<string, SessionStatus>()
  /** The sessions that changed during a check, which may have seen their old status. */
  #changed: Set<string> | null = null
  #lookedAtMs = -Infinity

  constructor(sessions: SessionManager, onError: (error: unknown) => void) {
    this.#sessions = sessions
    this.#onError = onError
    sessions.on('status', (event) => {
      this.#changed?.add(event.sessionId)
      note(this.#known, event)
    })
  }

  /** How many sessions have a status. */
  count(status: SessionStatus): number {
    return [...this.#known.values()].filter((known) => known === status).length
  }

  /** Starts a check of all sessions, unless one is running or the last one was recent. */
  lookIfDue(nowMs: number = performance.now()): void {
    if (this.#changed !== null || nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = nowMs
    this.#look().catch(this.#onError)
  }

  async #look(): Promise<void> {
    const changed = (this.#changed = new Set<string>())
    try {
      const seen = new Map<string, SessionStatus>()
      for (const snapshot of await this.#sessions.getStatuses()) note(seen, snapshot)
      for (const sessionId of changed) {
        const status = this.#known.get(sessionId)
        if (status === undefined) seen.delete(sessionId)
        else seen.set(sessionId, status)
      }
      this.#known = seen
    } finally {
      this.#changed = null
    }
  }
}

/** Another process counts the sessions that it runs; an unpaired session is nothing to keep alive. */
function note(known: Map<string, SessionStatus>, { sessionId, status, reason, isLocal }: Standing): void {
  if (isLocal && reason !== 'never_paired') known.set(sessionId, status)
  else known.delete(sessionId)
}
