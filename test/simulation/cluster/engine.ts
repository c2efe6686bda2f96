import { SessionError } from '../../../src/errors.js'
import type { ClusterChanges, HolderNote, NotedLock, ProcessEntry } from '../../../src/lease/cluster-table.js'
import type { Holder } from '../../../src/lease/holder.js'
import type { LeaseKey, LockEntry, ReleaseOptions } from '../../../src/lease/lock-table.js'
import { assertCurrentWriter } from '../../../src/lease/session-lock.js'

/** How long the engine keeps a lease that is not renewed. */
export const LEASE_MS = 10_000

interface Lock {
  readonly token: number
  readonly holder: { readonly nonce: string; readonly text: string } | null
  /** The name of the claim that took it. */
  readonly claim: string
  readonly note: string | null
  readonly revision: number
}

interface Process {
  readonly text: string
  expiresAt: number
  entered: string | null
  isAskedToDrain: boolean
}

/** What a session has stored: a counter that goes up with each connection, and under which token it did so last. */
export interface Generation {
  readonly count: number
  readonly token: number
}

/** A lock, and the last sign of life of its holder: who has shown another one since is not to be replaced. */
export interface SimulatedEntry extends LockEntry {
  readonly sign: number
}

const FREE: Lock = { token: 0, holder: null, claim: '', note: null, revision: 0 }

/** An engine that ends leases by itself, and keeps what the processes of a cluster say, as Redis and PostgreSQL do. Each call is one step. */
export class SimulatedEngine {
  readonly sessionIds: readonly string[]
  /** Told of each write that was accepted. */
  onWritten: (sessionId: string, before: Generation, after: Generation) => void = () => undefined
  /** How much its clock is ahead. */
  aheadMs = 0
  readonly #locks = new Map<string, Lock>()
  readonly #processes = new Map<string, Process>()
  readonly #generations = new Map<string, Generation>()
  readonly #trueMs: () => number
  readonly #rate: number
  #epoch = 0
  #revision = 0

  constructor(sessions: number, rate: number, trueMs: () => number) {
    this.sessionIds = Array.from({ length: sessions }, (_, index) => `session-${index}`)
    this.#rate = rate
    this.#trueMs = trueMs
  }

  get now(): number {
    return 1_900_000_000_000 + this.#trueMs() * this.#rate + this.aheadMs
  }

