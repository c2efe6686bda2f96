import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { ClusterFollower, ClusterNews, ClusterProcess, LockCluster } from '../../../lease/lock-cluster.js'

/** An engine may tell a change a moment later, and a suite cannot wait for ever. */
const ROUNDS = 400
const ROUND_MS = 25

/** What a process has told of a lock, as its follower knows it. */
export interface WatchedLock {
  readonly processId: string | null
  readonly text: string | null
}

/** Follows a cluster, and knows how it is by the news so far. */
export class ClusterWatch {
  readonly #follower: ClusterFollower
  readonly #locks = new Map<string, WatchedLock>()
  #processes: readonly ClusterProcess[] = []

  constructor(cluster: LockCluster) {
    this.#follower = cluster.follow()
  }

  /** Every process that is there. */
  get processes(): readonly ClusterProcess[] {
    return this.#processes
  }

  /** What is known of a lock. One whose holder is gone is free. */
  lockOf(sessionId: string): WatchedLock {
    const lock = this.#locks.get(sessionId)
    const isThere = this.#processes.some(({ id }) => id === lock?.processId)
    return lock === undefined || !isThere ? { processId: null, text: null } : lock
  }

  /** The names and texts of the processes that have announced themselves. */
  get announced(): readonly (string | null)[] {
    return this.#processes.map(({ text }) => text).filter((text) => text !== null)
  }

  /** Takes in the next news. */
  async next(): Promise<ClusterNews> {
    const news = await this.#follower.next()
    if (news.isComplete) this.#locks.clear()
    for (const { sessionId, processId, text } of news.locks) this.#locks.set(sessionId, { processId, text })
    this.#processes = news.processes
    return news
  }

  /** Takes in news until what they say is what is expected; compares the last when it never is. Resolves with all news that it took. */
  async until<Value>(read: () => Value, expected: Value): Promise<readonly ClusterNews[]> {
    const taken: ClusterNews[] = []
    for (let round = 0; round < ROUNDS; round++) {
      taken.push(await this.next())
      if (isDeepStrictEqual(read(), expected)) return taken
      await new Promise((resolve) => {
        setTimeout(resolve, ROUND_MS)
      })
    }
    assert.deepEqual(read(), expected)
    return taken
  }
}
