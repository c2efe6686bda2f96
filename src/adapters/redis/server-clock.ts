/** What the server's clock says, by what it said last and the time that went by since. */
export class ServerClock {
  #said = 0
  #heardAt = 0

  /** To be told of the server's time as soon as an answer has it. */
  heard(serverMs: number): void {
    this.#said = serverMs
    this.#heardAt = performance.now()
  }

  /**
   * The server's time at a moment of `performance.now()`: the earliest that it can be, as the answer was some time on its way.
   */
  at(moment: number): number {
    return Math.floor(this.#said + moment - this.#heardAt)
  }
}
