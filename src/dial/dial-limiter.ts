/**
 * Who waits for a dial: a person, a status poll, a reconnect, or bulk work. Earlier ones go first.
 */
export type DialPriority = 'person' | 'poll' | 'reconnect' | 'bulk'

/** The limit on dials of any origin. */
export interface DialLimits {
  /** How many dials may be under way at once. A dial ends with a QR code, an open connection, or a failure. */
  concurrency: number
  /** How many dials may start within any second. */
  perSecond: number
}

/** A place in the queue of dials. */
export interface DialTicket {
  /** Resolves when the dial may start; rejects with `AbortError` after {@link DialTicket.release}. */
  readonly turn: Promise<void>
  /** Moves the ticket ahead when somebody more urgent waits for the same session. */
  promote(priority: DialPriority): void
  /**
   * After its turn: gives the place to others while something else has to be waited for, then queues again. Resolves when its turn has come
   * once more; rejects with `AbortError` after {@link DialTicket.release}, and as `work` does.
   */
  standAside(work: Promise<unknown>): Promise<void>
  /** Gives the place back, before or after its turn. Idempotent. */
  release(): void
}

interface Entry {
  priority: number
  readonly order: number
  state: 'waiting' | 'running' | 'aside' | 'released'
  start: () => void
  cancel: (reason: Error) => void
}

const RANKS: Readonly<Record<DialPriority, number>> = { person: 0, poll: 1, reconnect: 2, bulk: 3 }

/** The more urgent of two. */
export function moreUrgent(left: DialPriority, right: DialPriority): DialPriority {
  return RANKS[left] <= RANKS[right] ? left : right
}

const WINDOW_MS = 1000

/** Lets dials through by urgency, a bounded number at once and within a second, so that an outage of all sessions is no storm. */
export class DialLimiter {
  readonly #limits: DialLimits
  readonly #waiting: Entry[] = []
  /** When the last dials started, oldest first, for as long as they count. */
  readonly #starts: number[] = []
  #running = 0
  #tickets = 0
  #timer: NodeJS.Timeout | null = null

  constructor(limits: DialLimits) {
    this.#limits = limits
  }

  /** Queues a dial. */
  request(priority: DialPriority): DialTicket {
    const entry: Entry = { priority: RANKS[priority], order: this.#tickets++, state: 'waiting', start: () => undefined, cancel: () => undefined }
    return {
      turn: this.#queue(entry),
      promote: (next) => { entry.priority = Math.min(entry.priority, RANKS[next]) },
      standAside: async (work) => {
        this.#leave(entry, 'aside')
        await work
        if (entry.state !== 'aside') throw calledOff()
        await this.#queue(entry)
      },
      release: () => { this.#leave(entry, 'released') },
    }
  }

  #queue(entry: Entry): Promise<void> {
    entry.state = 'waiting'
    const turn = new Promise<void>((resolve, reject) => {
      entry.start = resolve
      entry.cancel = reject
    })
    // A ticket that is given back before its turn may have nobody waiting for it.
    turn.catch(() => undefined)
    this.#waiting.push(entry)
    this.#admit()
    return turn
  }

  #leave(entry: Entry, next: 'aside' | 'released'): void {
    const before = entry.state
    if (before === 'released') return
    entry.state = next
    if (before === 'aside') return
    if (before === 'running') this.#running -= 1
    else {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1)
      entry.cancel(calledOff())
    }
    this.#admit()
  }

  #admit(): void {
    // Not the clock on the wall: set back by an hour it would hold up every dial for as long.
    const now = performance.now()
    while ((this.#starts[0] ?? now) <= now - WINDOW_MS) this.#starts.shift()
    while (this.#waiting.length > 0 && this.#running < this.#limits.concurrency && this.#starts.length < this.#limits.perSecond) {
      this.#running += 1
      this.#starts.push(now)
      const entry = this.#takeMostUrgent()
      entry.state = 'running'
      entry.start()
    }
    this.#scheduleNext(now)
  }

  #takeMostUrgent(): Entry {
    const first = this.#waiting.reduce((best, entry) =>
      entry.priority < best.priority || (entry.priority === best.priority && entry.order < best.order) ? entry : best)
    this.#waiting.splice(this.#waiting.indexOf(first), 1)
    return first
  }

  /** Wakes up when the oldest start stops counting. Only waiting tickets keep a timer. */
  #scheduleNext(now: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const oldest = this.#starts[0]
    if (this.#waiting.length === 0 || this.#running >= this.#limits.concurrency || oldest === undefined) return
    this.#timer = setTimeout(() => { this.#admit() }, Math.ceil(oldest + WINDOW_MS - now))
  }
}

function calledOff(): Error {
  return new DOMException('The dial was called off.', 'AbortError')
}
