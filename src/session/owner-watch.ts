import type { LeaseKeeper } from './lease-keeper.js'
import { PhaseTimer } from './phase-timer.js'

/** Asks now and then whether the process that runs a session is gone, a little apart for each session. */
export class OwnerWatch {
  readonly #keeper: LeaseKeeper
  readonly #pollMs: number
  readonly #timer = new PhaseTimer()
  #onFree: (() => void) | null = null

  constructor(keeper: LeaseKeeper, pollMs: number) {
    this.#keeper = keeper
    this.#pollMs = pollMs
  }

  /** Begins to ask; calls back once, when nobody runs it any more. */
  begin(onFree: () => void): void {
    this.#onFree = onFree
    this.#timer.after(this.#pollMs * (0.75 + Math.random() / 2), () => { void this.#ask(onFree) })
  }

  /** Asks no more. */
  end(): void {
    this.#onFree = null
    this.#timer.clear()
  }

  async #ask(onFree: () => void): Promise<void> {
    const isFree = await this.#keeper.isFree()
    if (this.#onFree !== onFree) return
    if (!isFree) {
      this.begin(onFree)
      return
    }
    this.end()
    onFree()
  }
}
