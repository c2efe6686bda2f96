/** Random choices that a seed repeats (mulberry32). Name the seed when a test fails. */
export interface SeededRandom {
  /** What repeats it. */
  seed: number
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
  /** One of the items. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/** Makes one; without a seed it takes the one of the environment variable SEED, or a new one. */
export function seededRandom(seed: number = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))): SeededRandom {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { seed, below, pick: (items) => items[below(items.length)] ?? items[0] }
}
