import { LeaseLock } from '../../lease/lease-lock.js'
import type { SessionLease } from '../../lease/session-lock.js'
import { type FileLockEntry, FileLockTable } from './file-lock-table.js'
import { TokenFiles } from './token-files.js'

/** How long to wait for others. Each holds it for as long as one file takes to be read and replaced. */
const PATIENCE_MS = 30_000
const LONGEST_WAIT_MS = 50

/** The one lock in its folder. */
const LOCK = 'mutex'

/** Lets one of all objects in all processes at a file at a time, for a moment. */
export class FileMutex {
  readonly #folder: string
  readonly #tokens: TokenFiles
  readonly #lock: LeaseLock<FileLockEntry>

  /** Takes the folder of the lock; it is made on first use. */
  constructor(folder: string) {
    this.#folder = folder
    this.#tokens = new TokenFiles(folder)
    const place = { tokens: this.#tokens, olderTokens: null }
    this.#lock = new LeaseLock({ table: new FileLockTable({ folder, placeOf: async () => place, heartbeats: null }), beatIntervalMs: null })
  }

  /**
   * Runs `work` while nobody else does. It is given a function that rejects when somebody took it for dead and went on
   * without it; to be called right before a change is made.
   */
  async run<Result>(work: (assertStillMine: () => Promise<void>) => Promise<Result>): Promise<Result> {
    const lease = await this.#acquire()
    const assertStillMine = async (): Promise<void> => {
      if ((await this.#tokens.newest()).token !== lease.fencingToken) throw new Error('another process took the lock over')
    }
    try {
      return await work(assertStillMine)
    } finally {
      await lease.release()
    }
  }

  async #acquire(): Promise<SessionLease> {
    const deadline = performance.now() + PATIENCE_MS
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const lease = await this.#lock.acquire(LOCK)
      if (lease !== null) return lease
      if (performance.now() > deadline) throw new Error(`${await this.#lock.owner(LOCK) ?? 'another process'} has held the lock in ${this.#folder} for ${PATIENCE_MS / 1000} s`)
      await new Promise(resolve => setTimeout(resolve, waitMs * (0.5 + Math.random())))
    }
  }
}
