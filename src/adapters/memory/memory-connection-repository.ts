import { connectionChanges, type ConnectionRecord, type ConnectionRepository, newConnectionRecord } from '../../repository/connection-repository.js'

/** Keeps connections in this object: everything is gone with the process. */
export class MemoryConnectionRepository implements ConnectionRepository {
  readonly #records = new Map<string, ConnectionRecord>()

  // What is stored is copied on its way in and out: a caller that changes its object changes nothing here.

  async findAll(): Promise<ConnectionRecord[]> {
    return [...this.#records.values()].map((record) => structuredClone(record))
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    const record = this.#records.get(sessionId)
    return record === undefined ? null : structuredClone(record)
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    const before = this.#records.get(sessionId) ?? newConnectionRecord(sessionId)
    this.#records.set(sessionId, { ...before, ...structuredClone(connectionChanges(changes)) })
  }

  async delete(sessionId: string): Promise<void> {
    this.#records.delete(sessionId)
  }
}
