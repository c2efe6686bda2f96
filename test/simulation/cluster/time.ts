const realSetImmediate = setImmediate
const EPOCH_MS = 1_800_000_000_000

/** The clock of a process, and whether the process runs. */
export class ProcessClock {
  /** How much it is ahead on the wall. */
  aheadMs = 0
  state: 'running' | 'paused' | 'gone' = 'running'
  /** What became due while the process was paused, oldest first. */
  readonly late: Due[] = []
  readonly #time: SimulatedTime
  readonly #rate: number

  constructor(time: SimulatedTime, rate: number) {
    this.#time = time
    this.#rate = rate
  }

  /** Counts on, whatever is done to the clock on the wall. */
  get monotonicMs(): number {
    return 1000 + this.#time.now * this.#rate
  }

  get wallMs(): number {
    return EPOCH_MS + this.#time.now * this.#rate + this.aheadMs
  }

  /** How long a timer of this process takes. */
  trueMs(delayMs: number): number {
    return Math.max(1, delayMs) / this.#rate
  }
}

/** Something that is due at a time. */
export interface Due {
  at: number
  order: number
  /** Whose it is; `null`: the world's. */
  readonly clock: ProcessClock | null
  readonly run: () => void
  isOff: boolean
}

/** What a timer function returns. */
class SimulatedTimer {
  due: Due | null = null

  unref(): this {
    return this
  }

  cancel(): void {
    if (this.due !== null) this.due.isOff = true
    this.due = null
  }
}

/**
 * Time of a world with several processes, each with a clock of its own. One thing is done at a time, with all that follows from it, and for one
 * process: timers and clocks that are asked for meanwhile are that one's.
 */
export class SimulatedTime {
  now = 0
  /** Told of what a timer throws: a real process would die of it. */
  onThrow: (error: unknown) => void = () => undefined
  readonly #heap: Due[] = []
  readonly #replaced: readonly (readonly [object, string, PropertyDescriptor | undefined])[]
  #order = 0
  #current: ProcessClock | null = null

  constructor() {
    this.#replaced = [
      replace(globalThis, 'setTimeout', (work: () => void, delayMs = 0) => this.#set(work, delayMs, false)),
      replace(globalThis, 'setInterval', (work: () => void, delayMs = 0) => this.#set(work, delayMs, true)),
      replace(globalThis, 'clearTimeout', (timer: unknown) => clear(timer)),
      replace(globalThis, 'clearInterval', (timer: unknown) => clear(timer)),
      replace(globalThis, 'performance', { now: () => this.#clock.monotonicMs }),
      replace(
        globalThis,
        'Date',
        dateOf(() => this.#clock.wallMs),
      ),
    ]
  }

  /** Does something after a while. Without a clock it is of the world. */
  after(delayMs: number, clock: ProcessClock | null, run: () => void): Due {
    const due: Due = { at: this.now + delayMs, order: (this.#order += 1), clock, run, isOff: false }
    push(this.#heap, due)
    return due
  }

  /** Does something in a process, if it runs; later, when it is paused. Only once in a turn. */
  inside(clock: ProcessClock, run: () => void): void {
    if (clock.state === 'paused') clock.late.push({ at: this.now, order: (this.#order += 1), clock, run, isOff: false })
    if (clock.state !== 'running') return
    this.#current = clock
    run()
  }

  /** Does something in a process, with all that follows at once. */
  async run(clock: ProcessClock, work: () => void): Promise<void> {
    this.inside(clock, work)
    await this.#settle()
  }

  /** What became due meanwhile is due now. */
  wake(clock: ProcessClock): void {
    if (clock.state !== 'paused') return
    clock.state = 'running'
    for (const due of clock.late.splice(0)) {
      // The same one, so that it can still be called off.
      due.at = this.now
      due.order = this.#order += 1
      push(this.#heap, due)
    }
  }

  /** Lets time pass. */
  async pass(delayMs: number): Promise<void> {
    const until = this.now + delayMs
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      pop(this.#heap)
      this.now = Math.max(this.now, next.at)
      await this.#do(next)
    }
    this.now = until
  }

  /** Gives the real clock back. */
  uninstall(): void {
    for (const [object, name, descriptor] of this.#replaced) Object.defineProperty(object, name, descriptor ?? {})
  }

  get #clock(): ProcessClock {
    if (this.#current === null) throw new Error('Nobody is at work whose clock this could be.')
    return this.#current
  }

  async #do(due: Due): Promise<void> {
    if (due.isOff || due.clock?.state === 'gone') return
    if (due.clock?.state === 'paused') {
      due.clock.late.push(due)
      return
    }
    this.#current = due.clock
    try {
      due.run()
    } catch (error) {
      this.onThrow(error)
    }
    await this.#settle()
  }

  async #settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      realSetImmediate(resolve)
    })
    this.#current = null
  }

  #set(work: () => void, delayMs: number, repeats: boolean): SimulatedTimer {
    const clock = this.#clock
    const timer = new SimulatedTimer()
    const wind = (): void => {
      timer.due = this.after(clock.trueMs(delayMs), clock, () => {
        timer.due = null
        if (repeats) wind()
        work()
      })
    }
    wind()
    return timer
  }
}

function replace(object: object, name: string, value: unknown): readonly [object, string, PropertyDescriptor | undefined] {
  const before = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { value, configurable: true, writable: true })
  return [object, name, before]
}

function clear(timer: unknown): void {
  if (timer instanceof SimulatedTimer) timer.cancel()
}

function dateOf(now: () => number): typeof Date {
  return new Proxy(Date, {
    construct: (target, given: unknown[], newTarget: typeof Date) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as object,
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
}

function isBefore(left: Due, right: Due): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order)
}

/** A binary heap: the next one is first. */
function push(heap: Due[], due: Due): void {
  let index = heap.length
  heap.push(due)
  while (index > 0) {
    const above = (index - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || !isBefore(due, parent)) break
    heap[index] = parent
    index = above
  }
  heap[index] = due
}

function pop(heap: Due[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]]
    if (left === undefined) break
    const [child, at] = right !== undefined && isBefore(right, left) ? [right, 2 * index + 2] : [left, 2 * index + 1]
    if (!isBefore(child, last)) break
    heap[index] = child
    index = at
  }
  heap[index] = last
}
