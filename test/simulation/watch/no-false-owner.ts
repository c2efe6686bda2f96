import type { Observer, Told } from '../observer.js'
import type { World } from '../world/world.js'

/** The truth of a status: a session whose lease merely ran out is not told to be run by somebody else. */
export class NoFalseOwner implements Observer {
  readonly #world: World
  /** Sessions whose lock somebody else may have had, or of which nobody could always tell. */
  readonly #doubtful = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  moodChanged(sessionId: string | null): void {
    for (const id of sessionId === null ? this.#world.sessionIds : [sessionId]) this.#doubtful.add(id)
  }

  torn(_manager: string, sessionId: string, how: 'taken' | 'expired'): void {
    if (how === 'taken') this.#doubtful.add(sessionId)
  }

  occupied(sessionId: string): void {
    this.#doubtful.add(sessionId)
  }

  told({ manager, name, event }: Told): void {
    if (name !== 'status' || event.reason !== 'owned_elsewhere' || this.#world.managers.length > 1 || this.#doubtful.has(event.sessionId)) return
    this.#world.violate('status', `${manager} says that somebody else runs ${event.sessionId}, and nobody does`)
  }
}
