import type { ClusterTable, ProcessEntry } from './cluster-table.js'
import type { Heartbeat } from './heartbeat.js'
import { type Holder, parseHolder } from './holder.js'
import type { ClusterFollower, ClusterNews, ClusterProcess, LockCluster, LockHolding } from './lock-cluster.js'
import type { HolderSign, LeaseKey } from './lock-table.js'

/** What a cluster on leases works with. */
export interface LeaseClusterOptions {
  table: ClusterTable
  /** Beats for as long as this process is a member. */
  heartbeat: Heartbeat
  /** Under which name this process holds its leases now. */
  self: () => Promise<Holder>
  /** Whether a holder lives. */
  lives: (sign: HolderSign) => Promise<boolean>
  /** The lease of a session, if it is held here. */
  leaseOf: (sessionId: string) => LeaseKey | undefined
  /** Throws once the lock is closed. */
  assertOpen: () => void
}

/** The cluster of any lock whose table keeps what its processes say. */
export class LeaseCluster implements LockCluster {
  readonly #options: LeaseClusterOptions
  /** Counts as a lease: the heart beats for it. */
  readonly #membership = {}
  /** Under which nonce this process has entered. */
  #entered: string | null = null

  constructor(options: LeaseClusterOptions) {
    this.#options = options
  }

  async announce(text: string): Promise<void> {
    const { table, heartbeat, self, assertOpen } = this.#options
    assertOpen()
    const holder = await self()
    await heartbeat.hold(this.#membership)
    try {
      if (await table.enter(holder, text)) {
        this.#entered = holder.nonce
        return
      }
    } catch (error) {
      // A member stays one, with what it said before.
      if (this.#entered !== holder.nonce) heartbeat.drop(this.#membership)
      throw error
    }
    // The engine has ended all that was held under this name: the next announcement is made under another.
    heartbeat.lapse()
    await this.announce(text)
  }

  async leave(): Promise<void> {
    const { table, heartbeat } = this.#options
    const nonce = this.#entered
    if (nonce === null) return
    await heartbeat.part(this.#membership, (isLast) => table.leave(nonce, { isLast }))
    this.#entered = null
  }

  async note(sessionId: string, fencingToken: number, text: string): Promise<void> {
    const { table, leaseOf, assertOpen } = this.#options
    assertOpen()
    const lease = leaseOf(sessionId)
    if (lease?.token === fencingToken) await table.note(lease, text)
  }

  async holding(sessionId: string): Promise<LockHolding | null> {
    const { table, self, lives, leaseOf, assertOpen } = this.#options
    assertOpen()
    const { nonce } = await self()
    for (const holder of await table.holdersOf(sessionId)) {
      const process = toProcess(holder.process, nonce)
      // A claim of this process whose answer was lost holds nothing.
      const isVain = process.isSelf && leaseOf(sessionId) === undefined
      if (!isVain && (await lives(holder.process))) return { process, text: holder.note }
    }
    return null
  }

  follow(): ClusterFollower {
    let cursor: string | null = null
    return {
      next: async () => {
        const changes = await this.#options.table.changes(cursor)
        const news = await this.#judge(changes.processes)
        cursor = changes.cursor
        return {
          isComplete: changes.isComplete,
          processes: news,
          locks: changes.locks.map(({ sessionId, nonce, note }) => ({ sessionId, processId: nonce, text: note })),
        }
      },
    }
  }

  async askToDrain(processId: string): Promise<boolean> {
    this.#options.assertOpen()
    return this.#options.table.askToDrain(processId)
  }

  async #judge(entries: readonly ProcessEntry[]): Promise<ClusterNews['processes']> {
    const { nonce } = await this.#options.self()
    const living = await Promise.all(entries.map(async (entry) => ((await this.#options.lives(entry)) ? [toProcess(entry, nonce)] : [])))
    return living.flat()
  }
}

function toProcess({ text, entered, isAskedToDrain, leaseLeftMs }: ProcessEntry, self: string): ClusterProcess {
  const holder = parseHolder(text)
  const id = holder?.nonce ?? ''
  return { id, owner: holder?.owner ?? 'a process that did not give its name', text: entered, isSelf: id === self, isAskedToDrain, leaseLeftMs }
}
