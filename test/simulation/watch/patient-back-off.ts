import type { DisconnectCause } from '../../../src/index.js'
import type { Observer, Told } from '../observer.js'
import type { World } from '../world/world.js'

/** Losses after which the delay is that of the back-off and nothing else. */
const BACKED_OFF: ReadonlySet<DisconnectCause> = new Set<DisconnectCause>([
  'connection_lost',
  'connection_closed',
  'server_unavailable',
  'transport_failed',
  'connect_timeout',
  'unknown',
])

/** The longest delay of the default policies. */
const CAP_MS = 60_000

/** Delays without any jitter: so many in a row, all at their cap, are no chance. */
const SUSPICIOUS = 6

interface Record {
  /** The last delay. */
  lastMs: number
  /** Failures since the last stable connection. */
  failures: number
  connectedAtMs: number | null
  /** Delays in a row that were exactly the longest possible. */
  unspread: number
}

/** 11. Back-off has jitter and a cap, and starts over only after a connection was stable. */
export class PatientBackOff implements Observer {
  readonly #world: World
  readonly #records = new Map<string, Record>()

  constructor(world: World) {
    this.#world = world
  }

  told(told: Told): void {
    if (told.name === 'status') this.#onStatus(`${told.manager} ${told.event.sessionId}`, told.event.status)
    if (told.name === 'disconnected') this.#onLoss(`${told.manager} ${told.event.sessionId}`, told.event.cause, told.event.nextRetryAt)
  }

  #onStatus(key: string, status: string): void {
    const record = this.#records.get(key)
    if (status === 'connected') this.#records.set(key, { ...(record ?? { lastMs: 0, failures: 0, unspread: 0 }), connectedAtMs: this.#world.time.elapsedMs })
    // Whoever starts it again begins anew.
    if (status === 'disconnected' || status === 'failed' || status === 'logged_out') this.#records.delete(key)
  }

  #onLoss(key: string, cause: DisconnectCause, nextRetryAt: Date | null): void {
    const known = this.#records.get(key)
    const wasStable =
      known?.connectedAtMs !== null && known?.connectedAtMs !== undefined && this.#world.time.elapsedMs - known.connectedAtMs >= this.#world.plan.stableAfterMs
    const record: Record = known === undefined || wasStable ? { lastMs: 0, failures: 0, connectedAtMs: null, unspread: 0 } : { ...known, connectedAtMs: null }
    this.#records.set(key, record)
    if (nextRetryAt === null || !BACKED_OFF.has(cause)) return
    this.#check(key, record, nextRetryAt.getTime() - Date.now())
  }

  #check(key: string, record: Record, delayMs: number): void {
    const { jitter } = this.#world.plan
    record.failures += 1
    if (delayMs > CAP_MS) this.#world.violate(11, `the delay of ${key} is ${delayMs} ms, over the cap`)
    if (jitter === 'none' && delayMs < record.lastMs)
      this.#world.violate(11, `the delay of ${key} went from ${record.lastMs} ms to ${delayMs} ms without a stable connection`)
    if (jitter === 'full') this.#watchSpread(key, record, delayMs)
    record.lastMs = delayMs
  }

  #watchSpread(key: string, record: Record, delayMs: number): void {
    const longestMs = Math.min(CAP_MS, 1000 * 2 ** Math.round(Math.log2(Math.max(delayMs, 1) / 1000)))
    record.unspread = delayMs === longestMs ? record.unspread + 1 : 0
    if (record.unspread >= SUSPICIOUS) this.#world.violate(11, `${record.unspread} delays of ${key} in a row had no jitter`)
  }
}
