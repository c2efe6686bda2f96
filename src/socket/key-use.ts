import type { AuthenticationState, SignalDataSet, SignalDataTypeMap } from '@whiskeysockets/baileys'

/** Knows when Baileys works with its keys: the sign, seen from outside, that it is reading or writing messages. */
export class KeyUse {
  #underWay = 0
  #last = -Infinity

  /** For how long no key was read or written; 0 while one is. */
  get quietForMs(): number {
    return this.#underWay > 0 ? 0 : performance.now() - this.#last
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
