import type { ClusterView, ViewedMember } from './cluster-view.js'

/** What handing over works with. */
export interface HandOversOptions {
  /** Tells the others what is offered to whom, by the note of the session. */
  readonly renote: (sessionId: string) => void
  /** Closes a session here and gives its lease back. Resolves with whether everything was written. Never rejects. */
  readonly handOver: (sessionId: string) => Promise<boolean>
}

interface HandOver {
  readonly to: string
  phase: 'offered' | 'closing' | 'on its way'
  /** When its phase began. */
  since: number
}

/** After how long an offer that nobody is ready for is taken back. */
const OFFER_MS = 10_000
/** After how long a session counts as arrived that nobody has told of. */
const ARRIVAL_MS = 5000

/** The owner's side of hand-overs: it offers a session, keeps it connected until the successor has a place for it, then gives it away. */
export class HandOvers {
  readonly #options: HandOversOptions
  readonly #handOvers = new Map<string, HandOver>()
  readonly #given = new Set<string>()
  readonly #undrained = new Set<string>()

  constructor(options: HandOversOptions) {
    this.#options = options
  }

  /** How many are under way. */
  get size(): number {
    return this.#handOvers.size
  }

  /** Sessions that were given away with everything written, and those that were closed before. */
  get outcome(): { readonly given: string[]; readonly undrained: string[] } {
    return { given: [...this.#given], undrained: [...this.#undrained] }
  }

  /** Forgets what came of earlier ones. */
  forgetOutcome(): void {
    this.#given.clear()
    this.#undrained.clear()
  }

  /** How many wait for their successor to be ready. */
  get offered(): number {
    return [...this.#handOvers.values()].filter(({ phase }) => phase === 'offered').length
  }

  /** Whether a session is being handed over. */
  has(sessionId: string): boolean {
    return this.#handOvers.has(sessionId)
  }

  /** To whom a session is offered; `null` when to nobody. One that was given away and came back is not. */
  offeredTo(sessionId: string): string | null {
    const handOver = this.#handOvers.get(sessionId)
    return handOver === undefined || handOver.phase === 'on its way' ? null : handOver.to
  }

  /** How many sessions each member will have that the others do not see there yet. */
  announced(view: ClusterView): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const [sessionId, { to }] of this.#handOvers) {
      if (view.holdingOf(sessionId)?.process.id !== to) counts.set(to, (counts.get(to) ?? 0) + 1)
    }
    return counts
  }

  /** Offers a session to a member. */
  offer(sessionId: string, to: string, now: number): void {
    this.#handOvers.set(sessionId, { to, phase: 'offered', since: now })
    this.#options.renote(sessionId)
  }

  /** Goes on with all of them. At most `limit` are without a socket at a time. */
  step(view: ClusterView, isRunning: (sessionId: string) => boolean, limit: number, now: number): void {
    const members = new Map(view.members().map((member) => [member.process.id, member]))
    for (const [sessionId, handOver] of this.#handOvers) {
      if (handOver.phase === 'on its way') this.#awaitArrival(sessionId, handOver, view, now)
      if (handOver.phase !== 'offered') continue
      const member = members.get(handOver.to)
      const isReady = member?.card.ready.includes(sessionId) === true
      const isVain = member === undefined || member.card.draining || now - handOver.since > OFFER_MS || (!isReady && isFull(member))
      if (isVain || !isRunning(sessionId)) this.#takeBack(sessionId)
      else if (isReady && this.size - this.offered < limit) this.#give(sessionId, handOver, isRunning, now)
    }
  }

  /** Takes back what is only offered. */
  callOff(): void {
    for (const [sessionId, { phase }] of this.#handOvers) if (phase === 'offered') this.#takeBack(sessionId)
  }

  #takeBack(sessionId: string): void {
    this.#handOvers.delete(sessionId)
    this.#options.renote(sessionId)
  }

  #give(sessionId: string, handOver: HandOver, isRunning: (sessionId: string) => boolean, now: number): void {
    handOver.phase = 'closing'
    handOver.since = now
    void this.#options.handOver(sessionId).then((isDrained) => {
      // It is being ended, or not linked after all: it goes on here.
      if (isRunning(sessionId)) {
        this.#takeBack(sessionId)
        return
      }
      ;(isDrained ? this.#given : this.#undrained).add(sessionId)
      handOver.phase = 'on its way'
    })
  }

  #awaitArrival(sessionId: string, { to, since }: HandOver, view: ClusterView, now: number): void {
    const holding = view.holdingOf(sessionId)
    const isThere = holding?.process.id === to && holding.standing !== null && holding.standing.status !== 'connecting'
    if (isThere || now - since > ARRIVAL_MS) this.#handOvers.delete(sessionId)
  }
}

function isFull({ card: { maxSessions }, sessions }: ViewedMember): boolean {
  return maxSessions !== null && sessions >= maxSessions
}
