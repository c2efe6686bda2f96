/** The server's date has whole seconds, and takes time to arrive: a smaller difference may be none. */
const TOLERANCE_MS = 2500

/** The time as the server sees it, because a countdown by a wrong local clock would be wrong. */
export class ServerClock {
  #aheadMs = 0

  /** @param {string | null} date what the server says, as in the header `date` */
  learn(date) {
    const difference = date === null ? NaN : Date.parse(date) - Date.now()
    if (Number.isFinite(difference)) this.#aheadMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0
  }

  now() {
    return Date.now() + this.#aheadMs
  }
}
