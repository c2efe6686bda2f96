import { SessionError } from '../../../src/errors.js'
import { assertCurrentWriter, type SessionLease, type SessionLock } from '../../../src/lease/session-lock.js'
import { connectionChanges, type ConnectionRecord, type ConnectionRepository, newConnectionRecord } from '../../../src/repository/connection-repository.js'
import {
  CREDS_KEY,
  type DeleteOptions,
  type RecordChange,
  type RecordKey,
  type SessionStore,
  type StoredRecord,
  type WriteOptions,
} from '../../../src/store/session-store.js'

// Implementations that keep every contract and can do all that the suites may ask for, each of a few plain steps that a
// mutant can break.

interface Claim {
  token: number
  holder: { readonly owner: string; readonly lost: AbortController } | null
}

/** What several stores, locks and repositories share, as processes share a database. */
export class SharedMemory {
  readonly sessions: Map<string, Map<string, StoredRecord>> = new Map()
  readonly claims: Map<string, Claim> = new Map()
  readonly connections: Map<string, ConnectionRecord> = new Map()
  readonly damaged: Set<string> = new Set()
  /** Sessions whose creds are damaged, with the copy that is left of them. */
  readonly copies: Map<string, StoredRecord> = new Map()
  isDown = false
  /** Counts what works on it, to name them. */
  users = 0

  assertUp(): void {
    if (this.isDown) throw new SessionError('STORE_UNAVAILABLE', 'The shared memory is down.')
  }
}

/** A lock that everything on one memory shares. */
export class SharedLock implements SessionLock {
  readonly memory: SharedMemory
  readonly name: string
  readonly leases: Set<SessionLease> = new Set()

  constructor(memory: SharedMemory) {
    this.memory = memory
    this.name = `user ${++memory.users}`
  }

  async acquire(sessionId: string): Promise<SessionLease | null> {
    this.memory.assertUp()
    return this.newest(sessionId).holder === null ? this.handOut(sessionId) : null
  }

  async owner(sessionId: string): Promise<string | null> {
    this.memory.assertUp()
    return this.newest(sessionId).holder?.owner ?? null
  }

  /** Takes the lock away from whoever has it. */
  takeOver(sessionId: string): SessionLease {
    this.newest(sessionId).holder?.lost.abort()
    return this.handOut(sessionId)
  }

  /** Lets the time of all of its leases run out. */
  runOut(): void {
    for (const [sessionId, claim] of this.memory.claims) if (claim.holder?.owner === this.name) this.expire(sessionId, claim)
  }

  expire(sessionId: string, claim: Claim): void {
    claim.holder?.lost.abort(new SessionError('LEASE_EXPIRED', 'Its time ran out.', { sessionId }))
    claim.holder = null
  }

  newest(sessionId: string): Claim {
    return this.memory.claims.get(sessionId) ?? { token: 0, holder: null }
  }

  handOut(sessionId: string): SessionLease {
    const lost = new AbortController()
    const claim: Claim = { token: this.newest(sessionId).token + 1, holder: { owner: this.name, lost } }
    this.memory.claims.set(sessionId, claim)
    const release = async (): Promise<void> => {
      this.leases.delete(lease)
      claim.holder = null
    }
    const lease: SessionLease = { owner: this.name, fencingToken: claim.token, lost: lost.signal, release }
    this.leases.add(lease)
    return lease
  }
}

/** A store on a memory that others share. */
export class SharedStore implements SessionStore {
  readonly memory: SharedMemory
  readonly lock: SharedLock
  isClosed = false

  constructor(memory: SharedMemory) {
    this.memory = memory
    this.lock = new SharedLock(memory)
  }

