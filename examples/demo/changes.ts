/** Lets the demo wait for what its applications report. */
export class Changes {
  readonly #waiting = new Set<() => void>()
  #isClosed = false

  /** Something has changed. */
  tell(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Nothing will change any more. */
  close(): void {
    this.#isClosed = true
    this.tell()
  }

  /** Waits until a condition holds. Resolves with `false` if the time runs out first, or nothing can change any more. */
  async until(holds: () => boolean, patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(holds())
      }
      const look = (): void => {
        if (this.#isClosed || holds()) settle()
      }
      const timer = setTimeout(settle, patienceMs)
      this.#waiting.add(look)
      look()
    })
  }
}
