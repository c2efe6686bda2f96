const LONGEST_MS = 2 ** 31 - 1

/** Timers that can all be stopped at once. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>()

  /** Does the work after `delayMs`; at once, and synchronously, for 0. Returns what stops it. */
  later(delayMs: number, work: () => void): () => void {
    if (delayMs <= 0) {
      work()
      return () => undefined
    }
    const timer = setTimeout(() => {
      this.#running.delete(timer)
      work()
    }, delayMs)
    this.#running.add(timer)
    return () => {
      clearTimeout(timer)
      this.#running.delete(timer)
    }
  }

  /** Stops them all. */
  clear(): void {
    for (const timer of this.#running) clearTimeout(timer)
    this.#running.clear()
  }
}

/** Throws `RangeError` unless it is a number of milliseconds that a timer can hold. */
export function checkDelay(name: string, delayMs: number): void {
  if (!Number.isFinite(delayMs) || delayMs < 0 || delayMs > LONGEST_MS) {
    throw new RangeError(`${name} must be a number of milliseconds from 0 to ${LONGEST_MS}, got ${delayMs}`)
  }
}
