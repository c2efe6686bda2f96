import { SessionError } from '../../errors.js'
import { type ProcessLock, processLock } from '../../lease/process-lock.js'
import type { SessionLock } from '../../lease/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../../store/session-store.js'

/**
 * Keeps sessions in this object, for tests and experiments: everything is gone with the process, and every session must
 * be paired again.
 */
export class MemorySessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #lock: ProcessLock = processLock()
  /** The records of each session by the text of their key. */
  readonly #sessions = new Map<string, Map<string, StoredRecord>>()
  #isClosed = false

  /** Makes an empty store. */
  constructor() {
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    this.#assertOpen()
    yield* [...this.#sessions.keys()]
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    this.#assertOpen(sessionId)
    for (const { type, id } of [...this.#recordsOf(sessionId).values()]) yield { type, id }
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    this.#assertOpen(sessionId)
    const records = this.#recordsOf(sessionId)
    return keys.flatMap((key) => {
      const record = records.get(keyText(key))
      return record === undefined ? [] : [{ ...record }]
    })
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    this.#assertOpen(sessionId)
    this.#lock.check(sessionId, options.fencingToken)
    // A copy that takes the old one's place in one step: all of the changes, or none.
    const records = new Map(options.replaceAll === true ? [] : this.#recordsOf(sessionId))
    for (const { type, id, value } of changes) {
      if (value !== null && typeof value !== 'string')
        throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
      if (value === null) records.delete(keyText({ type, id }))
      else records.set(keyText({ type, id }), { type, id, value })
    }
    if (records.size === 0) this.#sessions.delete(sessionId)
    else this.#sessions.set(sessionId, records)
  }

  async delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    this.#assertOpen(sessionId)
    this.#lock.check(sessionId, options.fencingToken)
    this.#sessions.delete(sessionId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #recordsOf(sessionId: string): ReadonlyMap<string, StoredRecord> {
    return this.#sessions.get(sessionId) ?? new Map<string, StoredRecord>()
  }

  #assertOpen(sessionId?: string): void {
    if (this.#isClosed) throw new SessionError('STORE_UNAVAILABLE', 'The store is closed. Create a new one.', { sessionId })
  }
}

function keyText({ type, id }: RecordKey): string {
  return JSON.stringify([type, id])
}
