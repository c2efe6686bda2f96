/** `setTimeout` fires at once above this, about 24.8 days. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1

/**
 * Settles as `work` does, or rejects with `onDeadline()` when that takes longer than `timeoutMs`. The work itself goes on; what
 * it does later reaches nobody.
 */
export async function withDeadline<Result>(work: PromiseLike<Result>, timeoutMs: number, onDeadline: () => Error): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  try {
    // No `Promise.race`, which makes some promises more: every read and write of a session comes through here.
    return await new Promise<Result>((resolve, reject) => {
      timer = setTimeout(() => reject(onDeadline()), timeoutMs)
      Promise.resolve(work).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
  }
}

/** All that a listing yields, with a deadline for each step. One that fails or is given up is closed; nobody waits for that. */
export async function collectWithDeadline<Item>(listing: AsyncIterable<Item>, timeoutMs: number, onDeadline: () => Error): Promise<Item[]> {
  const iterator = listing[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<Item, unknown>> => withDeadline(iterator.next(), timeoutMs, onDeadline)
  const items: Item[] = []
  try {
    for (let step = await next(); step.done !== true; step = await next()) items.push(step.value)
    return items
  } catch (error) {
    // A generator closes once the step under way has come to its end.
    const close = async (): Promise<void> => {
      await iterator.return?.()
    }
    close().catch(() => undefined)
    throw error
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. The work itself goes on. */
export async function withSignal<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work
  let release = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    release = () => signal.removeEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    release()
  }
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new DOMException('The operation was aborted.', 'AbortError')
}

/** How long a caller is willing to wait. */
interface CallerBounds {
  /** Releases the caller when it aborts. */
  signal?: AbortSignal | undefined
  /** Releases the caller after this long. */
  timeoutMs?: number | undefined
  /** The error for the caller whose time is up. */
  onTimeout: () => Error
}

/**
 * Releases one caller from work that others may share: at its signal, or when its time is up. The work is told through the signal it
 * is given, and goes on if it does not listen.
 */
export async function boundedBy<Result>(bounds: CallerBounds, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { signal, timeoutMs, onTimeout } = bounds
  // For a caller who is gone already nothing is begun.
  signal?.throwIfAborted()
  const caller = new AbortController()
  const onAbort = (): void => caller.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => caller.abort(onTimeout()), timeoutMs)
  try {
    return await withSignal(work(caller.signal), caller.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
