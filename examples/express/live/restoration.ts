import type { RestoreResult, SessionManager } from 'baileys-sessions'
import { setTimeout as delay } from 'node:timers/promises'

const NEXT_TRY_MS = 5000

/** The progress of the restore at startup. */
export interface RestoreView {
  done: number
  total: number
  restored: number
  retrying: number
  skipped: number
  failed: number
  finished: boolean
}

/** Restores every stored session at startup, and knows the progress: for all sessions, or for one company's. */
export class Restoration {
  readonly #sessions: SessionManager
  readonly #onChange: (companyId: string | null) => void
  readonly #waiting = new Set<string>()
  readonly #results = new Map<string, RestoreResult>()
  readonly #stop = new AbortController()
  #isFinished = false

  /** `onChange` gets the company whose progress changed; `null` for all of them. */
  constructor(sessions: SessionManager, onChange: (companyId: string | null) => void) {
    this.#sessions = sessions
    this.#onChange = onChange
  }

  /** Restores what is stored. If the store cannot be reached, it keeps trying. Never rejects. */
  async run(onTrouble: (error: unknown) => void): Promise<void> {
    while (!this.#isStopped()) {
      try {
        await this.#sessions.restoreAll({
          signal: this.#stop.signal,
          filter: ({ sessionId }) => {
            this.#waiting.add(sessionId)
            return true
          },
          onProgress: ({ result }) => {
            this.#note(result)
          },
        })
        break
      } catch (error) {
        if (this.#isStopped()) return
        onTrouble(error)
        await delay(NEXT_TRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      }
    }
    this.#isFinished = true
    this.#onChange(null)
  }

  /** Ends the restore; the manager finishes sessions already in progress. */
  stop(): void {
    this.#stop.abort()
  }

  /** The progress of all sessions (`null`), or of one company's, which learns nothing about the others. */
  view(companyId: string | null): RestoreView {
    if (companyId === null) return count(this.#waiting.size, [...this.#results.values()], this.#isFinished)
    const result = this.#results.get(companyId)
    return count(this.#waiting.has(companyId) ? 1 : 0, result === undefined ? [] : [result], this.#isFinished || result !== undefined)
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  #note(result: RestoreResult): void {
    this.#results.set(result.sessionId, result)
    this.#onChange(result.sessionId)
  }
}

function count(total: number, results: readonly RestoreResult[], finished: boolean): RestoreView {
  const having = (...outcomes: RestoreResult['outcome'][]): number => results.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    done: results.length,
    total: Math.max(total, results.length),
    restored: having('restored', 'already_connected'),
    retrying: having('retrying'),
    skipped: having('skipped'),
    failed: having('failed'),
    finished,
  }
}
