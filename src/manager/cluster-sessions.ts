import type { ClusterSessions, RunningSession, TakeOutcome } from '../cluster/cluster-ports.js'
import type { SessionRegistry } from './session-registry.js'
import type { RestoreResult } from './restore-report.js'
import type { SessionRestorer } from './session-restorer.js'
import type { StatusLookup } from './status-lookup.js'

/** What the sessions of a cluster are made from. */
export interface ManagedSessionsOptions {
  readonly registry: SessionRegistry
  readonly lookup: StatusLookup
  readonly restorer: SessionRestorer
  /** Every session that is stored. */
  readonly list: () => Promise<readonly string[]>
  /** Tells the others where a session stands. */
  readonly note: (sessionId: string) => void
  /** Tells them again what they could not be told. */
  readonly retryNotes: () => void
}

/** The sessions of a manager, as its cluster sees them. */
export class ManagedSessions implements ClusterSessions {
  readonly #options: ManagedSessionsOptions
  /** How many callers are about to start each session. */
  readonly #starting = new Map<string, number>()

  constructor(options: ManagedSessionsOptions) {
    this.#options = options
  }

  list(): Promise<readonly string[]> {
    return this.#options.list()
  }

  running(): readonly RunningSession[] {
    // A snapshot is made only of those that are looked at: they are counted much more often.
    return this.#options.registry.all().filter(({ isRunning }) => isRunning)
  }

  startingBeside(sessionId: string | null): number {
    return [...this.#starting.keys()].filter((other) => other !== sessionId && !this.isRunning(other)).length
  }

  /** Works for a caller who may start a session, which has a place here meanwhile. */
  async start<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    this.#starting.set(sessionId, (this.#starting.get(sessionId) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#starting.get(sessionId) ?? 1) - 1
      if (left > 0) this.#starting.set(sessionId, left)
      else this.#starting.delete(sessionId)
    }
  }

  isRunning(sessionId: string): boolean {
    return this.#options.registry.find(sessionId)?.isRunning === true
  }

  /** Resolves when its first dial has ended, in whatever way: until then it takes up what this process can dial. */
  async take(sessionId: string, isHurried: boolean): Promise<TakeOutcome> {
    const { lookup, restorer } = this.#options
    try {
      const found = await lookup.look(sessionId)
      if (found.owner !== null) return 'held'
      if (found.decision.action === 'probe') return 'unknown'
      if (restorer.resultAtRest(found) !== null) return 'unwanted'
      return await new Promise<TakeOutcome>((resolve, reject) => {
        const wish = { found, onWaiting: () => resolve('running') }
        restorer.restore(sessionId, isHurried ? 'poll' : 'bulk', wish).then((result) => resolve(outcomeOf(result)), reject)
      })
    } catch {
      // The store, or the manager is being closed: whoever asks next is told.
      return 'unknown'
    }
  }

  async handOver(sessionId: string): Promise<boolean> {
    const { registry } = this.#options
    const isDrained = await registry.find(sessionId)?.handOver()
    registry.forget(sessionId)
    return isDrained ?? true
  }

  retellFailed(): void {
    this.#options.retryNotes()
  }

  renote(sessionId: string): void {
    this.#options.note(sessionId)
  }

  resume(): void {
    for (const session of this.#options.registry.all()) {
      const { status, reason } = session.snapshot
      if (status === 'reconnecting' && reason === 'storage_unavailable' && !session.isClosing) session.beginRestore('reconnect')
    }
  }
}

function outcomeOf({ outcome, reason }: RestoreResult): TakeOutcome {
  if (outcome !== 'skipped') return outcome === 'failed' ? 'unwanted' : 'running'
  return reason === 'owned_elsewhere' || reason === 'waiting_for_capacity' ? 'held' : 'unwanted'
}
