import type { RestoreProgress, RestoreReport, RestoreResult } from './restore-report.js'

type List = 'restored' | 'retrying' | 'skipped' | 'failed'

/** The results of a restore of all sessions, as they come. */
export class RestoreTally {
  readonly #sessionIds: readonly string[]
  readonly #startedAt: number
  readonly #results = new Map<string, RestoreResult>()
  readonly #counts: Record<List, number> = { restored: 0, retrying: 0, skipped: 0, failed: 0 }

  constructor(sessionIds: readonly string[], startedAt: number) {
    this.#sessionIds = sessionIds
    this.#startedAt = startedAt
  }

  /** Takes in a result and tells how far the work has come. */
  add(result: RestoreResult): RestoreProgress {
    const before = this.#results.get(result.sessionId)
    if (before !== undefined) this.#counts[listOf(before)] -= 1
    this.#results.set(result.sessionId, result)
    this.#counts[listOf(result)] += 1
    return { total: this.#sessionIds.length, done: this.#results.size, result, ...this.#counts }
  }

  /** The report as of now: what has no result yet counts as called off. */
  report(): RestoreReport {
    const report: RestoreReport = { total: this.#sessionIds.length, restored: [], retrying: [], skipped: [], failed: [], durationMs: Date.now() - this.#startedAt }
    for (const sessionId of this.#sessionIds) {
      const result = this.#results.get(sessionId) ?? abortedResult(sessionId)
      report[listOf(result)].push(result)
    }
    return report
  }
}

/** The result of a restore that was called off. */
export function abortedResult(sessionId: string, durationMs = 0): RestoreResult {
  return { sessionId, outcome: 'skipped', reason: 'aborted', durationMs }
}

function listOf({ outcome }: RestoreResult): List {
  return outcome === 'already_connected' ? 'skipped' : outcome
}