  look(sessionId: string): SimulatedEntry {
    const holder = this.#holderOf(sessionId)
    const sign = holder === null ? 0 : (this.#processes.get(holder.nonce)?.expiresAt ?? 0)
    return { token: this.#lockOf(sessionId).token, holders: holder === null ? [] : [{ text: holder.text, lastSignAt: this.now }], sign }
  }

  claim(sessionId: string, seen: SimulatedEntry, holder: Holder, name: string): number | null {
    const { token, sign } = this.look(sessionId)
    if (token !== seen.token || (sign !== 0 && sign !== seen.sign)) return null
    const { nonce } = holder
    const text = JSON.stringify(holder)
    if (!this.#renew(nonce, text)) throw new SessionError('LEASE_EXPIRED', 'The leases of this process have ended.', { sessionId })
    this.#put(sessionId, { token: token + 1, holder: { nonce, text }, claim: name, note: null })
    return token + 1
  }

  release({ sessionId, token, nonce }: LeaseKey, { isLast }: ReleaseOptions): void {
    const lock = this.#lockOf(sessionId)
    if (lock.token === token && lock.holder?.nonce === nonce) this.#free(sessionId, token)
    if (isLast) this.#processes.delete(nonce)
  }

  /** Takes back a claim of which its process never learnt what came of it. */
  takeBack(sessionId: string, name: string): void {
    const { token, claim, holder } = this.#lockOf(sessionId)
    if (claim === name && holder !== null) this.#free(sessionId, token)
  }

  beat(holder: Holder, leases: readonly LeaseKey[]): boolean {
    const process = this.#processes.get(holder.nonce)
    // It may beat before it has entered.
    if (process === undefined) return leases.length === 0
    return this.#renew(holder.nonce, process.text)
  }

  enter(holder: Holder, text: string): boolean {
    if (!this.#renew(holder.nonce, JSON.stringify(holder))) return false
    const process = this.#processes.get(holder.nonce)
    if (process !== undefined) process.entered = text
    return true
  }

  leave(nonce: string, { isLast }: ReleaseOptions): void {
    const process = this.#processes.get(nonce)
    if (process !== undefined) process.entered = null
    if (isLast) this.#processes.delete(nonce)
  }

  note({ sessionId, token, nonce }: LeaseKey, note: string): void {
    const lock = this.#lockOf(sessionId)
    if (lock.token === token && this.#holderOf(sessionId)?.nonce === nonce) this.#put(sessionId, { ...lock, note })
  }

  holdersOf(sessionId: string): HolderNote[] {
    const holder = this.#holderOf(sessionId)
    const process = this.#processes.get(holder?.nonce ?? '')
    return process === undefined ? [] : [{ process: this.#entryOf(process), note: this.#lockOf(sessionId).note }]
  }

  changes(cursor: string | null): ClusterChanges {
    const [epoch, revision] = (cursor ?? '').split(' ').map(Number)
    const isComplete = epoch !== this.#epoch || revision === undefined
    const locks: NotedLock[] = []
    for (const [sessionId, lock] of this.#locks) {
      if (isComplete ? lock.holder === null : lock.revision <= revision) continue
      locks.push({ sessionId, nonce: lock.holder?.nonce ?? null, note: lock.note })
    }
    const processes = [...this.#processes].filter(([nonce]) => this.#lives(nonce)).map(([, process]) => this.#entryOf(process))
    return { cursor: `${this.#epoch} ${this.#revision}`, isComplete, processes, locks }
  }

  askToDrain(nonce: string): boolean {
    const process = this.#processes.get(nonce)
    if (process === undefined || process.entered === null) return false
    process.isAskedToDrain = true
    return true
  }

  /** Loses what the processes told each other. */
  wipe(): void {
    this.#epoch += 1
    for (const process of this.#processes.values()) Object.assign(process, { entered: null, isAskedToDrain: false })
    for (const [sessionId, lock] of this.#locks) this.#put(sessionId, { ...lock, note: null })
  }

  read(sessionId: string): Generation {
    return this.#generations.get(sessionId) ?? { count: 0, token: 0 }
  }

  /** Writes a generation as a store does: only for the one who has the lock. */
  write(sessionId: string, count: number, fencingToken: number): void {
    const { token } = this.#lockOf(sessionId)
    const isHeld = this.#holderOf(sessionId) !== null
    assertCurrentWriter({ sessionId, fencingToken, newestToken: token, isHeld })
    if (!isHeld) throw new SessionError('LEASE_EXPIRED', `The lease of session "${sessionId}" has ended.`, { sessionId })
    const [before, after] = [this.read(sessionId), { count, token: fencingToken }]
    this.#generations.set(sessionId, after)
    this.onWritten(sessionId, before, after)
  }

  #lockOf(sessionId: string): Lock {
    return this.#locks.get(sessionId) ?? FREE
  }

  #put(sessionId: string, lock: Omit<Lock, 'revision'>): void {
    this.#revision += 1
    this.#locks.set(sessionId, { ...lock, revision: this.#revision })
  }

  #free(sessionId: string, token: number): void {
    this.#put(sessionId, { ...FREE, token })
  }

  #holderOf(sessionId: string): Lock['holder'] {
    const { holder } = this.#lockOf(sessionId)
    return holder !== null && this.#lives(holder.nonce) ? holder : null
  }

  #lives(nonce: string): boolean {
    return this.now < (this.#processes.get(nonce)?.expiresAt ?? 0)
  }

  /** Resolves with `false` when the lease has ended: it never comes back, for what it was for may be somebody else's. */
  #renew(nonce: string, text: string): boolean {
    const process = this.#processes.get(nonce)
    if (process !== undefined && !this.#lives(nonce)) return false
    const expiresAt = this.now + LEASE_MS
    if (process === undefined) this.#processes.set(nonce, { text, expiresAt, entered: null, isAskedToDrain: false })
    else process.expiresAt = expiresAt
    return true
  }

  #entryOf({ text, entered, isAskedToDrain, expiresAt }: Process): ProcessEntry {
    return { text, lastSignAt: this.now, entered, isAskedToDrain, leaseLeftMs: expiresAt - this.now }
  }
}
