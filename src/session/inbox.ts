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
