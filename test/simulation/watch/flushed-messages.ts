import type { Observer } from '../observer.js'
import type { World } from '../world/world.js'

/** 12. Buffered messages are flushed to the application before a socket is closed. */
export class FlushedMessages implements Observer {
  readonly #world: World
  /** How many sockets, from the first, were checked after their end. */
  readonly #checked = new Set<number>()

  constructor(world: World) {
    this.#world = world
  }

  stepped(): void {
    for (const { fake, number, arrived, delivered, sessionId } of this.#world.sockets) {
      if (!fake.isDestroyed || this.#checked.has(number)) continue
      this.#checked.add(number)
      if (arrived.length > delivered.length)
        this.#world.violate(12, `socket ${number} of ${sessionId} ended with ${arrived.length - delivered.length} messages that the application was not given`)
    }
  }
}
