/** The server's date has whole seconds, and takes its time to arrive: a difference within this may be none. */
const TOLERANCE_MS = 2500

/** Tells the time as the server sees it, since a countdown by a wrong clock of the computer would be wrong. */
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
