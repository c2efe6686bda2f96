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
