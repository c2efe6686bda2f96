import type { Observer, SimulatedSocket, Told, VerbCall } from '../observer.js'
import type { World } from '../world/world.js'
import { isLoggedOut, pairedIdentity } from './stored-identity.js'

/** 3, and the truth of a status: credentials that were removed past the library are told as missing, and only a person's wish links a phone anew. */
export class MissingCredentials implements Observer {
  readonly #world: World
  /** Managers that ran a paired session when it was wiped, and to which nothing else has happened since, by `manager session`. */
  readonly #knowing = new Set<string>()
  /** Sessions whose paired credentials were removed. */
  readonly #lost = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  wiped(sessionId: string): void {
    const { backend, managers } = this.#world
    const identity = pairedIdentity(backend.text(sessionId, 'creds'))
    // What was logged out may be on its way to another pairing.
    if (identity === null || isLoggedOut(identity, backend.text(sessionId, 'lifecycle'))) return
    this.#lost.add(sessionId)
    for (const { name } of managers) {
      const isQuiet = this.#world.pending(name, sessionId).length === 0
      if (isQuiet && backend.holder(sessionId)?.owner === name && this.#world.newestSocket(sessionId, name)?.fake.ws.isOpen === true) {
        this.#knowing.add(`${name} ${sessionId}`)
      }
    }
  }

  called({ sessionId, call }: VerbCall): void {
    if (call.verb !== 'getStatus' && call.verb !== 'getStatuses' && call.verb !== 'waitUntilConnected') this.#forget(sessionId)
  }

  torn(_manager: string, sessionId: string): void {
    this.#forget(sessionId)
  }

  told({ manager, name, event }: Told): void {
    if (name !== 'status' || event.reason === null) return
    if (event.reason === 'logged_out') this.#forget(event.sessionId)
    if (event.reason === 'never_paired' && this.#knowing.has(`${manager} ${event.sessionId}`))
      this.#world.violate('status', `${manager} says that ${event.sessionId} was never paired, and had run it until its records were removed`)
  }

  dialled({ manager, sessionId, fake }: SimulatedSocket): void {
    if (fake.authState.creds.account !== undefined || !this.#lost.has(sessionId)) return
    if (this.#knowing.has(`${manager} ${sessionId}`)) this.#world.violate(3, `${manager} pairs ${sessionId} anew, whose records were removed while it ran`)
    // The wish of a person holds for as long as the store cannot be asked.
    const isAsked = this.#world.calls.some(({ call, sessionId: of }) => (call.verb === 'connect' || call.verb === 'requestPairingCode') && of === sessionId)
    if (!isAsked) this.#world.violate(3, `${manager} pairs ${sessionId} anew after its records were removed, and nobody had asked for it`)
  }

  #forget(sessionId: string | null): void {
    for (const { name } of this.#world.managers) {
      for (const id of sessionId === null ? this.#world.sessionIds : [sessionId]) this.#knowing.delete(`${name} ${id}`)
    }
  }
}
