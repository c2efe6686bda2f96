import type { RestoreProgress, RestoreReport, RestoreResult } from './restore-report.js'

type List = 'restored' | 'retrying' | 'skipped' | 'failed'

/** The results of a restore of all sessions, as they come. */
export class RestoreTally {
  readonly #sessionIds: readonly string[]
  readonly #startedAt: number
  readonly #results = new Map<string, RestoreResult>()

  constructor(sessionIds: readonly string[], startedAt: number) {
    this.#sessionIds = sessionIds
    this.#startedAt = startedAt
  }

  /** Takes in a result and tells how far the work has come. */
  add(result: RestoreResult): RestoreProgress {
    this.#results.set(result.sessionId, result)
    const { total, restored, retrying, skipped, failed } = this.#sort([...this.#results.values()])
    return {
      total, done: this.#results.size, result,
      restored: restored.length, retrying: retrying.length, skipped: skipped.length, failed: failed.length,
    }
  }

  /** The report as of now: what has no result yet counts as called off. */
  report(): RestoreReport {
    return this.#sort(this.#sessionIds.map(sessionId => this.#results.get(sessionId) ?? abortedResult(sessionId)))
  }

  #sort(results: readonly RestoreResult[]): RestoreReport {
    const report: RestoreReport = { total: this.#sessionIds.length, restored: [], retrying: [], skipped: [], failed: [], durationMs: Date.now() - this.#startedAt }
    for (const result of results) report[listOf(result)].push(result)
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
