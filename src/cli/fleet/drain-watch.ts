import type { Fleet, FleetProcess } from './fleet.js'

/** How far a drain has come. */
export interface DrainProgress {
  /** How many sessions the process still holds. */
  readonly held: number
  /** Those that it has held, and that no process holds now. */
  readonly nowhere: readonly string[]
  /** How many sessions it has held since it was asked. */
  readonly total: number
  /** Whether there is nothing more to wait for. */
  readonly isOver: boolean
}

/** How long a drain may take. */
export interface DrainLimits {
  /** After how long nobody waits any more. */
  readonly timeoutMs: number
}

/** The successor of a session takes its lock at once. Where it is gone, another one takes the session within seconds. */
const SETTLE_MS = 10_000

/** Judges looks at a fleet in which a process hands its sessions over. */
export class DrainWatch {
  readonly #processId: string
  readonly #endsAt: number
  readonly #seen: Set<string>
  #settlesAt = Infinity

  /** Begins at a time, with the process as it was seen when it was asked. */
  constructor({ id, sessionIds }: FleetProcess, { timeoutMs }: DrainLimits, now: number) {
    this.#processId = id
    this.#endsAt = now + timeoutMs
    this.#seen = new Set(sessionIds)
  }

  /** Judges a look. */
  see({ processes, holdings }: Fleet, now: number): DrainProgress {
    const held = processes.find(({ id }) => id === this.#processId)?.sessionIds ?? []
    for (const sessionId of held) this.#seen.add(sessionId)
    const nowhere = [...this.#seen].filter((sessionId) => !holdings.has(sessionId)).sort()
    this.#settlesAt = held.length > 0 ? Infinity : Math.min(this.#settlesAt, now + SETTLE_MS)
    const isSettled = held.length === 0 && (nowhere.length === 0 || now >= this.#settlesAt)
    return { held: held.length, nowhere, total: this.#seen.size, isOver: isSettled || now >= this.#endsAt }
  }
}
