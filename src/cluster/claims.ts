import type { ClusterSessions } from './cluster-ports.js'
import type { ViewChanges } from './cluster-view.js'
import { type PlacementMember, takersAmong } from './placement.js'
import { UnheldSessions } from './unheld-sessions.js'

/** What claiming works with. */
export interface ClaimsOptions {
  readonly sessions: Pick<ClusterSessions, 'isRunning' | 'take'>
  /** How many sessions may be on their way to a socket at once. */
  readonly limit: number
}

/** Takes this process's share of the sessions that nobody holds, no faster than it can dial them. */
export class Claims {
  readonly #options: ClaimsOptions
  readonly #unheld = new UnheldSessions(Math.random)
  readonly #underWay = new Set<string>()
  #takerOf: (sessionId: string) => string | null = () => null
  /** Which members are open, in a text that changes with them. */
  #openMembers = ''
  #version = 0

  constructor(options: ClaimsOptions) {
    this.#options = options
  }

  /** How many sessions were taken that do not run yet, beside the one that asks. */
  pendingBeside(sessionId: string | null): number {
    return [...this.#underWay].filter((other) => other !== sessionId && !this.#options.sessions.isRunning(other)).length
  }

  /** Whether no session is being taken. */
  get isIdle(): boolean {
    return this.#underWay.size === 0
  }

  /** Takes in what changed. `isAwaited`: whether a member is ready for a session that it was offered. */
  see(changes: ViewChanges, now: number, isAwaited: (sessionId: string) => boolean): void {
    for (const { sessionId, before, after } of changes.sessions) {
      if (after !== null) this.#unheld.remove(sessionId)
      // An offer that was taken up between two looks was never seen.
      else this.#unheld.add(sessionId, now, (before?.standing?.offeredTo ?? null) !== null || isAwaited(sessionId))
    }
  }

  /** Takes in a session that nobody seems to hold. */
  consider(sessionId: string, now: number): void {
    this.#unheld.add(sessionId, now)
  }

  /** Goes by these members from now on. */
  goBy(members: readonly PlacementMember[]): void {
    const openMembers = JSON.stringify(members.filter(({ isOpen, room }) => isOpen && room > 0).map(({ id, weight }) => [id, weight]))
    if (openMembers === this.#openMembers) return
    this.#openMembers = openMembers
    this.#version += 1
    this.#takerOf = takersAmong(members)
  }

  /** Who is to take a session that nobody holds; `null` when no member has room. */
  takerOf(sessionId: string): string | null {
    return this.#takerOf(sessionId)
  }

  /** Takes what is due. `hasRoom` is asked before each. */
  step(self: string, now: number, hasRoom: () => boolean): void {
    if (this.#unheld.size === 0) return
    for (const sessionId of this.#unheld.due(self, now, this.#version, this.#takerOf)) {
      if (this.#underWay.size >= this.#options.limit || !hasRoom()) return
      if (!this.#underWay.has(sessionId)) void this.take(sessionId, false)
    }
  }

  /** Takes one session. Resolves when that has ended, in whatever way. */
  async take(sessionId: string, isHurried: boolean): Promise<void> {
    this.#underWay.add(sessionId)
    const outcome = await this.#options.sessions.take(sessionId, isHurried)
    this.#underWay.delete(sessionId)
    if (outcome === 'held') this.#unheld.postpone(sessionId, performance.now())
    else if (outcome === 'unknown') this.#unheld.retryLater(sessionId, performance.now())
    else this.#unheld.remove(sessionId)
  }
}
