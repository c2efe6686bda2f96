/** Lets changes of one session follow one another, while those of other sessions go on beside it. */
export class SessionTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` when all that was asked for this session before has settled. */
  run<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(sessionId) ?? Promise.resolve()
    const result = before.then(work, work)
    const settled = result.catch(() => undefined).then(() => {
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
