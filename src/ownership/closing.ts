import { SessionError } from '../errors.js'

/** The end of a store and of its lock, which refuse calls from the moment on at which they are told to close. */
export class Closing {
  #hasBegun = false
  #ending: Promise<void> | undefined

  /** Whether somebody has called {@link run}. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Throws `STORE_UNAVAILABLE` when somebody has. */
  assertOpen(sessionId?: string): void {
    if (this.#hasBegun) throw new SessionError('STORE_UNAVAILABLE', 'The store was closed. Make a new one.', { sessionId })
  }

  /** Lets go of everything, once; when that fails, the next call tries again. */
  run(letGo: () => Promise<void>): Promise<void> {
    this.#hasBegun = true
    this.#ending ??= letGo().catch((error: unknown) => {
      this.#ending = undefined
      throw error
    })
    return this.#ending
  }
}
