import type { Landing, Observer, SimulatedSocket, StoreCall, Told, VerbCall } from './observer.js'
import type { World } from './world/world.js'

/** Tells everything that happens, a line each, for somebody who looks for the reason of a violation. */
export class Trace implements Observer {
  readonly #world: World
  readonly #write: (line: string) => void

  constructor(world: World, write: (line: string) => void) {
    this.#world = world
    this.#write = write
  }

  called({ manager, sessionId, call, order }: VerbCall): void {
    this.#say(manager, sessionId, `call ${order}: ${JSON.stringify(call)}`)
  }

  settled({ manager, sessionId, call, order, outcome, value }: VerbCall): void {
    this.#say(manager, sessionId, `call ${order}: ${call.verb} ${outcome} ${brief(value)}`)
  }

  issued(call: StoreCall): void {
    this.#say(call.manager, call.sessionId, `asks the store: ${describe(call)}`)
  }

  landed({ call }: Landing): void {
    this.#say(call.manager, call.sessionId, `landed, after ${this.#world.time.elapsedMs - call.issuedAtMs} ms: ${describe(call)}`)
  }

  admitted(manager: string, sessionId: string): void {
    this.#say(manager, sessionId, 'may dial')
  }

  dialled({ manager, sessionId, number, fencingToken, fake }: SimulatedSocket): void {
    this.#say(
      manager,
      sessionId,
      `dials: socket ${number}, token ${fencingToken ?? 'none'}, ${fake.authState.creds.account === undefined ? 'unpaired' : 'paired'}`,
    )
  }

  signalled({ manager, sessionId, number, fake }: SimulatedSocket): void {
    this.#say(manager, sessionId, `something happens to socket ${number}${fake.isEnded ? ', which has ended' : ''}`)
  }

  torn(manager: string, sessionId: string, how: string): void {
    this.#say(manager, sessionId, `its lease is lost: ${how}`)
  }

  wiped(sessionId: string): void {
    this.#say('*', sessionId, 'all that is stored is removed')
  }

  told({ manager, name, event }: Told): void {
    this.#say(manager, event.sessionId, `tells ${name} ${name === 'socket' ? '' : brief(event)}`)
  }

  #say(manager: string, sessionId: string | null, what: string): void {
    this.#write(`${(this.#world.time.elapsedMs / 1000).toFixed(3)} ${manager} ${sessionId ?? '*'} ${what}`)
  }
}

function describe({ verb, changes, fencingToken }: StoreCall): string {
  return `${verb} ${changes.map(({ type, id }) => `${type}/${id}`).join(' ')} ${fencingToken === undefined ? '' : `token ${fencingToken}`}`.trim()
}

function brief(value: unknown): string {
  if (value instanceof Error) return `${'code' in value ? String(value.code) : value.name}: ${value.message}`
  if (typeof value !== 'object' || value === null) return String(value)
  const facts = ['status', 'reason', 'previous', 'outcome', 'cause', 'nextRetryAt', 'owner', 'unlinked', 'closed', 'notDrained', 'error'] as const
  return facts.flatMap((name) => (name in value ? [`${name} ${shown(Reflect.get(value, name))}`] : [])).join(', ')
}

function shown(value: unknown): string {
  return value instanceof Error ? brief(value) : JSON.stringify(value)
}
