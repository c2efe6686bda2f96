/** Announces things to people who cannot see the page, one after the other and without moving their focus. */
export class Announcer {
  #region

  /** @param {HTMLElement} region a polite live region */
  constructor(region) {
    this.#region = region
  }

  /** @param {string} text */
  say(text) {
    if (this.#region.textContent !== text) this.#region.textContent = text
  }
}
