import { withSignal } from '../time/deadline.js'

/** Lets starts through one at a time, with at least a delay between two of them. */
export class Pace {
  readonly #delayMs: number
  #next = 0
  #queue: Promise<unknown> = Promise.resolve()

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** Resolves when the next start may be made; rejects when the signal aborts. */
  turn(signal: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#wait(signal))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    // Not the clock on the wall, which may be set back.
    const waitMs = this.#next - performance.now()
    if (waitMs > 0) await sleep(Math.ceil(waitMs), signal)
    this.#next = performance.now() + this.#delayMs
  }
}

async function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await withSignal(new Promise<void>((resolve) => { timer = setTimeout(resolve, delayMs) }), signal)
  } finally {
    clearTimeout(timer)
  }
}
