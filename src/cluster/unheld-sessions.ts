/** A session that nobody holds, as far as is known. */
interface Unheld {
  /** Before when nobody but the one that it was released to takes it. */
  readonly reservedUntil: number
  /** Until when it is left alone, because somebody was faster or it could not be looked at. */
  restUntil: number
  /** How often it was left alone. */
  rests: number
  /** When anybody may take it, whose share it is or not. */
  readonly openAt: number
  taker: { readonly version: number; readonly memberId: string | null } | null
}

/** After how long a session that its taker did not take is anybody's. */
const OPEN_AFTER_MS = 3000
/** How long a session that was released to a successor is left to it. */
const RESERVED_MS = 3000
/** How long to leave a session alone that somebody else has, whom the news do not tell of: doubled each time, up to the longest. */
const REST_MS = 3000
const LONGEST_REST_MS = 60_000
/** How long to leave a session alone that could not be looked at. */
const RETRY_MS = 1000

/** The sessions that nobody holds: what this process takes of them, and what it leaves to others. Those that nobody wants are not kept. */
export class UnheldSessions {
  readonly #sessions = new Map<string, Unheld>()
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** How many there are. */
  get size(): number {
    return this.#sessions.size
  }

  /** Whether it is one of them. */
  has(sessionId: string): boolean {
    return this.#sessions.has(sessionId)
  }

  /** Takes one in. `isReserved`: it was released to another member, which is about to take it. */
  add(sessionId: string, now: number, isReserved = false): void {
    if (this.#sessions.has(sessionId)) return
    const openAt = now + OPEN_AFTER_MS * (1 + this.#random() / 3)
    this.#sessions.set(sessionId, { reservedUntil: isReserved ? now + RESERVED_MS : now, restUntil: now, rests: 0, openAt, taker: null })
  }

  /** Somebody holds it, or nobody wants it. */
  remove(sessionId: string): void {
    this.#sessions.delete(sessionId)
  }

  /** Leaves it alone for a while: somebody else has it. */
  postpone(sessionId: string, now: number): void {
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return
    session.restUntil = now + Math.min(LONGEST_REST_MS, REST_MS * 2 ** session.rests)
    session.rests += 1
  }

  /** Leaves it alone for a moment: nobody could tell whether it is free. */
  retryLater(sessionId: string, now: number): void {
    const session = this.#sessions.get(sessionId)
    if (session !== undefined) session.restUntil = now + RETRY_MS
  }

  /**
   * Those that this member may take now, oldest first: its own share, and only then what others have left for long, who may be on their way
   * through theirs. `version` changes with whatever `takerOf` goes by.
   */
  *due(self: string, now: number, version: number, takerOf: (sessionId: string) => string | null): IterableIterator<string> {
    const left: string[] = []
    for (const [sessionId, session] of this.#sessions) {
      if (session.reservedUntil > now || session.restUntil > now) continue
      if (session.taker?.version !== version) session.taker = { version, memberId: takerOf(sessionId) }
      if (session.taker.memberId === self) yield sessionId
      else if (session.openAt <= now) left.push(sessionId)
    }
    yield* left
  }
}
