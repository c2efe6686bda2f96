import type { ConnectionRecord, ConnectionRepository, MemoryConnectionRepository } from '../../../src/index.js'
import type { SimulatedBackplane } from './simulated-backplane.js'

/** The application's own table, which all managers share. */
export class SimulatedRepository implements ConnectionRepository {
  /** What it holds, without anybody in between. */
  readonly rows: MemoryConnectionRepository
  readonly #manager: string
  readonly #backplane: SimulatedBackplane

  constructor(manager: string, rows: MemoryConnectionRepository, backplane: SimulatedBackplane) {
    this.#manager = manager
    this.rows = rows
    this.#backplane = backplane
  }

  findAll(): Promise<ConnectionRecord[]> {
    return this.#ask('findAll', null, () => this.rows.findAll())
  }

  find(sessionId: string): Promise<ConnectionRecord | null> {
    return this.#ask('find', sessionId, () => this.rows.find(sessionId))
  }

  save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    this.#backplane.tell('recorded', this.#manager, sessionId)
    return this.#ask('save', sessionId, () => this.rows.save(sessionId, changes))
  }

  delete(sessionId: string): Promise<void> {
    this.#backplane.tell('recorded', this.#manager, sessionId)
    return this.#ask('delete', sessionId, () => this.rows.delete(sessionId))
  }

  #ask<Result>(verb: string, sessionId: string | null, work: () => Promise<Result>): Promise<Result> {
    return this.#backplane.carryOut({ of: 'repository', sessionId, verb, work, unavailable: () => new Error('The simulated database cannot be reached.') })
  }
}
