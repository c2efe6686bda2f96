import { isSessionError } from '../../../src/index.js'
import type { Observer, SimulatedSocket, Told, VerbCall } from '../observer.js'
import type { World } from '../world/world.js'

/** Verbs that change nothing about a session that is connected. */
const LOOKING: ReadonlySet<string> = new Set(['getStatus', 'getStatuses', 'waitUntilConnected', 'connect', 'restoreSession', 'restoreAll'])

/** 9. Every promise settles. The failure of one session, or a listener that throws, reaches no other session and no handler of the process. */
export class SettledPromises implements Observer {
  readonly #world: World
  /** Sessions that are connected, and to which nothing has happened since, by `manager session`. */
  readonly #undisturbed = new Set<string>()

  /** Sessions that a backend has ever been bad to: an answer may still be on its way. */
  readonly #harmed = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  called({ manager, sessionId, call }: VerbCall): void {
    if (!LOOKING.has(call.verb)) this.#disturb(manager, sessionId)
  }

  settled({ call, outcome, value, manager }: VerbCall): void {
    if (outcome !== 'rejected') return
    const isKnown = isSessionError(value) || (value instanceof Error && value.name === 'AbortError')
    if (!isKnown) this.#world.violate(9, `${call.verb} of ${manager} rejected with ${String(value)}`)
    if (call.verb === 'close') this.#world.violate(9, 'close rejected')
  }

  signalled({ manager, sessionId }: SimulatedSocket): void {
    this.#disturb(manager, sessionId)
  }

  moodChanged(sessionId: string | null): void {
    for (const { name } of this.#world.managers) this.#disturb(name, sessionId)
    for (const id of sessionId === null ? this.#world.sessionIds : [sessionId]) this.#harmed.add(id)
  }

  torn(manager: string, sessionId: string): void {
    this.#disturb(manager, sessionId)
  }

  told({ manager, name, event }: Told): void {
    if (name === 'error' && !isSessionError(event.error)) this.#world.violate(9, 'an error event carries no SessionError')
    if (name !== 'status') return
    const key = `${manager} ${event.sessionId}`
    if (event.status === 'connected' && this.#isAtPeace(manager, event.sessionId)) this.#undisturbed.add(key)
    else if (this.#undisturbed.delete(key))
      this.#world.violate(9, `${event.sessionId} became ${event.status} (${event.reason ?? ''}) and nothing had happened to it`)
  }

  ended(): void {
    for (const { call, sessionId, outcome, manager } of this.#world.calls) {
      if (outcome === 'pending') this.#world.violate(9, `${call.verb} of ${sessionId ?? 'all'} never settled (${manager})`)
    }
  }

  #isAtPeace(manager: string, sessionId: string): boolean {
    const socket = this.#world.newestSocket(sessionId, manager)
    return (
      !this.#harmed.has(sessionId) && socket?.fake.isEnded === false && !this.#world.pending(manager, sessionId).some(({ call }) => !LOOKING.has(call.verb))
    )
  }

  #disturb(manager: string, sessionId: string | null): void {
    for (const id of sessionId === null ? this.#world.sessionIds : [sessionId]) this.#undisturbed.delete(`${manager} ${id}`)
  }
}
