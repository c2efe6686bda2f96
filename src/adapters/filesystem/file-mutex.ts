import { randomBytes } from 'node:crypto'
import { ownerName } from '../../ownership/process-lock.js'
import { describeHolder } from '../../ownership/holder-identity.js'
import { type LockObserver, lookAtLock } from './lock-state.js'
import { TokenFiles } from './token-files.js'

/** How long to wait for others. Each holds it for as long as one file takes to be read and replaced. */
const PATIENCE_MS = 30_000
/** A holder that cannot be seen from here and died in the middle holds the others up for this long. */
const STALE_AFTER_MS = 60_000
const LONGEST_WAIT_MS = 50

/** Lets one of all objects in all processes at a file at a time, for a moment. */
export class FileMutex {
  readonly #folder: string
  readonly #tokens: TokenFiles
  readonly #nonce = randomBytes(16).toString('hex')
  #observer: LockObserver | undefined

  /** Takes the folder of the lock; it is made on first use. */
  constructor(folder: string) {
    this.#folder = folder
    this.#tokens = new TokenFiles(folder)
  }

  /**
   * Runs `work` while nobody else does. It is given a function that rejects when somebody took it for dead and went on
   * without it; to be called right before a change is made.
   */
  async run<Result>(work: (assertStillMine: () => Promise<void>) => Promise<Result>): Promise<Result> {
    const token = await this.#acquire()
    const assertStillMine = async (): Promise<void> => {
      if ((await this.#tokens.newest()).token !== token) throw new Error('another process took the lock over')
    }
    try {
      return await work(assertStillMine)
    } finally {
      await this.#tokens.release(token)
    }
  }

  async #acquire(): Promise<number> {
    const observer = await this.#observe()
    const deadline = Date.now() + PATIENCE_MS
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const { token, owner } = await lookAtLock(this.#tokens, observer)
      if (owner === null && (await this.#tokens.claim(token + 1, JSON.stringify(observer.self)))) return token + 1
      if (Date.now() > deadline) throw new Error(`${owner ?? 'another process'} has held the lock in ${this.#folder} for ${PATIENCE_MS / 1000} s`)
      await new Promise(resolve => setTimeout(resolve, waitMs * (0.5 + Math.random())))
    }
  }

  async #observe(): Promise<LockObserver> {
    this.#observer ??= {
      self: await describeHolder(ownerName(this.#nonce), this.#nonce),
      folder: this.#folder,
      staleAfterMs: STALE_AFTER_MS,
    }
    return this.#observer
  }
}
