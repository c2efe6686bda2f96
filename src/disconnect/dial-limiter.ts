/**
 * Who waits for a dial: a person, a status poll, a reconnect, or bulk work. Earlier ones go first.
 */
export type DialPriority = 'person' | 'poll' | 'reconnect' | 'bulk'

/** The limit on all dials, whatever causes them. */
export interface DialLimits {
  /**
   * How many dials may run at the same time. A dial ends with a QR code, an open connection, or a failure. A quarter of them,
   * rounded down, is not available to bulk work, and half of them not to sessions whose last dial got no answer.
   */
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
   * After its turn: gives the place to others while something else has to be waited for, then queues again. Resolves as `work` does when its
   * turn has come once more; rejects with `AbortError` after {@link DialTicket.release}, and as `work` does.
   */
  standAside<Result>(work: Promise<Result>): Promise<Result>
  /** Gives the place back, before or after its turn. Idempotent. */
  release(): void
}

/** What is known of a dial before it is made. */
export interface DialProspect {
  /** Whose dial it is: a place that is kept for that session becomes its own. */
  readonly sessionId?: string
  /** The last dial of its session was not answered: this one may hold its place just as long. */
  readonly mayHang?: boolean
}

interface Entry {
  priority: number
  readonly order: number
  mayHang: boolean
  /** Whether it only keeps a place for a dial to come. */
  isKept: boolean
  startedAt: number
  state: 'waiting' | 'running' | 'aside' | 'released'
  start: () => void
  cancel: (reason: Error) => void
}

/** Before everybody: its session has no socket until then, and had one a moment ago. */
const KEPT_RANK = -1

const RANKS: Readonly<Record<DialPriority, number>> = { person: 0, poll: 1, reconnect: 2, bulk: 3 }

/** The more urgent of two. */
export function moreUrgent(left: DialPriority, right: DialPriority): DialPriority {
  return RANKS[left] <= RANKS[right] ? left : right
}

const WINDOW_MS = 1000

/** Classes of dials; each but the first leaves a quarter of the places to those before it. */
const CLASSES = [0, 1, 2] as const
const SHARE = 4

function classOf({ priority, mayHang }: Entry): (typeof CLASSES)[number] {
  if (mayHang) return 2
  return priority === RANKS.bulk ? 1 : 0
}

/** Lets dials through by urgency, a bounded number at once and within a second, so that an outage of all sessions is no storm. */
export class DialLimiter {
  readonly #limits: DialLimits
  readonly #waiting: Entry[] = []
  /** When the last dials started, oldest first, for as long as they count. */
  readonly #starts: number[] = []
  /** Those that have a place. */
  readonly #running = new Set<Entry>()
  readonly #kept = new Map<string, Entry>()
  #tickets = 0
  #timer: NodeJS.Timeout | null = null

  constructor(limits: DialLimits) {
    this.#limits = limits
  }

  /** Queues a dial. */
  request(priority: DialPriority, { sessionId, mayHang = false }: DialProspect = {}): DialTicket {
    const kept = sessionId === undefined ? undefined : this.#kept.get(sessionId)
    if (sessionId === undefined || kept?.state !== 'running') return this.#ticketOf(this.#makeEntry(priority, { mayHang, isKept: false }))
    this.#kept.delete(sessionId)
    return this.#ticketOf(Object.assign(kept, { isKept: false, priority: KEPT_RANK, mayHang }))
  }

