/** A promise that the test settles. */
export interface Deferred<Value> {
  /** The promise. */
  readonly promise: Promise<Value>
  /** Fulfils it. */
  resolve(value: Value): void
  /** Rejects it. */
  reject(error: Error): void
}

/** Makes one. */
export function deferred<Value = void>(): Deferred<Value> {
  let settle: Pick<Deferred<Value>, 'resolve' | 'reject'> = { resolve: () => undefined, reject: () => undefined }
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle }
}

/** A promise that never settles. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => undefined)
}
