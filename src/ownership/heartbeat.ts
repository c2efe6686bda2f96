/** How a heartbeat is kept. */
export interface HeartbeatOptions {
  /** How often it beats. */
  intervalMs: number
  /** After how long without a beat others may take it for dead. */
  staleAfterMs: number
  /** Makes a beat that others can see. */
  beat: () => Promise<void>
  /** Called when so much time has passed since the last beat that others may have taken over. */
  onLate: () => Promise<void>
}

/**
 * Tells those who cannot see this process that it lives: beats for as long as there is a lease. The first beat is made by
 * whoever takes one. The timer keeps no process alive.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #leases = 0
  #timer: NodeJS.Timeout | undefined
  #lastBeatAt = 0
  #beating: Promise<void> | undefined

  /** Does nothing until the first lease. */
  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** Counts a lease. With the first one, for which there is a beat now, the heart begins to beat. */
  hold(): void {
    this.#leases += 1
    if (this.#timer !== undefined) return
    this.#lastBeatAt = Date.now()
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs).unref()
  }

  /** Counts a lease that ended. With the last one the heart stops. Resolves when no beat is under way any more. */
  async drop(): Promise<void> {
    this.#leases -= 1
    if (this.#leases > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#beating
  }

  #tick(): void {
    this.#beating ??= this.#beatAndLook().finally(() => {
      this.#beating = undefined
    })
  }

  async #beatAndLook(): Promise<void> {
    // A clock that was set back makes others doubt the last beat, too.
    const isLate = Math.abs(Date.now() - this.#lastBeatAt) > this.#options.staleAfterMs / 2
    // A store that fails is no loss of a lease: the next beat tries again, and looks whether it came too late.
    await this.#beat().catch(() => undefined)
    if (isLate) await this.#options.onLate().catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const now = Date.now()
    await this.#options.beat()
    this.#lastBeatAt = now
  }
}
