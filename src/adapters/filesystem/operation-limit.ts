/** Lets a number of operations run at once, and the others wait their turn. */
export class OperationLimit {
  readonly #waiting: (() => void)[] = []
  #free: number

  /** Takes how many may run at once. */
  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Runs `work` when its turn comes. Never nest: a holder of a turn that waits for another can wait for ever. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }

  /** Runs `work` for each item, and settles when all have: nothing goes on behind the back of a caller that got an error. */
  async map<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
    const results = await Promise.allSettled(items.map(item => this.run(() => work(item))))
    return results.map(result => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }
}
