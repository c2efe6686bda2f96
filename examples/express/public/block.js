/**
 * A part of the page that is rebuilt only if what it shows has changed. Focus stays where it was: on the
 * element with the same `data-focus`, or else where `fallback` says, so that nobody loses their place.
 */
export class Block {
  #shown = ''
  #fallback

  /** @param {HTMLElement} root @param {() => HTMLElement | null} [fallback] */
  constructor(root, fallback = () => null) {
    this.root = root
    this.#fallback = fallback
  }

  /** @param {unknown} subject what is shown @param {() => (Node | null)[]} build */
  show(subject, build) {
    const key = JSON.stringify(subject)
    if (key === this.#shown) return
    this.#shown = key
    const focused = document.activeElement
    const hadFocus = focused instanceof HTMLElement && this.root.contains(focused)
    const name = hadFocus ? focused.dataset['focus'] : undefined
    this.root.replaceChildren(...build().filter((node) => node !== null))
    if (hadFocus) (this.#named(name) ?? this.#fallback())?.focus()
  }

  /** @param {string | undefined} name @returns {HTMLElement | null} */
  #named(name) {
    if (name === undefined) return null
    const found = this.root.querySelector(`[data-focus="${CSS.escape(name)}"]:not(:disabled)`)
    return found instanceof HTMLElement ? found : null
  }
}
