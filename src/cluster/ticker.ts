/** What a ticker works with. */
export interface TickerOptions {
  readonly tick: () => Promise<void>
  /** How long until the next one. */
  readonly delayMs: () => number
}

/** Does something again and again, one at a time. Keeps no process alive. */
export class Ticker {
  readonly #options: TickerOptions
  #timer: NodeJS.Timeout | undefined
  #ticking: Promise<void> | null = null
  #isHurried = false
  #isStopped = false

  constructor(options: TickerOptions) {
    this.#options = options
  }

  /** Begins, if it has not yet. */
  begin(): void {
    if (this.#timer === undefined && this.#ticking === null) this.hurry()
  }

  /** The next tick is due at once. */
  hurry(): void {
    this.#isHurried = true
    if (this.#ticking === null) this.#schedule()
  }

  /** Ticks, after the tick under way: that one may have asked before. Rejects as the tick does. */
  async now(): Promise<void> {
    await this.#ticking?.catch(() => undefined)
    if (!this.#isStopped) await this.#run()
  }

  /** Ticks no more. Resolves when the tick under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#ticking?.catch(() => undefined)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#run().catch(() => undefined), this.#isHurried ? 0 : this.#options.delayMs()).unref()
  }

  #run(): Promise<void> {
    this.#isHurried = false
    this.#ticking ??= this.#options.tick().finally(() => {
      this.#ticking = null
      this.#schedule()
    })
    return this.#ticking
  }
}
