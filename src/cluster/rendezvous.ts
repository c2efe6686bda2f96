/** One among which is chosen. */
export interface Candidate {
  readonly id: string
  /** Its part of what is shared out, against the weights of the others. More than 0. */
  readonly weight: number
}

/** 64 bits of a text. */
interface Hash {
  readonly high: number
  readonly low: number
}

/**
 * Weighted rendezvous hashing: everybody who knows the same candidates chooses the same one for a key, without asking anybody, and each
 * candidate is chosen for its share of all keys. One that leaves changes the choice only for its own keys; one that joins, or grows, only
 * draws keys to itself. The order of the candidates does not matter.
 */
export class Rendezvous<Item extends Candidate> {
  readonly #candidates: readonly { readonly item: Item; readonly hash: Hash }[]

  constructor(candidates: readonly Item[]) {
    this.#candidates = candidates.map((item) => ({ item, hash: hashText(item.id) }))
  }

  /** The candidate for a key; `null` when there are none. */
  choose(key: string): Item | null {
    const keyHash = hashText(key)
    let best: Item | null = null
    let bestScore = 0
    for (const { item, hash } of this.#candidates) {
      const score = -item.weight / Math.log(fraction(keyHash, hash))
      if (score > bestScore) [best, bestScore] = [item, score]
    }
    return best
  }
}

/** A number between 0 and 1, and neither of them, that looks as if it were drawn for this pair. */
function fraction(key: Hash, candidate: Hash): number {
  const high = mix(key.high ^ Math.imul(candidate.low, 0x9e3779b1))
  const low = mix(high ^ key.low ^ Math.imul(candidate.high, 0x85ebca77))
  const bits = (mix(high ^ low) >>> 5) * 2 ** 26 + (low >>> 6)
  return (bits + 1) / (2 ** 53 + 2)
}

/** Two hashes of 32 bits with different multipliers: each UTF-16 unit is mixed in, then turned out of the way of the next. */
function hashText(text: string): Hash {
  let high = 0x2545f491
  let low = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(turn(high) ^ unit, 0xc2b2ae3d)
    low = Math.imul(turn(low) ^ unit, 0x27d4eb2f)
  }
  return { high: mix(high ^ low), low: mix(low) }
}

function turn(bits: number): number {
  return (bits << 13) | (bits >>> 19)
}

/** Makes every bit depend on every other one: the last step of MurmurHash3. */
function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
