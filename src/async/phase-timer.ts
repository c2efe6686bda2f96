import { LONGEST_TIMER_MS } from './deadline.js'

/** A timer of which there is one at a time: setting it replaces the one before. */
export class PhaseTimer {
  #timer: NodeJS.Timeout | null = null

  /** Calls back at a moment, however far away it is. */
  at(moment: Date, callback: () => void): void {
    this.clear()
    const remainingMs = moment.getTime() - Date.now()
    this.#timer = setTimeout(
      () => {
        if (remainingMs > LONGEST_TIMER_MS) this.at(moment, callback)
        else callback()
      },
      Math.min(Math.max(remainingMs, 0), LONGEST_TIMER_MS),
    )
  }

  /** Calls back after a while. */
  after(delayMs: number, callback: () => void): void {
    this.at(new Date(Date.now() + delayMs), callback)
  }

  /** Forgets it. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
