import type { DeleteOptions, RecordChange, RecordKey, SessionLease, SessionLock, SessionStore, StoredRecord, WriteOptions } from '../../../src/index.js'
import type { LeaseLock } from '../../../src/lease/lease-lock.js'
import type { StoreCall } from '../observer.js'
import { recordName, type SimulatedBackend } from './simulated-backend.js'
import type { SimulatedBackplane } from './simulated-backplane.js'
import { SimulatedTable, simulatedLeaseLock } from './simulated-table.js'

/** One manager's view of the backend: every call may be slow, fail, come late, or never be answered. */
export class SimulatedStore implements SessionStore {
  readonly lock: SessionLock
  readonly #manager: string
  readonly #backend: SimulatedBackend
  readonly #backplane: SimulatedBackplane
  readonly #locks: LeaseLock | null = null

  constructor(manager: string, backend: SimulatedBackend, backplane: SimulatedBackplane) {
    this.#manager = manager
    this.#backend = backend
    this.#backplane = backplane
    const { engine } = backend
    if (engine !== null) {
      const locks = simulatedLeaseLock(manager, new SimulatedTable(engine, backend, backplane))
      this.#locks = locks
      this.lock = {
        acquire: (sessionId) => {
          this.#tellIssued({ verb: 'acquire', sessionId })
          return locks.acquire(sessionId)
        },
        owner: (sessionId) => locks.owner(sessionId),
        whenFree: (sessionId, onFree) => locks.whenFree?.(sessionId, onFree) ?? (() => undefined),
      }
      return
    }
    this.lock = {
      acquire: (sessionId) => this.#ask('lock', { verb: 'acquire', sessionId }, () => this.#acquire(sessionId)),
      owner: (sessionId) => this.#ask('lock', { verb: 'owner', sessionId }, () => backend.holder(sessionId)?.owner ?? null),
    }
  }

  async *list(): AsyncIterable<string> {
    yield* await this.#ask('store', { verb: 'list', sessionId: null }, () => this.#backend.sessionIds())
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    const names = await this.#ask('store', { verb: 'records', sessionId }, () => [...this.#backend.records(sessionId).keys()])
    for (const name of names) {
      const slash = name.indexOf('/')
      yield { type: name.slice(0, slash), id: name.slice(slash + 1) }
    }
  }

  read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    return this.#ask('store', { verb: 'read', sessionId, isLook: keys.some(({ type }) => type === 'creds') }, (call) => {
      const records = this.#backend.records(sessionId)
      if (call.isLook) this.#backplane.tell('readBack', call, records.get('creds/'), records.get('lifecycle/'))
      return keys.flatMap(({ type, id }) => {
        const value = records.get(recordName({ type, id }))
        return value === undefined ? [] : [{ type, id, value }]
      })
    })
  }

  write(sessionId: string, changes: readonly RecordChange[], { fencingToken, replaceAll = false }: WriteOptions = {}): Promise<void> {
    return this.#ask('store', { verb: 'write', sessionId, changes, fencingToken }, (call) => {
      this.#land(call, replaceAll)
    })
  }

  delete(sessionId: string, { fencingToken }: DeleteOptions = {}): Promise<void> {
    return this.#ask('store', { verb: 'delete', sessionId, fencingToken }, (call) => {
      this.#land(call, true)
    })
  }

  async close(): Promise<void> {
    await this.#locks?.close()
  }

  #acquire(sessionId: string): SessionLease | null {
    const claim = this.#backend.acquire(sessionId, this.#manager)
    if (claim === null) return null
    const release = (): Promise<void> =>
      this.#ask('lock', { verb: 'release', sessionId }, () => {
        claim.isHeld = false
      })
    return { owner: this.#manager, fencingToken: claim.token, lost: claim.lost.signal, release }
  }

  #land(call: StoreCall, replaceAll: boolean): void {
    this.#backplane.tell('landed', { call, ...this.#backend.change(call, replaceAll) })
  }

  #tellIssued(asked: Pick<StoreCall, 'verb' | 'sessionId'> & Partial<StoreCall>): StoreCall {
    const call: StoreCall = {
      changes: [],
      isLook: false,
      fencingToken: undefined,
      ...asked,
      manager: this.#manager,
      issuedAtMs: this.#backplane.time.elapsedMs,
      isAnswered: false,
    }
    this.#backplane.tell('issued', call)
    return call
  }

  #ask<Result>(
    of: 'store' | 'lock',
    asked: Pick<StoreCall, 'verb' | 'sessionId'> & Partial<StoreCall>,
    carryOut: (call: StoreCall) => Result,
  ): Promise<Result> {
    const call = this.#tellIssued(asked)
    const answer = this.#backplane.carryOut({
      of,
      sessionId: call.sessionId,
      verb: call.verb,
      work: () => carryOut(call),
      unavailable: () => this.#backend.unavailable(call.sessionId),
    })
    const note = (): void => {
      call.isAnswered = true
    }
    answer.then(note, note)
    return answer
  }
}
