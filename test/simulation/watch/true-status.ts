import type { Observer, Told, VerbCall } from '../observer.js'
import type { SimulatedManager } from '../world/simulated-manager.js'
import type { World } from '../world/world.js'

/** Beside the numbered invariants, what the library is for: a status is true. */
export class TrueStatus implements Observer {
  readonly #world: World
  /** The last status told, by `manager session`. */
  readonly #last = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  called({ call, manager, sessionId }: VerbCall): void {
    // What is deleted is forgotten, and begins anew.
    if (call.verb === 'delete') this.#last.delete(`${manager} ${sessionId ?? ''}`)
  }

  told({ manager, name, event }: Told): void {
    if (name !== 'status') return
    const key = `${manager} ${event.sessionId}`
    const last = this.#last.get(key)
    if (last !== undefined && event.previous !== last && !this.#isBeingDeleted(manager, event.sessionId))
      this.#world.violate('status', `${key} is told to have been ${event.previous}, and was ${last}`)
    this.#last.set(key, event.status)
    if (event.isConnected !== (event.status === 'connected'))
      this.#world.violate('status', `isConnected of ${key} is ${String(event.isConnected)} while it is ${event.status}`)
  }

  stepped(): void {
    for (const manager of this.#world.managers) {
      for (const sessionId of this.#world.sessionIds) {
        this.#checkSocket(manager, sessionId)
        this.#checkConnected(manager.name, sessionId)
      }
    }
  }

  #checkConnected(manager: string, sessionId: string): void {
    const key = `${manager} ${sessionId}`
    if (this.#last.get(key) !== 'connected' || this.#world.isClosing(manager) || this.#isBeingDeleted(manager, sessionId)) return
    const socket = this.#world.newestSocket(sessionId, manager)
    // Of one whose peer is gone Baileys tells nothing until it was cut, a second later.
    const isParting = socket?.fake.isDestroyed === false && socket.fake.ending !== 'prompt'
    if (!isParting && (socket?.fake.ws.isOpen !== true || socket.fake.isEnded))
      this.#world.violate('status', `${key} is told to be connected, and has no open socket`)
  }

  #checkSocket({ name, sessions }: SimulatedManager, sessionId: string): void {
    const given = sessions.getSocket(sessionId)
    const socket = this.#world.newestSocket(sessionId, name)
    if (given === undefined) return
    if (given !== socket?.fake.asWASocket()) this.#world.violate('status', `getSocket gives an old socket of ${sessionId}`)
    if (this.#last.get(`${name} ${sessionId}`) !== 'connected')
      this.#world.violate('status', `getSocket gives a socket of ${sessionId}, which is not told to be connected`)
  }

  #isBeingDeleted(manager: string, sessionId: string): boolean {
    return this.#world.pending(manager, sessionId).some(({ call }) => call.verb === 'delete')
  }
}
