import { install, type Clock } from '@sinonjs/fake-timers'

const realSetImmediate = setImmediate

/** Time that passes only when it is told to. While it is installed, `Date`, `performance.now` and timers follow it. */
export class VirtualTime {
  readonly #clock: Clock
  readonly #startedAt: number
  /** Timers of the world: answers that are on their way, a server that takes its time. */
  #ownTimers = 0
  /** Told of what a timer of the code throws: a real process would die of it. */
  onThrow: (error: unknown) => void = () => undefined

  constructor() {
    this.#clock = install({ now: 1_800_000_000_000, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
    this.#startedAt = this.#clock.now
  }

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#clock.now - this.#startedAt
  }

  /** How many timers the code under test has running. */
  get codeTimers(): number {
    return this.#clock.countTimers() - this.#ownTimers
  }

  /** Does something of the world later. Returns what calls it off. */
  later(delayMs: number, work: () => void): () => void {
    this.#ownTimers += 1
    let isDue = true
    const timer = this.#clock.setTimeout(() => {
      isDue = false
      this.#ownTimers -= 1
      work()
    }, delayMs)
    return () => {
      if (!isDue) return
      isDue = false
      this.#ownTimers -= 1
      this.#clock.clearTimeout(timer)
    }
  }

  /** Lets everything happen that waits for nothing but its turn. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1)
      await new Promise<void>((resolve) => {
        realSetImmediate(resolve)
      })
  }

  /** Lets time pass, timer by timer. */
  async pass(delayMs: number): Promise<void> {
    await this.settle()
    let isOver = false
    this.later(delayMs, () => {
      isOver = true
    })
    while (!this.#isOver(() => isOver)) await this.settle()
  }

  #isOver(isOver: () => boolean): boolean {
    if (isOver()) return true
    try {
      this.#clock.next()
    } catch (error) {
      this.onThrow(error)
    }
    return false
  }

  /** Gives the real clock back. */
  uninstall(): void {
    this.#clock.reset()
    this.#clock.uninstall()
  }
}