  /**
   * Keeps a place for a dial that is to begin the moment something else ends. It counts as a dial that runs, and there are no more of them
   * than may start in a second. Releasing it takes nothing from a dial that has it by then.
   */
  keepPlace(sessionId: string): DialTicket {
    const entry = this.#makeEntry('reconnect', { mayHang: false, isKept: true })
    this.#kept.set(sessionId, entry)
    const ticket = this.#ticketOf(entry)
    const release = (): void => {
      if (this.#kept.get(sessionId) !== entry) return
      this.#kept.delete(sessionId)
      ticket.release()
    }
    return { ...ticket, release }
  }

  #makeEntry(priority: DialPriority, { mayHang, isKept }: Pick<Entry, 'mayHang' | 'isKept'>): Entry {
    const nothing = (): void => undefined
    return { priority: RANKS[priority], order: this.#tickets++, mayHang, isKept, startedAt: 0, state: 'waiting', start: nothing, cancel: nothing }
  }

  #ticketOf(entry: Entry): DialTicket {
    return {
      turn: this.#queue(entry),
      promote: (next) => {
        entry.priority = Math.min(entry.priority, RANKS[next])
        // It may have a place now that was kept from it.
        this.#admit()
      },
      standAside: async (work) => {
        this.#leave(entry, 'aside')
        const result = await work
        if (entry.state !== 'aside') throw calledOff()
        // It is the same dial: within a second it counts once.
        this.#forgetStart(entry)
        await this.#queue(entry)
        return result
      },
      release: () => this.#leave(entry, 'released'),
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
    this.#running.delete(entry)
    if (before === 'waiting') {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1)
      entry.cancel(calledOff())
    }
    this.#admit()
  }

  #admit(): void {
    // Not the clock on the wall: set back by an hour it would hold up every dial for as long.
    const now = performance.now()
    while ((this.#starts[0] ?? now) <= now - WINDOW_MS) this.#starts.shift()
    for (let next = this.#mostUrgent(this.#mayStart()); next !== undefined; next = this.#mostUrgent(this.#mayStart())) this.#let(next, now)
    this.#scheduleNext(now, this.#mostUrgent(true) !== undefined)
  }

  #mayStart(): boolean {
    return this.#starts.length < this.#limits.perSecond
  }

  #let(entry: Entry, now: number): void {
    this.#waiting.splice(this.#waiting.indexOf(entry), 1)
    this.#running.add(entry)
    if (!entry.isKept) this.#starts.push(now)
    entry.startedAt = now
    entry.state = 'running'
    entry.start()
  }

  /** The most urgent one that there is a place for. `mayStart`: whether a dial may start now. */
  #mostUrgent(mayStart: boolean): Entry | undefined {
    const open = new Set(CLASSES.filter((dialClass) => this.#hasPlaceFor(dialClass)))
    const canKeep = [...this.#running].filter(({ isKept }) => isKept).length < this.#limits.perSecond
    const canGo = (entry: Entry): boolean => (this.#running.has(entry) || open.has(classOf(entry))) && (entry.isKept ? canKeep : mayStart)
    return this.#waiting.reduce<Entry | undefined>((best, entry) => {
      if (!canGo(entry)) return best
      return best === undefined || entry.priority < best.priority || (entry.priority === best.priority && entry.order < best.order) ? entry : best
    }, undefined)
  }

  /** A class fills up the places that it shares with those behind it, and no more. */
  #hasPlaceFor(dialClass: (typeof CLASSES)[number]): boolean {
    const { concurrency } = this.#limits
    const kept = Math.floor(concurrency / SHARE)
    const running = [...this.#running].map(classOf)
    return CLASSES.every((level) => level > dialClass || running.filter((other) => other >= level).length < concurrency - level * kept)
  }

  #forgetStart({ startedAt }: Entry): void {
    const index = this.#starts.indexOf(startedAt)
    if (index >= 0) this.#starts.splice(index, 1)
  }

  /** Wakes up when the oldest start stops counting. Only a ticket that has a place, and no more than that to wait for, keeps a timer. */
  #scheduleNext(now: number, isWaiting: boolean): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const oldest = this.#starts[0]
    if (!isWaiting || oldest === undefined) return
    this.#timer = setTimeout(() => this.#admit(), Math.ceil(oldest + WINDOW_MS - now))
  }
}

function calledOff(): Error {
  return new DOMException('The dial was cancelled.', 'AbortError')
}
