import { withDeadline } from '../async/deadline.js'
import { SessionError } from '../errors.js'
import type { RecordChange, WriteOptions } from '../store/session-store.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'

/** Waits before a call that was rejected is made again: a store that hiccups should not cost a reconnect. */
const RETRY_DELAYS_MS = [100, 500]

/** What a write queue needs to know. */
interface WriteQueueOptions {
  /** The session whose records it writes. */
  sessionId: string
  /** Writes changes to the store, under the lease of this generation. */
  write: (changes: readonly RecordChange[], options: Pick<WriteOptions, 'replaceAll'>) => Promise<void>
  /** The deadline of one call. */
  timeoutMs: number
  /** Told once, when a write could not be made: nothing is accepted afterwards. */
  onFailure: (error: SessionError) => void
}

interface Job {
  changes: () => readonly RecordChange[]
  replaceAll: boolean
  done: () => void
  fail: (error: SessionError) => void
}

/** The one writer of one generation of a session: in order, one call at a time, each all or nothing. */
export class WriteQueue {
  readonly #options: WriteQueueOptions
  readonly #jobs: Job[] = []
  #running: Promise<void> | null = null
  #latest: { produce: () => RecordChange; done: Promise<void> } | null = null
  #refusal: SessionError | null = null
  /** Aborts when nothing is accepted any more. */
  readonly #over = new AbortController()
  #failure: SessionError | null = null
  /** The write queued last, whether it succeeds or not. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  /** Writes a batch. Resolves when the store has it. */
  write(changes: readonly RecordChange[], replaceAll = false): Promise<void> {
    return this.#enqueue(() => changes, replaceAll)
  }

  /** Writes one record as it is when its turn comes; calls before that share the one write. */
  writeLatest(produce: () => RecordChange): Promise<void> {
    if (this.#latest !== null) {
      this.#latest.produce = produce
      return this.#latest.done
    }
    const latest = { produce, done: Promise.resolve() }
    this.#latest = latest
    latest.done = this.#enqueue(() => {
      this.#latest = null
      return [latest.produce()]
    }, false)
    return latest.done
  }

  /** Whether a call of {@link WriteQueue.writeLatest} still waits for its turn. */
  get hasLatest(): boolean {
    return this.#latest !== null
  }

  /** Resolves when nothing is queued any more: all of it is written, or has failed. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Resolves when what is queued now is written or has failed; what is queued meanwhile is not waited for. */
  async caughtUp(): Promise<void> {
    await this.#last
  }

  /** Why a write could not be made, when one could not. */
  get failure(): SessionError | null {
    return this.#failure
  }

  /** Refuses every write from now on, also those still queued. */
  seal(): void {
    this.#refuse(
      new SessionError('STALE_WRITER', `A write of session "${this.#options.sessionId}" was refused, because its connection had already ended.`, {
        sessionId: this.#options.sessionId,
      }),
    )
  }

  #enqueue(changes: () => readonly RecordChange[], replaceAll: boolean): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal)
    const written = new Promise<void>((resolve, reject) => {
      this.#jobs.push({ changes, replaceAll, done: resolve, fail: reject })
    })
    this.#last = written.catch(() => undefined)
    this.#running ??= this.#run()
    return written
  }

  async #run(): Promise<void> {
    // One turn of the microtask queue, so that what a single tick saves becomes one write.
    await Promise.resolve()
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      try {
        await this.#writeWithRetries(job)
        job.done()
      } catch (cause) {
        const error = asStoreError(this.#options.sessionId, cause)
        job.fail(error)
        this.#breakWith(error)
      }
    }
    this.#running = null
  }

  async #writeWithRetries(job: Job): Promise<void> {
    const changes = job.changes()
    await attemptAgain(this.#options.sessionId, () => this.#writeOnce(changes, job.replaceAll), this.#over.signal)
  }

  #writeOnce(changes: readonly RecordChange[], replaceAll: boolean): Promise<void> {
    const { sessionId, timeoutMs, write } = this.#options
    return withDeadline(write(changes, replaceAll ? { replaceAll } : {}), timeoutMs, () => storeTimeout(sessionId, 'write', timeoutMs))
  }

  #breakWith(error: SessionError): void {
    const first = this.#refusal === null
    this.#failure ??= error
    this.#refuse(error)
    if (first) this.#options.onFailure(error)
  }

  #refuse(error: SessionError): void {
    this.#refusal ??= error
    this.#over.abort()
    this.#latest = null
    for (const job of this.#jobs.splice(0)) job.fail(error)
  }
}

/** Calls a store, and once or twice more when it could not be reached, unless `over` says that nobody wants it any more. */
export async function attemptAgain<Result>(sessionId: string, call: () => Promise<Result>, over: AbortSignal): Promise<Result> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await call()
    } catch (cause) {
      const error = asStoreError(sessionId, cause)
      // After a deadline the outcome is unknown: calling again could overtake it.
      if (error.code !== 'STORE_UNAVAILABLE' || !(await pause(delayMs, over))) throw error
    }
  }
  return call()
}

/** Resolves after a while with `true`, or as soon as the signal aborts with `false`. */
function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve(!signal.aborted)
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end)
  })
}
