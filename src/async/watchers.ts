import { withSignal } from './deadline.js'

/** Those who wait for a session to get somewhere. */
export class Watchers {
  readonly #looks = new Set<() => void>()

  /** Resolves with what `check` finds, now or after a later change; rejects with what it throws, or when the signal aborts. */
  async watch<Result>(check: () => Result | undefined, signal?: AbortSignal): Promise<Result> {
    let look = (): void => undefined
    const found = new Promise<Result>((resolve, reject) => {
      look = () => {
        try {
          const result = check()
          if (result !== undefined) resolve(result)
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
    })
    this.#looks.add(look)
    look()
    try {
      return await withSignal(found, signal)
    } finally {
      this.#looks.delete(look)
    }
  }

  /** Something has changed: everybody looks. */
  notify(): void {
    for (const look of [...this.#looks]) look()
  }
}
