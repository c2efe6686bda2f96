import type { Observer, SimulatedSocket } from '../observer.js'
import type { World } from '../world/world.js'

/** 10. Every dial, of any origin, passes one limiter. */
export class LimitedDials implements Observer {
  readonly #world: World
  /** When the last dials of each manager began. */
  readonly #begun = new Map<string, number[]>()

  constructor(world: World) {
    this.#world = world
  }

  dialled({ manager }: SimulatedSocket): void {
    const {
      time,
      plan: {
        dials: { perSecond, concurrency },
      },
    } = this.#world
    // Whoever was let in, and called off before there was a socket, has not dialled.
    const lately = [...(this.#begun.get(manager) ?? []), time.elapsedMs].filter((atMs) => atMs > time.elapsedMs - 1000)
    this.#begun.set(manager, lately)
    if (lately.length > perSecond) this.#world.violate(10, `${manager} began ${lately.length} dials within a second, of ${perSecond}`)
    // The one that was just made is not among them yet.
    const underWay = 1 + this.#world.sockets.filter((socket) => socket.manager === manager && this.#isOnItsWay(socket)).length
    if (underWay > concurrency) this.#world.violate(10, `${manager} has ${underWay} dials under way, of ${concurrency}`)
  }

  #isOnItsWay({ fake, isAnswered, dialledAtMs }: SimulatedSocket): boolean {
    const { time, plan } = this.#world
    return !isAnswered && !fake.isEnded && fake.endCalls === 0 && time.elapsedMs - dialledAtMs < plan.connectTimeoutMs
  }
}
