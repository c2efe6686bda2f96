import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { discard } from './atomic-file.js'
import { heartbeatPath } from './lock-state.js'
import { makeFolder } from './make-folder.js'

/** How a heartbeat is kept. */
export interface HeartbeatOptions {
  /** The folder of all heartbeats. */
  folder: string
  /** Names this one. */
  nonce: string
  /** How often it beats. */
  intervalMs: number
  /** After how long without a beat others may take it for dead. */
  staleAfterMs: number
  /** Called when so much time has passed since the last beat that others may have taken over. */
  onLate: () => Promise<void>
}

/** Heartbeats of processes that died are kept this long. */
const KEEP_DEAD_MS = 24 * 60 * 60 * 1000

/**
 * Tells those who cannot see this process that it lives: one file for all its leases, touched for as long as there is a
 * lease. The timer keeps no process alive.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #path: string
  #leases = 0
  #timer: NodeJS.Timeout | undefined
  #lastBeatAt = 0
  #beating: Promise<void> | undefined

  /** Does nothing until the first lease. */
  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#path = heartbeatPath(options.folder, options.nonce)
  }

  /** Counts a lease that is about to be taken. Resolves when there is a beat to be seen. */
  async hold(): Promise<void> {
    this.#leases += 1
    if (this.#isRunning()) return
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs).unref()
    try {
      await makeFolder(this.#options.folder)
      await this.#beat()
      await this.#sweep()
    } catch (error) {
      await this.drop()
      throw error
    }
  }

  /** Counts a lease that ended. With the last one the heart stops. */
  async drop(): Promise<void> {
    this.#leases -= 1
    if (this.#leases > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    // A beat that is under way would put the file back.
    await this.#beating
    if (!this.#isRunning()) await discard(this.#path)
  }

  #isRunning(): boolean {
    return this.#timer !== undefined
  }

  #tick(): void {
    this.#beating ??= this.#beatAndLook().finally(() => {
      this.#beating = undefined
    })
  }

  async #beatAndLook(): Promise<void> {
    const isLate = Date.now() - this.#lastBeatAt > this.#options.staleAfterMs / 2
    // A disk that fails is no loss of a lease: the next beat tries again, and looks whether it came too late.
    await this.#beat().catch(() => undefined)
    if (isLate) await this.#options.onLate().catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const now = Date.now()
    await writeFile(this.#path, `${now}\n`, { mode: 0o600 })
    this.#lastBeatAt = now
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#options.folder)) {
      const path = join(this.#options.folder, name)
      const found = await stat(path).catch(() => null)
      if (found !== null && found.mtimeMs < Date.now() - KEEP_DEAD_MS) await rm(path, { force: true })
    }
  }
}
