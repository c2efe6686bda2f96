import { constants } from 'node:fs'
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

/** Written over, and never cut: the files of the tokens are links to it, and must be whole for whoever looks at them. */
const OVERWRITE = constants.O_WRONLY | constants.O_CREAT

/**
 * Tells those who cannot see this process that it lives: one file for all its leases, written again for as long as there is a
 * lease. It says who the holder is, and is linked as the file of each token. The timer keeps no process alive.
 */
export class Heartbeat {
  /** The file. It is there while there is a lease. */
  readonly path: string
  readonly #options: HeartbeatOptions
  #text = ''
  #leases = 0
  #timer: NodeJS.Timeout | undefined
  #lastBeatAt = 0
  #starting: Promise<void> | undefined
  #beating: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  /** Does nothing until the first lease. */
  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.path = heartbeatPath(options.folder, options.nonce)
  }

  /** Counts a lease that is about to be taken by who `text` says, always the same. Resolves when there is a beat to be seen. */
  async hold(text: string): Promise<void> {
    this.#leases += 1
    this.#text = text
    this.#starting ??= this.#start()
    try {
      await this.#starting
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
    this.#starting = undefined
    this.#stopping = this.#stop()
    await this.#stopping
  }

  async #start(): Promise<void> {
    // Its file goes first: it must not take that of this one away.
    await this.#stopping
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs).unref()
    await makeFolder(this.#options.folder)
    await this.#beat()
    await this.#sweep()
  }

  async #stop(): Promise<void> {
    // A beat that is under way would put the file back.
    await this.#beating
    await discard(this.path)
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
    await writeFile(this.path, this.#text, { flag: OVERWRITE, mode: 0o600 })
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
