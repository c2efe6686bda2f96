/** Runs something at once, and then at most once in a while however often it is asked to, with a last run at the end. */
export class Steady {
  #run
  #everyMs
  #timer = 0
  #isDue = false

  /** @param {() => void} run @param {number} everyMs */
  constructor(run, everyMs) {
    this.#run = run
    this.#everyMs = everyMs
  }

  ask() {
    if (this.#timer !== 0) {
      this.#isDue = true
      return
    }
    this.#isDue = false
    this.#run()
    this.#timer = window.setTimeout(() => {
      this.#timer = 0
      if (this.#isDue) this.ask()
    }, this.#everyMs)
  }
}
