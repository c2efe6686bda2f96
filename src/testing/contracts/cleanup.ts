/** What is to be done when a case ends, the last thing first. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = []

  /** Adds a step. */
  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  /** Does everything, also when a step fails; rejects with the first failure. */
  async run(): Promise<void> {
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
