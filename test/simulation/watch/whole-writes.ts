import type { Landing, Observer, SimulatedSocket } from '../observer.js'
import type { World } from '../world/world.js'
import { pairedIdentity } from './stored-identity.js'

const LEFT = 'lid-mapping/left'
const RIGHT = 'lid-mapping/right'

/** 6. Each write of Baileys is all or nothing, in order, by one writer; nobody is shown what was not stored. */
export class WholeWrites implements Observer {
  readonly #world: World
  /** The highest number that was acknowledged, by identity. */
  readonly #acknowledged = new Map<string, number>()

  constructor(world: World) {
    this.#world = world
  }

  landed({ call: { sessionId }, before, after }: Landing): void {
    if (after.get(LEFT) !== after.get(RIGHT)) this.#world.violate(6, `a write of ${sessionId ?? ''} landed in part`)
    const isSame = pairedIdentity(before.get('creds/')) !== null && pairedIdentity(before.get('creds/')) === pairedIdentity(after.get('creds/'))
    if (isSame && countOf(after.get(LEFT)) < countOf(before.get(LEFT))) this.#world.violate(6, `the ratchet of ${sessionId ?? ''} was rewound`)
  }

  ratchetRead(socket: SimulatedSocket, value: number): void {
    const identity = this.#identityStored(socket)
    if (identity === null) return
    if (value < (this.#acknowledged.get(identity) ?? 0))
      this.#world.violate(6, `socket ${socket.number} of ${socket.sessionId} was given a number that was used already`)
    if (value > this.#stored(socket)) this.#world.violate(6, `socket ${socket.number} of ${socket.sessionId} was given a number that is not stored`)
  }

  ratchetTurned(socket: SimulatedSocket, value: number): void {
    const identity = this.#identityStored(socket)
    if (identity === null) return
    this.#acknowledged.set(identity, Math.max(value, this.#acknowledged.get(identity) ?? 0))
    if (value > this.#stored(socket)) this.#world.violate(6, `a write of socket ${socket.number} of ${socket.sessionId} was acknowledged, and is not stored`)
  }

  #stored({ sessionId }: SimulatedSocket): number {
    return countOf(this.#world.backend.records(sessionId).get(LEFT))
  }

  /** The identity of the socket, if it is the one that is stored, and nobody else may write it. */
  #identityStored({ sessionId, fake, manager }: SimulatedSocket): string | null {
    const { backend, wiped } = this.#world
    // What was removed past the library is stored no more, whatever was acknowledged.
    if (wiped.has(sessionId)) return null
    const stored = pairedIdentity(backend.text(sessionId, 'creds'))
    const isOwn = stored !== null && backend.text(sessionId, 'creds')?.includes(Buffer.from(fake.authState.creds.noiseKey.public).toString('base64')) === true
    return isOwn && backend.holder(sessionId)?.owner === manager ? stored : null
  }
}

const countOf = (text: string | undefined): number => Number(text === undefined ? 0 : JSON.parse(text))
