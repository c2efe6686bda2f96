import type { Observer, SimulatedSocket, StoreCall, Told, VerbCall } from '../observer.js'
import { UNKNOWN_ID, type World } from '../world/world.js'
import { STARTING_VERBS } from './starting-verbs.js'

/** How long the work goes on, at the longest, that a caller has asked for and no longer waits for: a few calls to slow backends. */
const ASKED_FOR_MS = 60_000

/** Calls of `getStatus` on a session with which nothing else is going on. */
interface Look {
  readonly manager: string
  readonly sessionId: string
  readonly atMs: number
  mayRestore: boolean
  /** Whether the session stood by, and started in the same moment while nobody else had its lock: it looks for itself then. */
  takesOver: boolean
  reads: number
  acquires: number
}

/**
 * 8. `getStatus` does no more than one store look-up, shared by concurrent callers, and starts at most one restore; it never revives
 * `failed`, `logged_out` or `stopped`, and makes no object for an unknown id.
 */
export class ModestStatus implements Observer {
  readonly #world: World
  #looks: Look[] = []
  /** What a session rests in at a manager, and whether somebody has asked for it since. */
  readonly #resting = new Map<string, string>()
  readonly #busy = new Map<string, boolean>()
  readonly #standingBy = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  called({ call, manager, sessionId, order }: VerbCall): void {
    if (call.verb !== 'getStatus') this.#looks = this.#looks.filter((look) => look.manager !== manager || (sessionId !== null && look.sessionId !== sessionId))
    if (STARTING_VERBS.has(call.verb)) {
      for (const name of this.#world.managers.map((each) => each.name)) {
        for (const id of sessionId === null ? this.#world.sessionIds : [sessionId]) this.#resting.delete(`${name} ${id}`)
      }
    }
    if (call.verb !== 'getStatus' || sessionId === null || this.#busy.get(`${manager} ${sessionId}`) === true) return
    const known = this.#looks.find((look) => look.manager === manager && look.sessionId === sessionId)
    if (known !== undefined) known.mayRestore ||= call.restore
    else if (this.#world.pending(manager, sessionId).every((other) => other.order === order)) {
      this.#looks.push({ manager, sessionId, atMs: this.#world.time.elapsedMs, mayRestore: call.restore, takesOver: false, reads: 0, acquires: 0 })
    }
  }

  issued({ manager, sessionId, verb, isLook }: StoreCall): void {
    if (sessionId === UNKNOWN_ID && verb !== 'read' && verb !== 'owner') this.#world.violate(8, `getStatus of an unknown id led to ${verb}`)
    for (const look of this.#looks) {
      if (look.manager !== manager || look.sessionId !== sessionId || look.atMs !== this.#world.time.elapsedMs) continue
      if (isLook) look.reads += 1
      if (verb === 'acquire') look.acquires += 1
      if (look.reads > mostReads(look)) this.#world.violate(8, `getStatus of ${sessionId} looked at the store ${look.reads} times`)
      if (look.acquires > (look.mayRestore || look.takesOver ? 1 : 0)) this.#world.violate(8, `getStatus of ${sessionId} started ${look.acquires} restores`)
    }
  }

  dialled({ manager, sessionId }: SimulatedSocket): void {
    this.#looks = this.#looks.filter((look) => look.manager !== manager || look.sessionId !== sessionId)
  }

  told({ manager, name, event }: Told): void {
    if (name !== 'status') return
    const key = `${manager} ${event.sessionId}`
    if (event.status === 'connecting' && this.#standingBy.has(key)) this.#noteStart(manager, event.sessionId)
    if (event.reason === 'owned_elsewhere') this.#standingBy.add(key)
    else this.#standingBy.delete(key)
    this.#busy.set(key, event.status !== 'disconnected' && event.status !== 'failed' && event.status !== 'logged_out')
    const rested = this.#resting.get(key)
    if (rested !== undefined && event.status === 'connecting' && !this.#isStillAsked(event.sessionId))
      this.#world.violate(8, `${manager} revived ${event.sessionId}, which was ${rested}, and nobody had asked for it`)
    this.#resting.delete(key)
    const rests = event.status === 'failed' || event.status === 'logged_out' || event.reason === 'stopped'
    const isWanted = this.#world.managers.some((each) => this.#world.pending(each.name, event.sessionId).some(({ call }) => STARTING_VERBS.has(call.verb)))
    if (rests && !isWanted) this.#resting.set(key, event.reason ?? event.status)
  }

  /** A session that stood by starts. Unless somebody else still has its lock, it may have seen by itself that nobody has. */
  #noteStart(manager: string, sessionId: string): void {
    const owner = this.#world.backend.holder(sessionId)?.owner ?? manager
    if (owner !== manager) return
    for (const look of this.#looks) if (look.manager === manager && look.sessionId === sessionId) look.takesOver = true
  }

  /** A caller who gave up does not take back what was asked: the work that others may share goes on. */
  #isStillAsked(sessionId: string): boolean {
    const { calls, time } = this.#world
    return calls.some(
      ({ call, sessionId: of, calledAtMs }) =>
        (of === null || of === sessionId) && 'abortAfterMs' in call && call.abortAfterMs !== null && time.elapsedMs - calledAtMs < ASKED_FOR_MS,
    )
  }

  settled({ call, outcome, value }: VerbCall): void {
    if (call.verb !== 'getStatuses' || outcome !== 'resolved' || !Array.isArray(value)) return
    const isListed = value.some((status: unknown) => typeof status === 'object' && status !== null && 'sessionId' in status && status.sessionId === UNKNOWN_ID)
    if (isListed) this.#world.violate(8, 'getStatuses lists an id that is unknown')
  }

  stepped(): void {
    this.#looks = []
  }
}

/** The look itself; then a takeover looks before and after it takes the lock, and any other restore after that. */
function mostReads({ mayRestore, takesOver }: Look): number {
  if (takesOver) return 3
  return mayRestore ? 2 : 1
}
