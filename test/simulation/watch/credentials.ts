import type { Landing, Observer, SimulatedSocket, StoreCall } from '../observer.js'
import type { World } from '../world/world.js'
import { isLoggedOut, pairedIdentity } from './stored-identity.js'

/** 2. Only `logout`, `delete`, and a pairing that succeeded after `logged_out` replace or remove credentials, the last in one write. */
export class KeptCredentials implements Observer {
  readonly #world: World
  /** Deletes that a person had asked for when they were issued. */
  readonly #asked = new Set<StoreCall>()
  /** Identities that were deleted: they must not come back. */
  readonly #deleted = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  issued(call: StoreCall): void {
    if (call.verb !== 'delete' || call.sessionId === null) return
    const isAsked = this.#world.pending(call.manager, call.sessionId).some(({ call: { verb } }) => verb === 'delete' || verb === 'logout')
    if (isAsked) this.#asked.add(call)
  }

  landed({ call, before, after }: Landing): void {
    const [old, current] = [pairedIdentity(before.get('creds/')), pairedIdentity(after.get('creds/'))]
    if (current !== null && current !== old && this.#deleted.has(current)) this.#world.violate(2, `deleted credentials of ${call.sessionId ?? ''} came back`)
    if (old === null || old === current) return
    if (call.verb === 'delete') this.#onDelete(call, old)
    else if (current === null) this.#world.violate(2, `a write removed the credentials of ${call.sessionId ?? ''}`)
    else if (!isLoggedOut(old, before.get('lifecycle/')))
      this.#world.violate(2, `a pairing replaced credentials of ${call.sessionId ?? ''} that were not logged out`)
    else if (after.size !== call.changes.length || after.get('lifecycle/') === undefined)
      this.#world.violate(2, `the records of ${call.sessionId ?? ''} were not replaced in one write`)
  }

  #onDelete(call: StoreCall, identity: string): void {
    this.#deleted.add(identity)
    if (!this.#asked.has(call)) this.#world.violate(2, `credentials of ${call.sessionId ?? ''} were deleted, and nobody had asked for it`)
  }
}

/**
 * 3. A new identity is made only when the store answered "absent", or by `connect` after `logged_out`; it is stored only once it is
 * paired.
 */
export class NewIdentities implements Observer {
  readonly #world: World
  /** What each manager read last of each session. */
  readonly #lastRead = new Map<string, { creds: string | undefined; lifecycle: string | undefined }>()

  constructor(world: World) {
    this.#world = world
  }

  readBack({ manager, sessionId }: StoreCall, creds: string | undefined, lifecycle: string | undefined): void {
    this.#lastRead.set(`${manager} ${sessionId ?? ''}`, { creds, lifecycle })
  }

  dialled({ manager, sessionId, fake, fencingToken }: SimulatedSocket): void {
    if (fake.authState.creds.account !== undefined) return
    const read = this.#lastRead.get(`${manager} ${sessionId}`)
    if (read === undefined) this.#world.violate(3, `${manager} pairs ${sessionId} and has never read what is stored`)
    else this.#mayPair(sessionId, read.creds, read.lifecycle, 'was read')
    const { backend } = this.#world
    if (fencingToken !== null) this.#mayPair(sessionId, backend.text(sessionId, 'creds'), backend.text(sessionId, 'lifecycle'), 'is stored')
  }

  landed({ call, after }: Landing): void {
    const creds = call.changes.find(({ type }) => type === 'creds')
    if (creds !== undefined && pairedIdentity(after.get('creds/')) === null)
      this.#world.violate(3, `credentials of ${call.sessionId ?? ''} were stored that are not paired`)
  }

  #mayPair(sessionId: string, creds: string | undefined, lifecycle: string | undefined, how: string): void {
    const identity = pairedIdentity(creds)
    if (identity !== null && !isLoggedOut(identity, lifecycle)) this.#world.violate(3, `${sessionId} is paired anew while a paired identity ${how}`)
  }
}
