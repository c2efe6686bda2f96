import type { Observer, SimulatedSocket, StoreCall, Told, VerbCall } from '../observer.js'
import { UNKNOWN_ID, type World } from '../world/world.js'

/** 14. Ids are data: none aliases another session. (That none escapes a directory is for real disks to show.) */
export class PlainIds implements Observer {
  readonly #world: World
  /** Which session each identity belongs to, by its public key. */
  readonly #owners = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  issued({ sessionId, verb }: StoreCall): void {
    if (sessionId !== null && sessionId !== UNKNOWN_ID) this.#check(sessionId, `the store was asked for ${verb}`)
  }

  told({ name, event: { sessionId } }: Told): void {
    if (sessionId !== null && sessionId !== UNKNOWN_ID) this.#check(sessionId, `${name} was told`)
  }

  dialled({ sessionId, fake }: SimulatedSocket): void {
    this.#check(sessionId, 'it was dialled')
    const identity = Buffer.from(fake.authState.creds.noiseKey.public).toString('base64')
    const owner = this.#owners.get(identity) ?? sessionId
    this.#owners.set(identity, owner)
    if (owner !== sessionId) this.#world.violate(14, `${sessionId} was dialled with the identity of ${owner}`)
  }

  settled({ call, sessionId, outcome, value }: VerbCall): void {
    if (outcome !== 'resolved' || sessionId === null || typeof value !== 'object' || value === null || !('sessionId' in value)) return
    if (value.sessionId !== sessionId) this.#world.violate(14, `${call.verb} of ${sessionId} answered for ${String(value.sessionId)}`)
  }

  #check(sessionId: string, what: string): void {
    if (!this.#world.sessionIds.includes(sessionId)) this.#world.violate(14, `${what} of ${JSON.stringify(sessionId)}, which nobody has named`)
  }
}
