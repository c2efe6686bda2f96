import { decodeLifecycle } from '../../../src/auth/lifecycle-record.js'
import type { Landing, Observer, SimulatedSocket, StoreCall, Told, VerbCall } from '../observer.js'
import type { World } from '../world/world.js'
import { notDrainedBy } from './close-report.js'
import { STARTING_VERBS } from './starting-verbs.js'
import { pairedIdentity } from './stored-identity.js'

/** Answers to those who asked, and failures of work in the background. */
const STILL_HEARD: ReadonlySet<string> = new Set(['restored', 'error', 'logged-out'])

/** 4. After `stop`, `logout`, `delete` or `close` has resolved: no dial, no timer, no write, no event of the old socket. */
export class QuietEnds implements Observer {
  readonly #world: World
  /** What ended a session at a manager, by `manager session`. */
  readonly #ends = new Map<string, string>()
  readonly #closed = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  called({ call, sessionId }: VerbCall): void {
    if (!STARTING_VERBS.has(call.verb)) return
    for (const { name } of this.#world.managers) {
      // What one manager starts, the other may take over.
      for (const id of sessionId === null ? this.#world.sessionIds : [sessionId]) this.#ends.delete(`${name} ${id}`)
    }
  }

  settled(call: VerbCall): void {
    if (call.outcome !== 'resolved') return
    const { verb } = call.call
    if (verb === 'close') this.#onClose(call)
    if (call.sessionId === null || (verb !== 'stop' && verb !== 'logout' && verb !== 'delete') || this.#isBusy(call, call.sessionId)) return
    this.#ends.set(`${call.manager} ${call.sessionId}`, verb)
    this.#onEnd(call.manager, call.sessionId, verb)
  }

  issued({ manager, sessionId, verb }: StoreCall): void {
    if (verb === 'write' || verb === 'delete' || verb === 'acquire') this.#note(manager, sessionId, `the store was asked for ${verb}`)
  }

  landed({ call: { manager, sessionId, verb } }: Landing): void {
    this.#note(manager, sessionId, `a ${verb} landed`)
  }

  recorded(manager: string, sessionId: string): void {
    if (this.#closed.has(manager) || this.#ends.get(`${manager} ${sessionId}`) === 'delete') this.#note(manager, sessionId, 'the repository was written')
  }

  dialled({ manager, sessionId }: SimulatedSocket): void {
    this.#note(manager, sessionId, 'it dialled')
  }

  told({ manager, name, event: { sessionId } }: Told): void {
    if (this.#closed.has(manager) || !STILL_HEARD.has(name)) this.#note(manager, sessionId, `it told ${name}`)
  }

  #note(manager: string, sessionId: string | null, what: string): void {
    const end = this.#closed.has(manager) ? 'close' : this.#ends.get(`${manager} ${sessionId ?? ''}`)
    if (end !== undefined) this.#world.violate(4, `after ${end} of ${sessionId ?? 'all'} had resolved, ${what} (${manager})`)
  }

  /** Whether somebody else wants something of this session, so that it need not be quiet. */
  #isBusy({ order }: VerbCall, sessionId: string): boolean {
    return this.#world.calls.some(
      (other) =>
        STARTING_VERBS.has(other.call.verb) &&
        (other.sessionId === null || other.sessionId === sessionId) &&
        other.order !== order &&
        (other.outcome === 'pending' || other.order > order),
    )
  }

  #onEnd(manager: string, sessionId: string, verb: string): void {
    const { backend, managers } = this.#world
    this.#refuseLiveSockets(verb, manager, sessionId)
    if (managers.length > 1) return
    const creds = backend.text(sessionId, 'creds')
    if (verb !== 'stop' && backend.records(sessionId).size > 0) this.#world.violate(4, `records of ${sessionId} are left after ${verb}`)
    if (verb === 'stop' && pairedIdentity(creds) !== null && decodeLifecycle(backend.text(sessionId, 'lifecycle') ?? '')?.desired !== 'stopped') {
      this.#world.violate(4, `stop of ${sessionId} has resolved, and is not remembered`)
    }
  }

  #onClose(call: VerbCall): void {
    const { manager, order } = call
    const { calls, time, backplane, managers } = this.#world
    // What was not finished in time is named in the report; its sockets are given a second more.
    if (notDrainedBy(call)?.length !== 0) return
    this.#refuseLiveSockets('close', manager)
    if (calls.some((other) => other.outcome === 'pending' && other.manager === manager && other.order !== order)) return
    this.#closed.add(manager)
    // Each call that the backend has not answered may keep its deadline, and a look at the repository its grace beside it.
    // The lock of an engine has a deadline of its own for each, and beats until it knows.
    const timersOfOne = this.#world.backend.engine === null ? 2 : 5
    if (managers.length === 1 && time.codeTimers > timersOfOne * backplane.unanswered)
      this.#world.violate(4, `${time.codeTimers} timers are left after close, and ${backplane.unanswered} calls are unanswered`)
  }

  #refuseLiveSockets(verb: string, manager: string, sessionId?: string): void {
    for (const socket of this.#world.sockets) {
      const isMeant = socket.manager === manager && (sessionId === undefined || socket.sessionId === sessionId)
      if (isMeant && socket.fake.endCalls === 0 && !socket.fake.isEnded)
        this.#world.violate(4, `socket ${socket.number} of ${socket.sessionId} is alive after ${verb}`)
    }
  }
}
