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
  /** Claims of which it is unknown whether they were carried out, and until when they can be. */
  readonly #doubts = new Map<string, { readonly sessionId: string; readonly latest: number }>()

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get #engine(): SimulatedEngine {
    return this.#options.engine
  }

  look(sessionId: string): Promise<SimulatedEntry> {
    return this.#ask(() => this.#engine.look(sessionId))
  }

  async claim(sessionId: string, seen: SimulatedEntry, holder: Holder): Promise<number | null> {
    const name = `${this.#options.name} ${this.calls}`
    const latest = this.#options.time.now + CALL_MS
    try {
      return await this.#ask(() => this.#engine.claim(sessionId, seen, holder, name))
    } catch (error) {
      this.#doubts.set(name, { sessionId, latest })
      throw error
    }
  }

  release(lease: LeaseKey, options: ReleaseOptions): Promise<void> {
    return this.#ask(() => this.#engine.release(lease, options))
  }

  async beat(holder: Holder, leases: readonly LeaseKey[]): Promise<boolean> {
    const [isCounted] = await Promise.all([this.#ask(() => this.#engine.beat(holder, leases)), this.#clearDoubts()])
    return isCounted
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

  async #clearDoubts(): Promise<void> {
    for (const [name, { sessionId, latest }] of this.#doubts) {
      const isLanded = this.#options.time.now > latest
      const isDone = await this.#ask(() => this.#engine.takeBack(sessionId, name)).then(
        () => true,
        () => false,
      )
      if (isDone && isLanded) this.#doubts.delete(name)
    }
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
