/**
 * Luck that does not depend on what else happens: the n-th roll under a name is the same in every history with this seed, also when
 * a step before it was left out. Without that a failing history could not be made shorter.
 */
export class Dice {
  readonly #seed: number
  readonly #rolls = new Map<string, number>()

  constructor(seed: number) {
    this.#seed = seed
  }

  /** The next roll under a name: 0 ≤ x < 1. */
  roll(name: string): number {
    const turn = this.#rolls.get(name) ?? 0
    this.#rolls.set(name, turn + 1)
    return hash(`${this.#seed} ${name} ${turn}`) / 2 ** 32
  }

  /** A whole number from `low` to `high`, both included. */
  between(name: string, low: number, high: number): number {
    return low + Math.floor(this.roll(name) * (high - low + 1))
  }

  /** One of the items. */
  pick<Item>(name: string, items: readonly [Item, ...Item[]]): Item {
    return items[Math.floor(this.roll(name) * items.length)] ?? items[0]
  }
}

/** FNV-1a, stirred once more at the end: names that differ in their last digit must not roll alike. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}
