import type { ClusterChanges, ClusterTable, HolderNote, NotedLock, ProcessEntry } from './cluster-table.js'
import { type Holder, parseHolder } from './holder.js'
import type { HolderSign, LeaseKey, LockEntry, LockTable } from './lock-table.js'

/** A lock, what its holder noted, and when either changed last. */
interface MemoryLock extends LockEntry {
  readonly note: string | null
  readonly revision: number
}

/** A holder that has entered. */
interface Entered {
  readonly holder: string
  readonly text: string
  readonly isAskedToDrain: boolean
}

/** Locks in this object, and what their holder says. Its one holder is the lock that has it, which is always there. */
export class MemoryLockTable implements LockTable, ClusterTable {
  readonly cluster: ClusterTable = this
  readonly #locks = new Map<string, MemoryLock>()
  readonly #entered = new Map<string, Entered>()
  /** Counts the changes: a cursor is how many there were. */
  #revision = 0

  entryOf(sessionId: string): LockEntry {
    return this.#lockOf(sessionId)
  }

  async look(sessionId: string): Promise<LockEntry> {
    return this.entryOf(sessionId)
  }

  async claim(sessionId: string, seen: LockEntry, holder: Holder): Promise<number | null> {
    const { token, holders } = this.#lockOf(sessionId)
    if (token !== seen.token || holders.length !== seen.holders.length) return null
    this.#put(sessionId, { token: token + 1, holders: [signOf(JSON.stringify(holder))], note: null })
    return token + 1
  }

  async release({ sessionId, token }: LeaseKey): Promise<void> {
    if (this.#lockOf(sessionId).token === token) this.#put(sessionId, { token, holders: [], note: null })
  }

  async beat(): Promise<boolean> {
    return true
  }

  async now(): Promise<number> {
    return Date.now()
  }

  async enter(holder: Holder, text: string): Promise<boolean> {
    const isAskedToDrain = this.#entered.get(holder.nonce)?.isAskedToDrain ?? false
    this.#entered.set(holder.nonce, { holder: JSON.stringify(holder), text, isAskedToDrain })
    return true
  }

  async leave(nonce: string): Promise<void> {
    this.#entered.delete(nonce)
  }

  async note({ sessionId, token }: LeaseKey, text: string): Promise<void> {
    const lock = this.#lockOf(sessionId)
    if (lock.token === token && lock.holders.length > 0) this.#put(sessionId, { ...lock, note: text })
  }

  async holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    const { holders, note } = this.#lockOf(sessionId)
    return holders.map(({ text }) => ({ process: this.#processOf(text), note }))
  }

  async changes(cursor: string | null): Promise<ClusterChanges> {
    const since = cursor === null ? 0 : Number(cursor)
    const locks: NotedLock[] = []
    const holders = new Set([...this.#entered.values()].map(({ holder }) => holder))
    for (const [sessionId, { holders: signs, note, revision }] of this.#locks) {
      const [sign] = signs
      if (sign !== undefined) holders.add(sign.text)
      const isTold = cursor === null ? sign !== undefined : revision > since
      if (isTold) locks.push({ sessionId, nonce: sign === undefined ? null : nonceIn(sign.text), note })
    }
    return { cursor: String(this.#revision), isComplete: cursor === null, processes: [...holders].map((text) => this.#processOf(text)), locks }
  }

  async askToDrain(nonce: string): Promise<boolean> {
    const entered = this.#entered.get(nonce)
    if (entered !== undefined) this.#entered.set(nonce, { ...entered, isAskedToDrain: true })
    return entered !== undefined
  }

  #lockOf(sessionId: string): MemoryLock {
    return this.#locks.get(sessionId) ?? { token: 0, holders: [], note: null, revision: 0 }
  }

  #put(sessionId: string, lock: Omit<MemoryLock, 'revision'>): void {
    this.#revision += 1
    this.#locks.set(sessionId, { ...lock, revision: this.#revision })
  }

  #processOf(holder: string): ProcessEntry {
    const entered = this.#entered.get(nonceIn(holder))
    return { ...signOf(holder), entered: entered?.text ?? null, isAskedToDrain: entered?.isAskedToDrain ?? false, leaseLeftMs: null }
  }
}

function signOf(holder: string): HolderSign {
  return { text: holder, lastSignAt: Date.now() }
}

function nonceIn(holder: string): string {
  return parseHolder(holder)?.nonce ?? ''
}
