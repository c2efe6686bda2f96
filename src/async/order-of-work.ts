/** Lets a number of operations run at once, and the others wait their turn. */
export class OperationLimit {
  readonly #atOnce: number
  readonly #waiting: (() => void)[] = []
  #free: number

  /** Takes how many may run at once. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce
    this.#free = atOnce
  }

  /** Does something when it is its turn. Never nest: a holder of a turn that waits for another can wait for ever. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  /**
   * Runs `work` for each item, and settles when all have: nothing goes on behind the back of a caller that got an error. Never
   * nest, either.
   */
  async map<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
    const results: Result[] = []
    const failures: { index: number; error: unknown }[] = []
    const queue = items.entries()
    const worker = async (): Promise<void> => {
      for (const [index, item] of queue) {
        try {
          results[index] = await this.run(() => work(item))
        } catch (error) {
          failures.push({ index, error })
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(items.length, this.#atOnce) }, worker))
    const first = failures.sort((a, b) => a.index - b.index)[0]
    if (first !== undefined) throw first.error
    return results
  }

  #next(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

/** Lets changes of one session follow one another, while those of other sessions go on beside it. */
export class SessionTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` when all that was asked for this session before has settled. */
  run<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(sessionId) ?? Promise.resolve()
    const result = before.then(work, work)
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(sessionId) === settled) this.#last.delete(sessionId)
      })
    this.#last.set(sessionId, settled)
    return result
  }

  /** Resolves when everything asked for so far has settled. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}

/** Pieces of work of one session that share a turn. */
interface TurnGroup<Item> {
  /** What they have in common. */
  readonly mark: unknown
  readonly items: Item[]
  readonly done: Promise<void>
}

/** Lets pieces of work that wait for their turn share one. */
export class SharedTurns<Item> {
  readonly #turns = new SessionTurns()
  /** The last group of each session, as long as it waits. */
  readonly #waiting = new Map<string, TurnGroup<Item>>()

  /** Joins those of the same mark that wait, or takes the next turn. `work` of the first one does them all, in order. */
  join(sessionId: string, mark: unknown, item: Item, work: (items: readonly Item[]) => Promise<void>): Promise<void> {
    const waiting = this.#waiting.get(sessionId)
    if (waiting !== undefined && waiting.mark === mark) {
      waiting.items.push(item)
      return waiting.done
    }
    const items = [item]
    const done = this.#turns.run(sessionId, () => {
      if (this.#waiting.get(sessionId)?.items === items) this.#waiting.delete(sessionId)
      return work(items)
    })
    this.#waiting.set(sessionId, { mark, items, done })
    return done
  }

  /** Takes a turn of its own. What comes later waits for it. */
  run<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    this.#waiting.delete(sessionId)
    return this.#turns.run(sessionId, work)
  }

  /** Resolves when everything asked for so far has settled. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }
}

/** Work of one session that must not overlap: each piece begins when the one before has ended, well or not. */
export class WorkQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Does something once everything before it has ended; settles as it does. */
  add<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** Works on events one by one: those that come while another is worked on wait for their turn. */
export class Inbox<Event> {
  readonly #work: (event: Event) => void
  readonly #events: Event[] = []
  #isWorking = false

  constructor(work: (event: Event) => void) {
    this.#work = work
  }

  /** Takes in an event. */
  take(event: Event): void {
    this.#events.push(event)
    if (this.#isWorking) return
    this.#isWorking = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#work(next)
    } finally {
      this.#isWorking = false
    }
  }
}
