import { withDeadline } from '../../../src/async/deadline.js'
import { SessionError } from '../../../src/errors.js'
import type { ClusterChanges, ClusterTable, HolderNote } from '../../../src/lease/cluster-table.js'
import type { Holder } from '../../../src/lease/holder.js'
import type { LeaseKey, LockTable, ReleaseOptions } from '../../../src/lease/lock-table.js'
import type { Dice } from '../world/dice.js'
import type { Generation, SimulatedEngine, SimulatedEntry } from './engine.js'
import type { LinkMood } from './history.js'
import type { ProcessClock, SimulatedTime } from './time.js'

/** How long a call may take. One that is stuck on its way for longer is refused when it arrives. */
const CALL_MS = 4000
const FLAKY = ['healthy', 'healthy', 'slow', 'failing', 'hanging', 'mute'] as const

/** What a link works with. */
export interface LinkOptions {
  readonly name: string
  readonly engine: SimulatedEngine
  readonly time: SimulatedTime
  readonly clock: ProcessClock
  readonly dice: Dice
}

/** One process's way to the engine: every call may be slow, fail, never arrive, or never be answered. */
export class SimulatedLink implements LockTable<SimulatedEntry>, ClusterTable {
  readonly cluster: ClusterTable = this
  mood: LinkMood = 'healthy'
  /** How many calls were made. */
  calls = 0
  readonly #options: LinkOptions

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get #engine(): SimulatedEngine {
    return this.#options.engine
  }

  look(sessionId: string): Promise<SimulatedEntry> {
    return this.#ask(() => this.#engine.look(sessionId))
  }

  claim(sessionId: string, seen: SimulatedEntry, holder: Holder): Promise<number | null> {
    return this.#ask(() => this.#engine.claim(sessionId, seen, holder))
  }

  release(lease: LeaseKey, options: ReleaseOptions): Promise<void> {
    return this.#ask(() => this.#engine.release(lease, options))
  }

  beat(holder: Holder, leases: readonly LeaseKey[]): Promise<boolean> {
    return this.#ask(() => this.#engine.beat(holder, leases))
  }

  now(): Promise<number> {
    // Asked once, and then told by how far it is ahead: no trip.
    return Promise.resolve(this.#engine.now)
  }

  enter(holder: Holder, text: string): Promise<boolean> {
    return this.#ask(() => this.#engine.enter(holder, text))
  }

  leave(nonce: string, options: ReleaseOptions): Promise<void> {
    return this.#ask(() => this.#engine.leave(nonce, options))
  }

  note(lease: LeaseKey, text: string): Promise<void> {
    return this.#ask(() => this.#engine.note(lease, text))
  }

  holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    return this.#ask(() => this.#engine.holdersOf(sessionId))
  }

  changes(cursor: string | null): Promise<ClusterChanges> {
    return this.#ask(() => this.#engine.changes(cursor))
  }

  askToDrain(nonce: string): Promise<boolean> {
    return this.#ask(() => this.#engine.askToDrain(nonce))
  }

  list(): Promise<readonly string[]> {
    return this.#ask(() => this.#engine.sessionIds)
  }

  read(sessionId: string): Promise<Generation> {
    return this.#ask(() => this.#engine.read(sessionId))
  }

  write(sessionId: string, count: number, token: number): Promise<void> {
    return this.#ask(() => this.#engine.write(sessionId, count, token))
  }

  #ask<Answer>(step: () => Answer): Promise<Answer> {
    const { time, clock } = this.#options
    this.calls += 1
    const sentAt = time.now
    const mood = this.mood === 'flaky' ? this.#pick() : this.mood
    const answer = new Promise<Answer>((resolve, reject) => {
      if (mood === 'hanging') return
      const fail = (error: unknown): void => time.inside(clock, () => reject(error instanceof Error ? error : unreachable()))
      time.after(this.#delay(mood), null, () => {
        if (mood === 'failing') {
          fail(unreachable())
          return
        }
        try {
          if (time.now - sentAt > CALL_MS) throw unreachable()
          const result = step()
          const tell = (): void => time.inside(clock, () => resolve(result))
          if (mood === 'slow') time.after(this.#delay(mood), null, tell)
          else if (mood !== 'mute') tell()
        } catch (error) {
          if (mood !== 'mute') fail(error)
        }
      })
    })
    return withDeadline(answer, CALL_MS, unreachable)
  }

  #pick(): LinkMood {
    const { dice, name } = this.#options
    return dice.pick(`${name} flaky`, FLAKY)
  }

  #delay(mood: LinkMood): number {
    const { dice, name } = this.#options
    if (mood === 'slow') return dice.between(`${name} slow`, 0, 2500)
    return 1
  }
}

function unreachable(): Error {
  return new SessionError('STORE_UNAVAILABLE', 'The engine cannot be reached.')
}
