/** Calls a function of the application. What it throws, or rejects with, goes to `onFailure` and nowhere else. */
export function callGuarded(call: () => unknown, onFailure: (cause: unknown) => void): void {
  try {
    const outcome = call()
    if (isThenable(outcome)) outcome.then(undefined, onFailure)
  } catch (cause) {
    onFailure(cause)
  }
}

/** Whether it is a promise, of whatever library. */
export function isThenable<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
