import { encodeAuthValue } from '../../../src/auth/auth-codec.js'
import type { Observer, SimulatedSocket, StoreCall, Told } from '../observer.js'
import type { World } from '../world/world.js'

/** 5. `connected` is announced only when the credentials are stored; a reconnect waits until the generation before is drained. */
export class DurableConnections implements Observer {
  readonly #world: World
  /** Writes that nobody has answered yet. */
  readonly #writes = new Set<StoreCall>()

  constructor(world: World) {
    this.#world = world
  }

  issued(call: StoreCall): void {
    for (const write of this.#writes) if (write.isAnswered) this.#writes.delete(write)
    if (call.verb === 'write') this.#writes.add(call)
  }

  told({ manager, name, event: { sessionId } }: Told): void {
    if (name !== 'connected' || sessionId === null) return
    const socket = this.#world.newestSocket(sessionId, manager)
    const isWiped = this.#world.wiped.has(sessionId)
    if (!isWiped && (socket === undefined || this.#world.backend.text(sessionId, 'creds') !== encodeAuthValue(socket.fake.authState.creds))) {
      this.#world.violate(5, `${manager} announced ${sessionId} as connected, and its credentials are not what is stored`)
    }
    if (this.#world.backend.holder(sessionId)?.owner !== manager)
      this.#world.violate(1, `${manager} announced ${sessionId} as connected without holding its lock`)
  }

  dialled({ manager, sessionId, fake, fencingToken }: SimulatedSocket): void {
    const { creds } = fake.authState
    const isWiped = this.#world.wiped.has(sessionId)
    if (!isWiped && creds.account !== undefined && this.#world.backend.text(sessionId, 'creds') !== encodeAuthValue(creds)) {
      this.#world.violate(5, `${manager} dialled ${sessionId} with credentials that are not what is stored`)
    }
    for (const write of this.#writes) {
      const mayStillLand = !write.isAnswered && write.manager === manager && write.sessionId === sessionId && write.fencingToken === fencingToken
      if (mayStillLand) this.#world.violate(5, `${manager} dialled ${sessionId} before the socket before it was drained`)
    }
  }
}
