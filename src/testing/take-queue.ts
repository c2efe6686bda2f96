/** Things that happen one after the other, each to be taken once by whoever waits for it. */
export class TakeQueue<Item> {
  // Wrapped, so that an empty queue and an item that is `undefined` differ.
  readonly #untaken: { readonly item: Item }[] = []
  readonly #waiting: ((item: Item) => void)[] = []

  /** It happened. */
  put(item: Item): void {
    const taker = this.#waiting.shift()
    if (taker === undefined) this.#untaken.push({ item })
    else taker(item)
  }

  /** The first that was not taken yet: at once, or when it happens. */
  take(): Promise<Item> {
    const first = this.#untaken.shift()
    if (first !== undefined) return Promise.resolve(first.item)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
