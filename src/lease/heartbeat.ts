/** How a heartbeat is kept. */
export interface HeartbeatOptions {
  /** How often it beats; `null` for never, where nobody needs it. */
  intervalMs: number | null
  /** After how long without a beat others may take it for dead. */
  staleAfterMs: number
  /** After how long without a beat that came through the engine itself may end all leases; never when it is not given. */
  lapsesAfterMs?: number | undefined
  /** Makes a beat that others can see. Resolves with `false` when the engine had ended the leases. */
  beat: () => Promise<boolean>
  /** Called when so much time has passed since the last beat that others may have taken over. */
  onLate: () => Promise<void>
  /** Called when the engine has ended all leases, or may have. There are none from then on. */
  onLapsed: () => void
}

/**
 * Tells those who cannot see this process that it lives: one beat for all leases, for as long as there is one. To take a lease is a
 * beat, too. The timer keeps no process alive.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #leases = new Set<object>()
  #timer: NodeJS.Timeout | undefined
  /** Ends all leases at their time, and not only with the next beat: the engine waits for nobody. */
  #lapseTimer: NodeJS.Timeout | undefined
  /** When the last beat that came through was sent, by a clock that may be set and by one that may stand still in a sleep. */
  #lastBeat = { wall: 0, monotonic: 0 }
  #beating: Promise<void> | undefined
  /** Counts how often all leases have lapsed. */
  #era = 0
  #parting: Promise<void> | undefined

  /** Does nothing until the first lease. */
  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** Counts a lease that is about to be taken, once the last one before it has ended. With the first one the heart begins to beat. */
  async hold(lease: object): Promise<void> {
    while (this.#parting !== undefined) await this.#parting
    if (this.#leases.size === 0) this.#lastBeat = moment()
    this.#count(lease)
  }

  /** Counts a lease that came to nothing, or was lost. */
  drop(lease: object): void {
    this.#leases.delete(lease)
    if (this.#leases.size === 0) this.#stop()
  }

  /** Counts a lease that ends by `letGo`, or goes on when that fails. When it is the last one, the heart is still from before `letGo` on. */
  async part(lease: object, letGo: (isLast: boolean) => Promise<void>): Promise<void> {
    this.drop(lease)
    const parting = this.#leases.size === 0 ? this.#letLastGo(letGo) : letGo(false)
    try {
      await parting
    } catch (error) {
      this.#count(lease)
      throw error
    }
  }

  /** The engine has ended all leases, or may have. */
  lapse(): void {
    this.#era += 1
    this.#beating = undefined
    this.#leases.clear()
    this.#stop()
    this.#options.onLapsed()
  }

  async #letLastGo(letGo: (isLast: boolean) => Promise<void>): Promise<void> {
    const parting = (this.#beating ?? Promise.resolve()).then(() => letGo(true))
    const settled = parting
      .catch(() => undefined)
      .then(() => {
        if (this.#parting === settled) this.#parting = undefined
      })
    this.#parting = settled
    await parting
  }

  #count(lease: object): void {
    this.#leases.add(lease)
    const { intervalMs } = this.#options
    if (intervalMs !== null) this.#timer ??= setInterval(() => this.#tick(), intervalMs).unref()
    if (this.#lapseTimer === undefined) this.#awaitLapse()
  }

  #awaitLapse(): void {
    clearTimeout(this.#lapseTimer)
    const { lapsesAfterMs } = this.#options
    if (lapsesAfterMs === undefined || this.#leases.size === 0) return
    this.#lapseTimer = setTimeout(() => this.lapse(), Math.max(0, lapsesAfterMs - this.#silentForMs())).unref()
  }

  #stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#lapseTimer)
    this.#timer = undefined
    this.#lapseTimer = undefined
  }

  #tick(): void {
    const { lapsesAfterMs } = this.#options
    if (lapsesAfterMs !== undefined && this.#silentForMs() > lapsesAfterMs) this.lapse()
    else this.#beating ??= this.#beatAndLook()
  }

  async #beatAndLook(): Promise<void> {
    const era = this.#era
    const isLate = this.#silentForMs() > this.#options.staleAfterMs / 2
    // An engine that fails is no loss of a lease: the next beat tries again, and looks whether it came too late.
    await this.#beat(era).catch(() => undefined)
    if (isLate) await this.#options.onLate().catch(() => undefined)
    if (era === this.#era) this.#beating = undefined
  }

  async #beat(era: number): Promise<void> {
    const sent = moment()
    const counted = await this.#options.beat()
    // It may have hung until others than those that it was for have begun.
    if (era !== this.#era) return
    if (!counted) {
      this.lapse()
      return
    }
    this.#lastBeat = sent
    this.#awaitLapse()
  }

  #silentForMs(): number {
    const { wall, monotonic } = moment()
    // A clock that was set back makes others doubt the last beat, too.
    return Math.max(Math.abs(wall - this.#lastBeat.wall), monotonic - this.#lastBeat.monotonic)
  }
}

function moment(): { wall: number; monotonic: number } {
  return { wall: Date.now(), monotonic: performance.now() }
}
