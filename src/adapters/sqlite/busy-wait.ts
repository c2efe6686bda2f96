const LONGEST_PAUSE_MS = 20

/**
 * Waits for a lock that somebody else has, and leaves the event loop to others meanwhile. Of all that wait one tries again, for
 * as long as it fails: each for itself, hundreds of sessions would have no time for anything else.
 */
export class BusyWait {
  #pause: Promise<void> | undefined

  /**
   * Runs work at once, or when those before it had their turn, and again for as long as `isInTheWay` says so of its error.
   * Rejects with the error of its last try, which is made `timeoutMs` from now.
   */
  async run<Result>(timeoutMs: number, isInTheWay: (error: unknown) => boolean, work: () => Result): Promise<Result> {
    // By a clock that nobody sets.
    const deadline = performance.now() + timeoutMs
    for (let tries = 1; ; tries += 1) {
      while (this.#pause !== undefined && performance.now() < deadline) await this.#pause
      try {
        return work()
      } catch (error) {
        if (!isInTheWay(error) || performance.now() >= deadline) throw error
      }
      this.#pause ??= this.#pauseAfter(tries)
    }
  }

  async #pauseAfter(tries: number): Promise<void> {
    await new Promise((resolve) => { setTimeout(resolve, Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS)) })
    this.#pause = undefined
  }
}
