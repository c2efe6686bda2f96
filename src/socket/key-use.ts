import type { AuthenticationState, SignalDataSet, SignalDataTypeMap } from '@whiskeysockets/baileys'

/** For how long Baileys must have left its keys alone before it counts as done. */
const QUIET_MS = 25

/** How long to wait for that at most: an application that never stops sending must not hold up the end. */
const PATIENCE_MS = 1000

/** Knows when Baileys works with its keys: the sign, seen from outside, that it is reading or writing messages. */
export class KeyUse {
  #underWay = 0
  #last = -Infinity

  /** For how long no key was read or written; 0 while one is. */
  get quietForMs(): number {
    return this.#underWay > 0 ? 0 : performance.now() - this.#last
  }

  /** Resolves when the keys have been left alone for a moment, when `isOver` says so, or after a second at the latest. */
  async quiet(isOver: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    while (!isOver() && this.quietForMs < QUIET_MS && performance.now() < end) {
      await new Promise((resolve) => { setTimeout(resolve, QUIET_MS) })
      // On a busy machine the timer may come before the answers of store and network that it waits for.
      await new Promise((resolve) => { setImmediate(resolve) })
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
    try {
      return await work()
    } finally {
      this.#underWay -= 1
      this.#last = performance.now()
    }
  }
}
