import type { ApplicationProcess } from './application-process.js'
import { Changes } from './changes.js'

/** The processes of a fleet, and which of them has which session, by their own reports. */
export class Fleet {
  /** What changes here. */
  readonly changes: Changes = new Changes()
  readonly #sessionIds: readonly string[]
  readonly #processes = new Map<string, Pick<ApplicationProcess, 'board'>>()
  readonly #lostAt = new Map<string, number>()
  #outages: number[] = []

  constructor(sessionIds: readonly string[]) {
    this.#sessionIds = sessionIds
  }

  /** A process has started. */
  add(name: string, process: Pick<ApplicationProcess, 'board'>): void {
    this.#processes.set(name, process)
    this.look()
  }

  /** A process has ended. */
  remove(name: string): void {
    this.#processes.delete(name)
    this.look()
  }

  /** Looks who has what now. */
  look(): void {
    const now = Date.now()
    for (const sessionId of this.#sessionIds) {
      if (![...this.#processes.values()].some(({ board }) => board.isConnected(sessionId))) {
        if (!this.#lostAt.has(sessionId)) this.#lostAt.set(sessionId, now)
        continue
      }
      const lostAt = this.#lostAt.get(sessionId)
      if (lostAt !== undefined) this.#outages.push(now - lostAt)
      this.#lostAt.delete(sessionId)
    }
    this.changes.tell()
  }

  /** How many sessions are connected. */
  get connected(): number {
    return this.#sessionIds.length - this.#lostAt.size
  }

  /** How many sessions a process has. */
  countOf(name: string): number {
    return this.#sessionsOf(name).length
  }

  /** Whether all are connected, and no process is further than 15 % from its share. */
  get isBalanced(): boolean {
    const share = this.#sessionIds.length / this.#processes.size
    const isFair = (name: string): boolean => Math.abs(this.countOf(name) - share) <= Math.max(1, 0.15 * share)
    return this.#lostAt.size === 0 && [...this.#processes.keys()].every(isFair)
  }

  /** How long each session was without a socket that has got one again, in milliseconds, shortest first. They are told once. */
  takeOutages(): number[] {
    const outages = this.#outages.sort((a, b) => a - b)
    this.#outages = []
    return outages
  }

  /** A line for each process: how many sessions it has, and which. */
  rows(): string[] {
    return [...this.#processes.keys()].map((name) => {
      const own = new Set(this.#sessionsOf(name))
      const marks = this.#sessionIds.map((sessionId) => (own.has(sessionId) ? '#' : '.')).join('')
      return `  ${name}  ${String(own.size).padStart(2)}  ${marks}`
    })
  }

  /** All of it in a few words. */
  summary(): string {
    const counts = [...this.#processes.keys()].map((name) => `${name} ${this.countOf(name)}`).join(', ')
    return this.#lostAt.size === 0 ? counts : `${counts}, on their way ${this.#lostAt.size}`
  }

  #sessionsOf(name: string): string[] {
    const board = this.#processes.get(name)?.board
    return board === undefined ? [] : this.#sessionIds.filter((sessionId) => board.isConnected(sessionId))
  }
}
