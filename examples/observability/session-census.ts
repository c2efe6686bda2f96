import type { SessionManager, SessionSnapshot, SessionStatus } from 'baileys-sessions'

/** How often all sessions are looked at, at most: those that rest are read from the store. */
const LOOK_EVERY_MS = 60_000

type Standing = Pick<SessionSnapshot, 'sessionId' | 'status' | 'reason' | 'isLocal'>

/**
 * Where each session stands. Events tell of every change in this process; a look at all sessions, now and then, finds what rested before
 * this process began, and what another process deleted. Nobody waits for that look: it needs the store, which may hang.
 */
export class SessionCensus {
  readonly #sessions: SessionManager
  readonly #onError: (error: unknown) => void
  #known = new Map<string, SessionStatus>()
  /** The sessions that changed while a look is under way, which may have seen them before. */
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

  /** How many sessions are in a status. */
  count(status: SessionStatus): number {
    return [...this.#known.values()].filter(known => known === status).length
  }

  /** Begins a look at all sessions, unless one is under way or the last one was a short while ago. */
  lookIfDue(nowMs: number = performance.now()): void {
    if (this.#changed !== null || nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = nowMs
    this.#look().catch(this.#onError)
  }

  async #look(): Promise<void> {
    const changed = this.#changed = new Set<string>()
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

/** What another process runs, that process counts; where nothing is paired there is nothing to keep alive. */
function note(known: Map<string, SessionStatus>, { sessionId, status, reason, isLocal }: Standing): void {
  if (isLocal && reason !== 'never_paired') known.set(sessionId, status)
  else known.delete(sessionId)
}
