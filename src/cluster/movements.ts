import type { ViewedChange } from './cluster-view.js'

/** How often a session was handed over lately, and when last. */
export interface Movement {
  readonly moves: number
  readonly movedAt: Date | null
}

/** After how long without a hand-over the earlier ones do not count any more. */
export const FORGET_MOVES_MS: number = 10 * 60_000

const NEVER: Movement = { moves: 0, movedAt: null }

/** Counts how often the sessions of this process were handed over: whoever gives one away goes by it, so that none is sent round. */
export class Movements {
  readonly #movements = new Map<string, Movement>()

  /** The hand-overs of a session that runs here. */
  of(sessionId: string): Movement {
    const movement = this.#movements.get(sessionId) ?? NEVER
    return movement.movedAt !== null && Date.now() - movement.movedAt.getTime() < FORGET_MOVES_MS ? movement : NEVER
  }

  /** Takes in what changed of a session: one that was given back for this process has moved once more. */
  see({ sessionId, before, after }: ViewedChange, self: string): void {
    if (after !== null && after.process.id !== self) this.#movements.delete(sessionId)
    const given = after === null ? before?.standing : undefined
    if (given?.offeredTo !== self) return
    const { moves, movedAt } = given
    const isRecent = movedAt !== null && Date.now() - movedAt.getTime() < FORGET_MOVES_MS
    this.#movements.set(sessionId, { moves: (isRecent ? moves : 0) + 1, movedAt: new Date() })
  }
}
