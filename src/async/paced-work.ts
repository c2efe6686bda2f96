/** Does one piece of work whenever it is asked to, with a pause in between: all who ask meanwhile share the next run. */
export class PacedWork {
  readonly #work: () => Promise<void>
  readonly #pauseMs: number
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<void> | undefined
  #endedAt = -Infinity

  /** Takes the work, and how long to wait after a run before the next one begins. */
  constructor(work: () => Promise<void>, pauseMs: number) {
    this.#work = work
    this.#pauseMs = pauseMs
  }

  /** Settles as a run does that begins after this call. The pause keeps no process alive. */
  run(): Promise<void> {
    this.#next ??= this.#begin()
    return this.#next
  }

  /** Resolves when no run is under way. One that has not begun is not waited for. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #begin(): Promise<void> {
    await this.#running
    const left = this.#endedAt + this.#pauseMs - performance.now()
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left).unref())
    this.#next = undefined
    const run = this.#work()
    this.#running = run
      .catch(() => undefined)
      .then(() => {
        this.#endedAt = performance.now()
      })
    await run
  }
}
