import { asStoreError } from '../store/store-failure.js'

/** Waits before a call that was rejected is made again: a store that hiccups should not cost a reconnect. */
const RETRY_DELAYS_MS = [100, 500]

/** Calls a store, and once or twice more when it could not be reached, unless `over` says that nobody wants it any more. */
export async function attemptAgain<Result>(sessionId: string, call: () => Promise<Result>, over: AbortSignal): Promise<Result> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await call()
    } catch (cause) {
      const error = asStoreError(sessionId, cause)
      // After a deadline the outcome is unknown: calling again could overtake it.
      if (error.code !== 'STORE_UNAVAILABLE' || !await pause(delayMs, over)) throw error
    }
  }
  return call()
}

/** Resolves after a while with `true`, or as soon as the signal aborts with `false`. */
function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve(!signal.aborted)
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end)
  })
}
