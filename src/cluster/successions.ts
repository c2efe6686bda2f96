import type { DialLimiter, DialTicket } from '../disconnect/dial-limiter.js'
import type { ClusterView, ViewedChange } from './cluster-view.js'

/** What taking over what is offered works with. */
export interface SuccessionsOptions {
  readonly limiter: DialLimiter
  readonly hasRoom: () => boolean
  /** Told when a place was got, or is not needed any more: the others have to be told. */
  readonly onChange: () => void
  /** Takes a session that was given back for this process. Resolves once it has dialled, or is not to. Never rejects. */
  readonly take: (sessionId: string) => Promise<void>
}

interface Place {
  readonly ticket: DialTicket
  isReady: boolean
}

/** The successor's side of hand-overs: it keeps a place for each session that it is offered, says so, and takes the session when it is free. */
export class Successions {
  readonly #options: SuccessionsOptions
  readonly #places = new Map<string, Place>()

  constructor(options: SuccessionsOptions) {
    this.#options = options
  }

  /** The sessions that this process has a place for. */
  get ready(): string[] {
    return [...this.#places].flatMap(([sessionId, { isReady }]) => (isReady ? [sessionId] : []))
  }

  /** How many sessions are on their way here. */
  get size(): number {
    return this.#places.size
  }

  /** Takes in what changed of a session. */
  see({ sessionId, after }: ViewedChange, self: string): void {
    const place = this.#places.get(sessionId)
    if (after === null) {
      if (place?.isReady === true) this.#take(sessionId, place)
      else if (place !== undefined) this.#give(sessionId, place)
    } else if (after.standing?.offeredTo === self) {
      if (place === undefined && this.#options.hasRoom()) this.#reserve(sessionId)
    } else if (place !== undefined) this.#give(sessionId, place)
  }

  /** Drops the places of sessions that are not offered any more, as far as the view tells. */
  check(view: ClusterView, self: string): void {
    for (const [sessionId, place] of this.#places) {
      if (view.holdingOf(sessionId)?.standing?.offeredTo !== self) this.#give(sessionId, place)
    }
  }

  /** Gives all places back: this process takes nothing any more. */
  end(): void {
    for (const [sessionId, place] of this.#places) this.#give(sessionId, place)
  }

  /** Its dial goes with the place. */
  #take(sessionId: string, { ticket }: Place): void {
    this.#places.delete(sessionId)
    this.#options.onChange()
    void this.#options.take(sessionId).then(() => ticket.release())
  }

  #reserve(sessionId: string): void {
    const place: Place = { ticket: this.#options.limiter.keepPlace(sessionId), isReady: false }
    this.#places.set(sessionId, place)
    place.ticket.turn.then(
      () => {
        place.isReady = true
        this.#options.onChange()
      },
      () => undefined,
    )
  }

  #give(sessionId: string, { ticket, isReady }: Place): void {
    this.#places.delete(sessionId)
    ticket.release()
    if (isReady) this.#options.onChange()
  }
}
