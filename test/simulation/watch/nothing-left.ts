import type { Observer } from '../observer.js'
import type { World } from '../world/world.js'
import { notDrainedBy } from './close-report.js'

/** 4, at the end of everything: no socket, no lock, no timer is left. */
export class NothingLeft implements Observer {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  ended(): void {
    const { sockets, sessionIds, backend, time } = this.#world
    for (const { fake, number, sessionId } of sockets)
      if (fake.endCalls === 0 && !fake.isEnded) this.#world.violate(4, `socket ${number} of ${sessionId} outlived its manager`)
    for (const sessionId of sessionIds) {
      const holder = backend.holder(sessionId)
      if (holder !== null && !this.#isReported(holder.owner, sessionId)) this.#world.violate(4, `${holder.owner} still holds the lock of ${sessionId}`)
    }
    if (time.codeTimers > 0) this.#world.violate(4, `${time.codeTimers} timers are left at the end`)
  }

  /** Whether `close` said that this session was not finished in time. */
  #isReported(manager: string, sessionId: string): boolean {
    return this.#world.calls.some((call) => call.manager === manager && notDrainedBy(call)?.includes(sessionId) === true)
  }
}
