/** The server's clock, as far as its answers tell. */
export class ServerClock {
  /** What an answer said, and when it came. */
  #last: { serverMs: number; receivedMs: number } | undefined

  /** Takes note of an answer. */
  told(serverMs: number): void {
    this.#last = { serverMs, receivedMs: performance.now() }
  }

  /**
   * The server's time in so many milliseconds from now, or a little earlier: by the time it is that late here, it is that late there. Never
   * when nothing is known.
   */
  in(ms: number): number {
    if (this.#last === undefined) return Number.MAX_SAFE_INTEGER
    return this.#last.serverMs + (performance.now() - this.#last.receivedMs) + ms
  }
}
