/** How a heartbeat is kept. */
export interface SqliteHeartbeatOptions {
  /** How often it beats. */
  intervalMs: number
  /** After how long without a beat others may take it for dead. */
  staleAfterMs: number
  /** Writes a beat. */
  beat: () => Promise<void>
  /** Called when so much time has passed since the last beat that others may have taken over. */
  onLate: () => Promise<void>
}

/**
 * Beats while there is a lease, for those who cannot see this process. The first beat is part of taking a lock. The timer
 * keeps no process alive.
 */
export class SqliteHeartbeat {
  readonly #options: SqliteHeartbeatOptions
  #leases = 0
  #timer: NodeJS.Timeout | undefined
  #lastBeatAt = 0
  #beating: Promise<void> | undefined

  /** Does nothing until the first lease. */
  constructor(options: SqliteHeartbeatOptions) {
    this.#options = options
  }

  /** Whether one lease, or none, is left. */
  get isLast(): boolean {
    return this.#leases <= 1
  }

  /** Counts a lease that was taken, with a beat. */
  hold(): void {
    this.#leases += 1
    if (this.#leases === 1) this.#lastBeatAt = Date.now()
    this.#timer ??= setInterval(() => this.#tick(), this.#options.intervalMs).unref()
  }

  /** Counts a lease that ended. With the last one the heart stops. */
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
    const isLate = Date.now() - this.#lastBeatAt > this.#options.staleAfterMs / 2
    // A database that fails is no loss of a lease: the next beat tries again, and looks whether it came too late.
    await this.#beat().catch(() => undefined)
    if (isLate) await this.#options.onLate().catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const now = Date.now()
    await this.#options.beat()
    this.#lastBeatAt = now
  }
}
