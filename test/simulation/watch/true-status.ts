import type { Observer, Told, VerbCall } from '../observer.js'
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
    if (last !== undefined && event.previous !== last && !this.#isBeingDeleted(manager, event.sessionId)) this.#world.violate('status', `${key} is told to have been ${event.previous}, and was ${last}`)
    this.#last.set(key, event.status)
    if (event.isConnected !== (event.status === 'connected')) this.#world.violate('status', `isConnected of ${key} is ${String(event.isConnected)} while it is ${event.status}`)
  }

  stepped(): void {
    for (const [key, status] of this.#last) {
      const [manager = '', sessionId = ''] = key.split(' ')
      if (status !== 'connected' || this.#world.isClosing(manager) || this.#isBeingDeleted(manager, sessionId)) continue
      const socket = this.#world.sockets.findLast(each => each.manager === manager && each.sessionId === sessionId)
      // Of one whose peer is gone Baileys tells nothing until it was cut, a second later.
      const isParting = socket?.fake.isDestroyed === false && socket.fake.ending !== 'prompt'
      if (!isParting && (socket?.fake.ws.isOpen !== true || socket.fake.isEnded)) this.#world.violate('status', `${key} is told to be connected, and has no open socket`)
    }
  }

  #isBeingDeleted(manager: string, sessionId: string): boolean {
    return this.#world.pending(manager, sessionId).some(({ call }) => call.verb === 'delete')
  }
}
