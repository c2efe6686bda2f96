const TICK_MS = 1000

/** Updates texts about time once a second, as long as their elements are on the page. */
export class Countdown {
  /** @type {Map<HTMLElement, (element: HTMLElement) => void>} */
  #watched = new Map()
  #timer = 0
  #isPaused = false

  /** Stands still while nobody knows whether what it shows is true. @param {boolean} isPaused */
  pause(isPaused) {
    const isOver = this.#isPaused && !isPaused
    this.#isPaused = isPaused
    if (isOver) this.#tick()
  }

  /**
   * Shows something now and then every second, until the element has left the page.
   * @template {HTMLElement} Kind
   * @param {Kind} element @param {(element: Kind) => void} show @returns {Kind}
   */
  keep(element, show) {
    show(element)
    this.#watched.set(element, () => {
      show(element)
    })
    if (this.#timer === 0)
      this.#timer = window.setInterval(() => {
        this.#tick()
      }, TICK_MS)
    return element
  }

  #tick() {
    for (const [element, show] of this.#watched) {
      if (!element.isConnected) this.#watched.delete(element)
      else if (!this.#isPaused) show(element)
    }
    if (this.#watched.size > 0) return
    window.clearInterval(this.#timer)
    this.#timer = 0
  }
}

/**
 * Shows a text about a time, and changes the page only if the text has changed.
 * @param {HTMLElement} element @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}
