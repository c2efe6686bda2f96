import type { AuthenticationState, SignalDataSet, SignalDataTypeMap } from '@whiskeysockets/baileys'

/** For how long Baileys must have left its keys alone before it counts as done. */
const QUIET_MS = 25

/**
 * How many times to look for that at most, a good second on an idle machine: an application that never stops sending must not hold up
 * the end. Looks are counted, not time: on a busy machine Baileys gets no further in a second than this process does.
 */
const MOST_LOOKS = 40

/** Knows when Baileys works with its keys: the sign, seen from outside, that it is reading or writing messages. */
export class KeyUse {
  #underWay = 0
  #uses = 0
  #last = -Infinity

  /** For how long no key was read or written; 0 while one is. */
  get quietForMs(): number {
    return this.#underWay > 0 ? 0 : performance.now() - this.#last
  }

  /** Resolves when the keys have been left alone for a moment, when `isOver` says so, or after a good second at the latest. */
  async quiet(isOver: () => boolean): Promise<void> {
    if (this.quietForMs >= QUIET_MS) return
    for (let looks = 0; looks < MOST_LOOKS && !isOver(); looks += 1) {
      const seen = this.#uses
      await new Promise((resolve) => {
        setTimeout(resolve, QUIET_MS)
      })
      // On a busy machine the timer may come before the answers of store and network that it waits for.
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      if (this.#uses === seen && this.#underWay === 0) return
    }
  }

  /** The same state, whose keys are watched. */
  watch({ creds, keys }: AuthenticationState): AuthenticationState {
    return {
      creds,
      keys: {
        ...keys,
        get: <Type extends keyof SignalDataTypeMap>(type: Type, ids: string[]) => this.#during(() => keys.get(type, ids)),
        set: (data: SignalDataSet) => this.#during(() => keys.set(data)),
      },
    }
  }

  async #during<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    this.#underWay += 1
    this.#uses += 1
    try {
      return await work()
    } finally {
      this.#underWay -= 1
      this.#last = performance.now()
    }
  }
}
