import type { Observer, SimulatedSocket } from '../observer.js'
import type { World } from '../world/world.js'

/** A socket whose lease is torn away finishes what has arrived and cuts its connection, which takes it so long at most. */
const PARTING_MS = 2500

/** 1. One live socket per session at most, in everything that shares the lock. */
export class OneSocket implements Observer {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  dialled({ manager, sessionId, fencingToken }: SimulatedSocket): void {
    if (fencingToken === null) this.#world.violate(1, `${manager} dialled ${sessionId} without holding its lock`)
    for (const other of this.#world.sockets) {
      if (other.sessionId === sessionId && this.#isAlive(other)) {
        this.#world.violate(1, `${manager} dialled ${sessionId} while socket ${other.number} of ${other.manager} was alive`)
      }
    }
  }

  #isAlive({ fake, leaseLostAtMs }: SimulatedSocket): boolean {
    if (fake.isDestroyed) return false
    if (leaseLostAtMs !== null && this.#world.time.elapsedMs - leaseLostAtMs < PARTING_MS) return false
    // One whose peer is gone cannot be waited for: it counts as dead once it was told to end.
    return fake.ending === 'prompt' || (fake.endCalls === 0 && !fake.isEnded)
  }
}
