import { withDeadline, withSignal } from '../async/deadline.js'
import { asStoreError } from '../store/store-failure.js'
import type { RestoreCandidate, RestoreProgress, RestoreReport, RestoreResult } from './restore-report.js'

/** What a restore of all sessions works with. */
export interface RestoreRunOptions {
  concurrency: number
  delayMs: number
  /** The sessions, most urgent first. */
  candidates: () => Promise<RestoreCandidate[]>
  /** The result of a session that need not be started; `null` when it has to be. One that rejects is a failed session. */
  resultAtRest: (candidate: RestoreCandidate) => Promise<RestoreResult | null>
  /** Starts a session. Calls `onUnanswered` when a dial of it was not answered, and it goes on trying. Never rejects. */
  restore: (sessionId: string, onUnanswered: () => void) => Promise<RestoreResult>
}

/** How long those behind a candidate wait for the look at it. */
const LONG_LOOK_MS = 1000

/** Somebody who waits for the report. */
interface RestoreCaller {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: RestoreProgress) => void) | undefined
}

/** One restore of all sessions, shared by everybody who asks while it runs. */
export class RestoreRun {
  readonly #options: RestoreRunOptions
  readonly #startedAt = Date.now()
  readonly #stop = new AbortController()
  readonly #callers = new Set<RestoreCaller>()
  readonly #candidates: Promise<RestoreCandidate[]>
  readonly #finished: Promise<RestoreReport>
  #tally = new RestoreTally([], this.#startedAt)
  /** Whoever is ahead of the next candidate has lined up for its start, need not be started, or takes long. */
  #line: Promise<unknown> = Promise.resolve()

  constructor(options: RestoreRunOptions) {
    this.#options = options
    this.#candidates = options.candidates()
    this.#finished = this.#run()
    // Whoever joins hears of a failure; there may be nobody left who does.
    this.#finished.catch(() => undefined)
  }

  /** Settles when the work has come to its end. */
  get finished(): Promise<RestoreReport> {
    return this.#finished
  }

  /** Whether it was called off: it starts nothing any more, and comes to its end. */
  get isCalledOff(): boolean {
    return this.#stop.signal.aborted
  }

  /** Waits for the report. A caller whose signal aborts gets it as it stands; when it was the last one, the work is called off. */
  async join(caller: RestoreCaller): Promise<RestoreReport> {
    this.#callers.add(caller)
    let release = (): void => undefined
    const left = new Promise<RestoreReport>((resolve, reject) => {
      const onAbort = (): void => {
        this.#leave(caller).then(resolve, reject)
      }
      if (caller.signal?.aborted === true) onAbort()
      caller.signal?.addEventListener('abort', onAbort, { once: true })
      release = () => {
        caller.signal?.removeEventListener('abort', onAbort)
      }
    })
    try {
      return await Promise.race([left, this.#finished])
    } finally {
      release()
      this.#callers.delete(caller)
    }
  }

  /** Calls it off: nothing more is started. */
  abort(): void {
    this.#stop.abort()
  }

  /** The report names every session, so a caller who leaves waits for their list, and for no more. */
  async #leave(caller: RestoreCaller): Promise<RestoreReport> {
    this.#callers.delete(caller)
    if (this.#callers.size === 0) this.abort()
    await this.#candidates
    return this.#tally.report()
  }

  async #run(): Promise<RestoreReport> {
    const candidates = await this.#candidates
    this.#tally = new RestoreTally(
      candidates.map(({ sessionId }) => sessionId),
      this.#startedAt,
    )
    const pace = new Pace(this.#options.delayMs)
    const queue = candidates.values()
    const results: Promise<void>[] = []
    const work = async (): Promise<void> => {
      for (const candidate of queue) {
        await new Promise<void>((giveBack) => {
          results.push(
            this.#restoreOne(candidate, pace, giveBack)
              .then((result) => this.#note(result))
              .finally(giveBack),
          )
        })
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.#options.concurrency, candidates.length) }, work))
    await Promise.all(results)
    return this.#tally.report()
  }

  /** `giveBack` lets the next one begin: one whose first dial was not answered may go on for minutes. */
  async #restoreOne(candidate: RestoreCandidate, pace: Pace, giveBack: () => void): Promise<RestoreResult> {
    const { sessionId } = candidate
    if (this.#stop.signal.aborted) return abortedResult(sessionId)
    const place = await this.#lineUp(candidate, pace)
    if ('settled' in place) return place.settled
    try {
      await place.turn
    } catch {
      return abortedResult(sessionId)
    }
    return this.#options.restore(sessionId, giveBack)
  }

  /** Sessions are looked at side by side, but started in order; one whose look takes long lets those behind it pass. */
  #lineUp(candidate: RestoreCandidate, pace: Pace): Promise<{ settled: RestoreResult } | { turn: Promise<void> }> {
    const looking = this.#look(candidate)
    const ahead = this.#line
    const linedUp = (async () => {
      const settled = await looking
      if (settled !== null) return { settled }
      await ahead
      return { turn: pace.turn(this.#stop.signal) }
    })()
    this.#line = ahead.then(() => withDeadline(linedUp, LONG_LOOK_MS, () => new Error('late'))).catch(() => undefined)
    return linedUp
  }

  async #look(candidate: RestoreCandidate): Promise<RestoreResult | null> {
    const { sessionId } = candidate
    try {
      return await this.#options.resultAtRest(candidate)
    } catch (cause) {
      return { sessionId, outcome: 'failed', reason: null, error: asStoreError(sessionId, cause), durationMs: 0 }
    }
  }

  #note(result: RestoreResult): void {
    const progress = this.#tally.add(result)
    for (const caller of [...this.#callers]) caller.onProgress?.(progress)
  }
}

/** Lets starts through one at a time, with at least a delay between two of them. */
export class Pace {
  readonly #delayMs: number
  #next = 0
  #queue: Promise<unknown> = Promise.resolve()

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** Resolves when the next start may be made; rejects when the signal aborts. */
  turn(signal: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#wait(signal))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    // Not the clock on the wall, which may be set back.
    const waitMs = this.#next - performance.now()
    if (waitMs > 0) await sleep(Math.ceil(waitMs), signal)
    this.#next = performance.now() + this.#delayMs
  }
}

async function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await withSignal(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, delayMs)
      }),
      signal,
    )
  } finally {
    clearTimeout(timer)
  }
}

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
    const report: RestoreReport = {
      total: this.#sessionIds.length,
      restored: [],
      retrying: [],
      skipped: [],
      failed: [],
      durationMs: Date.now() - this.#startedAt,
    }
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
