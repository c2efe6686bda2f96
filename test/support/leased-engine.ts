import { SessionError } from '../../src/errors.js'
import { type Holder, parseHolder } from '../../src/lease/holder.js'
import type { HolderSign, LeaseKey, LivingHolder, LockEntry, LockTable, ReleaseOptions } from '../../src/lease/lock-table.js'
import { assertCurrentWriter } from '../../src/lease/session-lock.js'

/** One lock, and who holds it, if anybody does. */
interface Lock {
  readonly token: number
  readonly holder: { readonly nonce: string; readonly text: string } | null
}

/** A process that holds locks. */
interface Process {
  readonly expiresAt: number
  readonly releases: number
}

/** How the engine works. */
export interface LeasedEngineOptions {
  readonly leaseMs: number
  /** The clock of the engine. */
  readonly now?: () => number
}

/** The locks of an engine that ends leases by itself, as Redis and PostgreSQL do: a process has one lease for all of its locks. Each call is one step. */
export class LeasedEngine {
  readonly #locks = new Map<string, Lock>()
  readonly #processes = new Map<string, Process>()
  readonly #leaseMs: number
  readonly #now: () => number
  /** Counts what changes `releases`, of all processes together: no number comes twice. */
  #changes = 0

  constructor({ leaseMs, now = Date.now }: LeasedEngineOptions) {
    this.#leaseMs = leaseMs
    this.#now = now
  }

  get now(): number {
    return this.#now()
  }

  look(sessionId: string): LockEntry {
    const { token } = this.#lockOf(sessionId)
    const holder = this.holderOf(sessionId)
    const signs: HolderSign[] = holder === null ? [] : [{ text: holder.text, lastSignAt: this.now }]
    return { token, holders: signs }
  }

  claim(sessionId: string, seen: LockEntry, holder: Holder): number | null {
    const { nonce } = holder
    const { token, holders } = this.look(sessionId)
    if (token !== seen.token || holders.some(({ text }) => !seen.holders.some((other) => other.text === text))) return null
    this.#renew(nonce, true)
    this.#locks.set(sessionId, { token: token + 1, holder: { nonce, text: JSON.stringify(holder) } })
    return token + 1
  }

  release({ sessionId, token, nonce }: LeaseKey, { isLast }: ReleaseOptions): void {
    const lock = this.#lockOf(sessionId)
    const process = this.#processes.get(nonce)
    if (lock.token === token && lock.holder?.nonce === nonce) {
      this.#locks.set(sessionId, { token, holder: null })
      if (process !== undefined) this.#processes.set(nonce, { ...process, releases: ++this.#changes })
    }
    if (isLast) this.#processes.delete(nonce)
  }

  beat({ nonce }: Pick<Holder, 'nonce'>): boolean {
    if (!this.#lives(nonce)) return false
    this.#renew(nonce, false)
    return true
  }

  living(): LivingHolder[] {
    return [...this.#processes].filter(([nonce]) => this.#lives(nonce)).map(([nonce, { releases }]) => ({ nonce, releases }))
  }

  /** Who holds a lock, and whose lease has not ended. */
  holderOf(sessionId: string): { readonly nonce: string; readonly text: string } | null {
    const { holder } = this.#lockOf(sessionId)
    return holder !== null && this.#lives(holder.nonce) ? holder : null
  }

  /** Throws unless a writer with this token may write now. */
  check(sessionId: string, fencingToken: number | undefined): void {
    const { token } = this.#lockOf(sessionId)
    const holder = this.holderOf(sessionId)
    assertCurrentWriter({ sessionId, fencingToken, newestToken: token, isHeld: holder !== null })
    if (fencingToken === undefined || holder !== null) return
    throw new SessionError('LEASE_EXPIRED', `The lease of session "${sessionId}" has ended.`, { sessionId })
  }

  /** Gives a lock to a process that is not there. */
  grant(sessionId: string, nonce: string): void {
    this.claim(sessionId, this.look(sessionId), { owner: nonce, nonce, pid: 1, hostname: nonce, platform: 'linux' })
  }

  /** Ends the lease of a process. */
  end(nonce: string): void {
    const process = this.#processes.get(nonce)
    if (process !== undefined) this.#processes.set(nonce, { ...process, expiresAt: 0 })
  }

  #lockOf(sessionId: string): Lock {
    return this.#locks.get(sessionId) ?? { token: 0, holder: null }
  }

  #lives(nonce: string): boolean {
    return this.now < (this.#processes.get(nonce)?.expiresAt ?? 0)
  }

  #renew(nonce: string, isNew: boolean): void {
    const process = this.#processes.get(nonce)
    // One that has ended never comes back: what it held may be somebody else's.
    if (isNew && process !== undefined && !this.#lives(nonce)) throw new SessionError('LEASE_EXPIRED', 'The leases of this process have ended.')
    this.#processes.set(nonce, { expiresAt: this.now + this.#leaseMs, releases: process?.releases ?? ++this.#changes })
  }
}

/** One process's way to the engine. */
export class LeasedTable implements LockTable {
  readonly engine: LeasedEngine
  /** How often each call was made. */
  readonly calls: Record<'look' | 'claim' | 'release' | 'beat' | 'living', number> = { look: 0, claim: 0, release: 0, beat: 0, living: 0 }
  isCut = false

  constructor(engine: LeasedEngine) {
    this.engine = engine
  }

  async look(sessionId: string): Promise<LockEntry> {
    return this.#ask('look', () => this.engine.look(sessionId))
  }

  async claim(sessionId: string, seen: LockEntry, holder: Holder): Promise<number | null> {
    return this.#ask('claim', () => this.engine.claim(sessionId, seen, holder))
  }

  async release(lease: LeaseKey, options: ReleaseOptions): Promise<void> {
    this.#ask('release', () => this.engine.release(lease, options))
  }

  async beat(holder: Holder): Promise<boolean> {
    return this.#ask('beat', () => this.engine.beat(holder))
  }

  async living(): Promise<readonly LivingHolder[]> {
    return this.#ask('living', () => this.engine.living())
  }

  async now(): Promise<number> {
    return this.engine.now
  }

  #ask<Answer>(what: keyof LeasedTable['calls'], step: () => Answer): Answer {
    this.calls[what] += 1
    if (this.isCut) throw new SessionError('STORE_UNAVAILABLE', 'The engine cannot be reached.')
    return step()
  }
}

/** The nonce of the one who holds a lock. */
export function nonceOf(engine: LeasedEngine, sessionId: string): string {
  return parseHolder(engine.holderOf(sessionId)?.text ?? '')?.nonce ?? ''
}