  async *list(): AsyncIterable<string> {
    this.assertReachable()
    yield* [...this.memory.sessions.keys()]
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    this.assertReachable()
    for (const { type, id } of [...this.recordsOf(sessionId).values()]) yield { type, id }
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    this.assertReachable()
    return keys.flatMap((key) => {
      if (this.isDamaged(sessionId, key)) throw new SessionError('RECORD_CORRUPT', 'It cannot be read.')
      const copy = this.memory.copies.get(sessionId)
      if (copy !== undefined && keyText(copy) === keyText(key)) return { ...copy, restoredFrom: 'backup' }
      const record = this.recordsOf(sessionId).get(keyText(key))
      return record === undefined ? [] : [{ ...record }]
    })
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.assertReachable()
    this.check(sessionId, options.fencingToken)
    const records = new Map(options.replaceAll === true ? [] : this.recordsOf(sessionId))
    for (const { type, id, value } of changes) {
      if (value !== null && typeof value !== 'string') throw new TypeError('It must be a text.')
      if (value === null) records.delete(keyText({ type, id }))
      else records.set(keyText({ type, id }), { type, id, value })
    }
    this.put(sessionId, records)
    if (options.replaceAll === true || changes.some(({ type }) => type === 'creds')) this.dropCopy(sessionId)
    for (const key of options.replaceAll === true ? this.memory.damaged : changes.map((change) => damageText(sessionId, change))) {
      if (key.startsWith(JSON.stringify(sessionId))) this.memory.damaged.delete(key)
    }
  }

  async delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    this.assertReachable()
    this.check(sessionId, options.fencingToken)
    this.memory.sessions.delete(sessionId)
    this.dropCopy(sessionId)
  }

  async close(): Promise<void> {
    this.isClosed = true
    for (const lease of this.lock.leases) await lease.release()
  }

  damage(sessionId: string, key: RecordKey): void {
    this.memory.damaged.add(damageText(sessionId, key))
  }

  /** Damages the creds, so that only the copy of them is left. */
  damageCreds(sessionId: string): void {
    const creds = this.recordsOf(sessionId).get(keyText(CREDS_KEY))
    if (creds !== undefined) this.memory.copies.set(sessionId, creds)
  }

  dropCopy(sessionId: string): void {
    this.memory.copies.delete(sessionId)
  }

  isDamaged(sessionId: string, key: RecordKey): boolean {
    return this.memory.damaged.has(damageText(sessionId, key))
  }

  check(sessionId: string, fencingToken: number | undefined): void {
    const { token, holder } = this.lock.newest(sessionId)
    assertCurrentWriter({ sessionId, fencingToken, newestToken: token, isHeld: holder !== null })
  }

  recordsOf(sessionId: string): Map<string, StoredRecord> {
    return this.memory.sessions.get(sessionId) ?? new Map<string, StoredRecord>()
  }

  put(sessionId: string, records: Map<string, StoredRecord>): void {
    if (records.size === 0) this.memory.sessions.delete(sessionId)
    else this.memory.sessions.set(sessionId, records)
  }

  assertReachable(): void {
    if (this.isClosed) throw new SessionError('STORE_UNAVAILABLE', 'It was closed.')
    this.memory.assertUp()
  }
}

/** A repository on a memory that others share. */
export class SharedRepository implements ConnectionRepository {
  readonly memory: SharedMemory

  constructor(memory: SharedMemory) {
    this.memory = memory
  }

  async findAll(): Promise<ConnectionRecord[]> {
    this.memory.assertUp()
    return [...this.memory.connections.values()].map((record) => structuredClone(record))
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    this.memory.assertUp()
    return structuredClone(this.memory.connections.get(sessionId) ?? null)
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    this.memory.assertUp()
    const before = this.memory.connections.get(sessionId) ?? newConnectionRecord(sessionId)
    this.memory.connections.set(sessionId, { ...before, ...structuredClone(connectionChanges(changes)) })
  }

  async delete(sessionId: string): Promise<void> {
    this.memory.assertUp()
    this.memory.connections.delete(sessionId)
  }
}

/** The text by which a record is found. */
export function keyText({ type, id }: RecordKey): string {
  return JSON.stringify([type, id])
}

function damageText(sessionId: string, key: RecordKey): string {
  return JSON.stringify(sessionId) + keyText(key)
}
