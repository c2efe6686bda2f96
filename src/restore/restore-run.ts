import { asStoreError } from '../auth/stored-session.js'
import { Pace } from './pace.js'
import type { RestoreCandidate, RestoreProgress, RestoreReport, RestoreResult } from './restore-report.js'
import { abortedResult, RestoreTally } from './restore-tally.js'

/** What a restore of all sessions works with. */
export interface RestoreRunOptions {
  concurrency: number
  delayMs: number
  /** The sessions, most urgent first. */
  candidates: () => Promise<RestoreCandidate[]>
  /** The result of a session that need not be started; `null` when it has to be. One that rejects is a failed session. */
  settle: (candidate: RestoreCandidate) => Promise<RestoreResult | null>
  /** Starts a session. Never rejects. */
  restore: (sessionId: string) => Promise<RestoreResult>
}

/** Somebody who waits for the report. */
export interface RestoreCaller {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: RestoreProgress) => void) | undefined
}

/** One restore of all sessions, shared by everybody who asks while it runs. */
export class RestoreRun {
  readonly #options: RestoreRunOptions
  readonly #startedAt = Date.now()
  readonly #stop = new AbortController()
  readonly #callers = new Set<RestoreCaller>()
  readonly #finished: Promise<RestoreReport>
  #tally = new RestoreTally([], this.#startedAt)

  constructor(options: RestoreRunOptions) {
    this.#options = options
    this.#finished = this.#run()
    // Whoever joins hears of a failure; there may be nobody left who does.
    this.#finished.catch(() => undefined)
  }

  /** Settles when the work has come to its end. */
  get finished(): Promise<RestoreReport> {
    return this.#finished
  }

  /** Waits for the report. A caller whose signal aborts gets it as it stands; when it was the last one, the work is called off. */
  async join(caller: RestoreCaller): Promise<RestoreReport> {
    this.#callers.add(caller)
    let release = (): void => undefined
    const left = new Promise<RestoreReport>((resolve) => {
      const onAbort = (): void => { resolve(this.#leave(caller)) }
      if (caller.signal?.aborted === true) onAbort()
      caller.signal?.addEventListener('abort', onAbort, { once: true })
      release = () => { caller.signal?.removeEventListener('abort', onAbort) }
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

  #leave(caller: RestoreCaller): RestoreReport {
    this.#callers.delete(caller)
    if (this.#callers.size === 0) this.abort()
    return this.#tally.report()
  }

  async #run(): Promise<RestoreReport> {
    const candidates = await this.#options.candidates()
    this.#tally = new RestoreTally(candidates.map(({ sessionId }) => sessionId), this.#startedAt)
    const pace = new Pace(this.#options.delayMs)
    const queue = candidates.values()
    const work = async (): Promise<void> => {
      for (const candidate of queue) this.#note(await this.#restoreOne(candidate, pace))
    }
    await Promise.all(Array.from({ length: this.#options.concurrency }, work))
    return this.#tally.report()
  }

  async #restoreOne(candidate: RestoreCandidate, pace: Pace): Promise<RestoreResult> {
    const { settle, restore } = this.#options
    const { sessionId } = candidate
    if (this.#stop.signal.aborted) return abortedResult(sessionId)
    try {
      const settled = await settle(candidate)
      if (settled !== null) return settled
    } catch (cause) {
      return { sessionId, outcome: 'failed', reason: null, error: asStoreError(sessionId, cause), durationMs: 0 }
    }
    try {
      await pace.turn(this.#stop.signal)
    } catch {
      return abortedResult(sessionId)
    }
    return restore(sessionId)
  }

  #note(result: RestoreResult): void {
    const progress = this.#tally.add(result)
    for (const caller of [...this.#callers]) caller.onProgress?.(progress)
  }
}
