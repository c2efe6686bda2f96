import type { LivingHolder } from './lock-table.js'

/** What a watch works with. */
export interface FreeWatchOptions {
  /** Every holder whose leases have not ended. */
  readonly living: () => Promise<readonly LivingHolder[]>
  /** Whether a lock is free, and the nonces of those who may hold it. */
  readonly look: (sessionId: string) => Promise<{ readonly isFree: boolean; readonly nonces: readonly string[] }>
}

interface Wait {
  readonly sessionId: string
  readonly onFree: () => void
  /** Who was seen to hold the lock, with the releases of each then; `null` before the first look. */
  seen: ReadonlyMap<string, number> | null
}

/** How often the holders are asked for. */
const INTERVAL_MS = 1000
/** After how long a question that was not answered is asked again. */
const PATIENCE_MS = 15_000

/**
 * Waits for any number of locks to become free, by one question a second: who lives? Only the locks of those who are gone, or have given
 * something back, are looked at. The timer keeps no process alive.
 */
export class FreeWatch {
  readonly #options: FreeWatchOptions
  readonly #waits = new Set<Wait>()
  #timer: NodeJS.Timeout | undefined
  /** When the question under way was asked. */
  #askedAt: number | null = null

  /** Asks nothing until somebody waits. */
  constructor(options: FreeWatchOptions) {
    this.#options = options
  }

  /** Calls back once, when the lock of a session is free. Returns what ends the wait. */
  add(sessionId: string, onFree: () => void): () => void {
    const wait: Wait = { sessionId, onFree, seen: null }
    this.#waits.add(wait)
    this.#timer ??= setInterval(() => void this.#ask(), INTERVAL_MS).unref()
    return () => this.#remove(wait)
  }

  /** Ends all waits. */
  close(): void {
    for (const wait of this.#waits) this.#remove(wait)
  }

  #remove(wait: Wait): void {
    this.#waits.delete(wait)
    if (this.#waits.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #ask(): Promise<void> {
    const now = performance.now()
    if (this.#askedAt !== null && now - this.#askedAt < PATIENCE_MS) return
    this.#askedAt = now
    try {
      const living = new Map((await this.#options.living()).map(({ nonce, releases }) => [nonce, releases]))
      await Promise.all([...this.#waits].filter((wait) => isDue(wait, living)).map((wait) => this.#look(wait, living)))
    } catch {
      // An engine that cannot be asked says nothing about anybody: the next question may be answered.
    } finally {
      if (this.#askedAt === now) this.#askedAt = null
    }
  }

  async #look(wait: Wait, living: ReadonlyMap<string, number>): Promise<void> {
    const { isFree, nonces } = await this.#options.look(wait.sessionId)
    if (!this.#waits.has(wait)) return
    // Counted before the look: what was given back since makes it due again.
    wait.seen = new Map(nonces.map((nonce) => [nonce, living.get(nonce) ?? 0]))
    if (!isFree) return
    this.#remove(wait)
    wait.onFree()
  }
}

function isDue({ seen }: Wait, living: ReadonlyMap<string, number>): boolean {
  return seen === null || seen.size === 0 || [...seen].some(([nonce, releases]) => living.get(nonce) !== releases)
}
