import { asStoreError } from '../store/store-failure.js'

/** Waits before a call that was rejected is made again: a store that hiccups should not cost a reconnect. */
const RETRY_DELAYS_MS = [100, 500]

/** Calls a store, and once or twice more when it could not be reached, unless `isOver` says that nobody wants it any more. */
export async function attemptAgain<Result>(sessionId: string, call: () => Promise<Result>, isOver: () => boolean = () => false): Promise<Result> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await call()
    } catch (cause) {
      const error = asStoreError(sessionId, cause)
      // After a deadline the outcome is unknown: calling again could overtake it.
      if (error.code !== 'STORE_UNAVAILABLE' || isOver()) throw error
    }
    await new Promise(resolve => { setTimeout(resolve, delayMs) })
  }
  return call()
}
