import type { RefreshPlan } from './refresh-plan.js'

/** Where the refreshes of a client stand. */
export type RefreshOutcome = 'under-way' | 'through' | 'ignored'

/**
 * The refreshes of one client's registration, and the secrets of QR codes that they have retired. The server knows a secret only once
 * a phone has scanned it: one that it never saw may be retired, too, which then only the client can tell.
 */
export class Refreshes {
  readonly #byId = new Map<string, 'sent' | 'acknowledged' | 'ignored'>()
  readonly #scanned = new Set<string>()
  /** What each refresh retires once it is acknowledged: the secrets that were scanned before it was sent. One that was scanned later may be of either side. */
  readonly #retiredBy = new Map<string, readonly string[]>()
  readonly #retired = new Set<string>()
  #plan: RefreshPlan | null = null
  #left = 0

  /** A client registers under this plan. */
  begin(plan: RefreshPlan): void {
    this.#plan = plan
    this.#left = plan.times
  }

  /** The plan that the client registered under; `null` for a device that is linked. */
  get plan(): RefreshPlan | null {
    return this.#plan
  }

  /** Takes the next refresh of the plan: whether one is left. */
  take(): boolean {
    if (this.#left === 0) return false
    this.#left--
    return true
  }

  /** One that makes clients renew their secret was sent. One with an id that was acknowledged before changes nothing. */
  send(id: string): void {
    if (this.#byId.get(id) === 'acknowledged') return
    this.#byId.set(id, 'sent')
    this.#retiredBy.set(id, [...this.#scanned])
  }

  /** The client acknowledges one: every secret that was scanned before it was sent is retired. Whether this is the first time. */
  acknowledge(id: string): boolean {
    const before = this.#byId.get(id)
    if (before === undefined || before === 'acknowledged') return false
    this.#byId.set(id, 'acknowledged')
    for (const secret of this.#retiredBy.get(id) ?? []) this.#retired.add(secret)
    return true
  }

  /** The client had its time. Whether it has not acknowledged this one. */
  giveUp(id: string): boolean {
    if (this.#byId.get(id) !== 'sent') return false
    this.#byId.set(id, 'ignored')
    return true
  }

  /** A phone scans a QR with this secret. */
  scan(secret: string): void {
    this.#scanned.add(secret)
  }

  /** The client says that a secret is not its own any more. */
  retire(secret: string): void {
    this.#retired.add(secret)
  }

  /** Whether it is known that no client can be linked with this secret. */
  isRetired(secret: string): boolean {
    return this.#retired.has(secret)
  }

  /** Whether the client has renewed its secret at least once. */
  get hasRenewed(): boolean {
    return [...this.#byId.values()].includes('acknowledged')
  }

  /** Where the refreshes stand that a scan has to wait for. */
  get outcome(): RefreshOutcome {
    const states = [...this.#byId.values()]
    if (states.includes('ignored')) return 'ignored'
    const isPlanned = this.#left > 0 && this.#plan?.when !== 'after-scan'
    return isPlanned || states.includes('sent') ? 'under-way' : 'through'
  }
}
