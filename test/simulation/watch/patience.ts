import { encodeAuthValue } from '../../../src/auth/auth-codec.js'
import type { Observer, Told, VerbCall } from '../observer.js'
import type { World } from '../world/world.js'

/** 7. A store that hangs, fails or is slow delays its own session, says so, and never deafens it for good. */
export class Patience implements Observer {
  readonly #world: World
  /** Sessions that a backend has ever been bad to. */
  readonly #harmed = new Set<string>()
  #isAllHarmed = false
  /** The last status told, by `manager session`. */
  readonly #last = new Map<string, { status: string; reason: string | null }>()

  /** When the last error was told, by `manager session`. */
  readonly #errorsAtMs = new Map<string, number>()

  constructor(world: World) {
    this.#world = world
  }

  moodChanged(sessionId: string | null): void {
    if (sessionId === null) this.#isAllHarmed = true
    else this.#harmed.add(sessionId)
  }

  told({ manager, name, event }: Told): void {
    const key = `${manager} ${event.sessionId ?? ''}`
    if (name === 'error') this.#errorsAtMs.set(key, this.#world.time.elapsedMs)
    if (name !== 'status') return
    this.#last.set(key, { status: event.status, reason: event.reason })
    const isHeldUp = event.reason === 'storage_unavailable' && event.nextRetryAt !== undefined
    if (isHeldUp && this.#errorsAtMs.get(key) !== this.#world.time.elapsedMs) this.#world.violate(7, `the store holds ${key} up, and no error says why`)
  }

  stepped(): void {
    const { time } = this.#world
    for (const call of this.#world.calls) {
      if (call.outcome === 'pending' && call.calledAtMs < time.elapsedMs && this.#isAnsweredAtOnce(call)) {
        this.#world.violate(7, `getStatus of ${call.sessionId ?? ''} waits, and only other sessions are in trouble`)
      }
    }
  }

  healed(): void {
    for (const { name } of this.#world.managers) {
      if (this.#world.isClosing(name)) continue
      for (const sessionId of this.#world.sessionIds) this.#checkHealed(name, sessionId)
    }
  }

  #isAnsweredAtOnce({ call, sessionId }: VerbCall): boolean {
    return call.verb === 'getStatus' && !this.#isAllHarmed && sessionId !== null && !this.#harmed.has(sessionId)
  }

  #checkHealed(manager: string, sessionId: string): void {
    const last = this.#last.get(`${manager} ${sessionId}`)
    if (last === undefined) return
    if (last.status === 'connecting' || last.status === 'reconnecting') {
      this.#world.violate(7, `${manager} says that ${sessionId} is ${last.status} (${last.reason ?? ''}), half an hour after all was well`)
    }
    const holder = this.#world.backend.holder(sessionId)?.owner ?? manager
    if (last.reason === 'owned_elsewhere' && holder === manager)
      this.#world.violate(7, `${manager} waits for the lock of ${sessionId}, which nobody else holds, half an hour after all was well`)
    if (last.status !== 'connected') return
    const socket = this.#world.newestSocket(sessionId, manager)
    // One that ended without a word writes nothing more: what was removed stays removed.
    if (socket?.fake.isEnded === true && this.#world.wiped.has(sessionId)) return
    if (socket === undefined || this.#world.backend.text(sessionId, 'creds') !== encodeAuthValue(socket.fake.authState.creds)) {
      this.#world.violate(7, `${sessionId} is connected, and what its socket writes is not stored`)
    }
  }
}
