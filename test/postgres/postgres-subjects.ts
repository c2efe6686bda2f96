import { inject } from 'vitest'
import { postgresConnectionsTable } from '../../src/adapters/postgres/connections-table.js'
import { PostgresConnectionRepository } from '../../src/adapters/postgres/postgres-connection-repository.js'
import type { PostgresClient, PostgresValue } from '../../src/adapters/postgres/postgres-client.js'
import { PostgresConnection } from '../../src/adapters/postgres/postgres-connection.js'
import { type PostgresLockEntry, PostgresLockTable } from '../../src/adapters/postgres/postgres-lock-table.js'
import { PostgresSchema } from '../../src/adapters/postgres/postgres-schema.js'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import { LeaseLock } from '../../src/lease/lease-lock.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import type { ConnectionRepositoryContractHooks, SessionLockContractHooks, SessionStoreContractHooks } from '../../src/testing/index.js'
import type { ClientKind, OpenClient } from './postgres-clients.js'

/** The schema and the client to it that one subject of a contract has. */
interface Place {
  readonly schema: string
  readonly client: BreakableClient
}

/** Names schemas so that no two subjects share one, in any worker. */
let schemas = 0

/** A schema that is not there yet. */
export function newSchema(): string {
  schemas += 1
  return `test_${process.pid}_${schemas}`
}

/** A client that fails as a driver does that was closed, for as long as it is told to. */
class BreakableClient implements PostgresClient {
  isBroken = false
  readonly #client: PostgresClient

  constructor(client: PostgresClient) {
    this.#client = client
  }

  query(text: string, params: PostgresValue[]): PromiseLike<{ readonly rows: readonly unknown[] }> {
    if (this.isBroken) throw Object.assign(new Error('write CONNECTION_ENDED'), { code: 'CONNECTION_ENDED' })
    return this.#client.query(text, params)
  }
}

/** What the contracts are run on with one kind of client. */
export class PostgresSubjects implements AsyncDisposable {
  /** What its subjects share. */
  readonly client: OpenClient
  readonly #places = new WeakMap<object, Place>()
  readonly #storesOfLocks = new WeakMap<SessionLock, PostgresSessionStore>()

  constructor(kind: ClientKind, url: string = inject('postgresUrl')) {
    this.client = kind.open(url)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.end()
  }

  /** A store in a new schema, or in that of another. */
  readonly openStore = (schema: string = newSchema()): PostgresSessionStore => {
    const client = new BreakableClient(this.client)
    const store = new PostgresSessionStore({ client, schema })
    this.#places.set(store, { schema, client })
    this.#storesOfLocks.set(store.lock, store)
    return store
  }

  readonly storeHooks: SessionStoreContractHooks<PostgresSessionStore> = {
    reopen: (store) => this.openStore(this.#placeOf(store).schema),
    openAnother: (store) => this.openStore(this.#placeOf(store).schema),
    disconnect: (store) => this.#disconnect(store),
    takeOver: (store, sessionId) => this.#takeOver(this.#placeOf(store).schema, sessionId),
    dispose: (store) => this.#drop(this.#placeOf(store).schema),
  }

  /** The lock of a store. */
  readonly openStoreLock = (schema?: string): SessionLock => this.openStore(schema).lock

  readonly storeLockHooks: SessionLockContractHooks = {
    openAnother: (lock) => this.openStoreLock(this.#placeOf(this.#storeOf(lock)).schema),
    disconnect: (lock) => this.#disconnect(this.#storeOf(lock)),
    takeOver: async (lock, sessionId) => {
      const store = this.#storeOf(lock)
      const lease = await this.#takeOver(this.#placeOf(store).schema, sessionId)
      // The old holder finds out with its next write.
      await store.write(sessionId, [], { fencingToken: NaN }).catch(() => undefined)
      return lease
    },
    runOut: (lock) => this.#runOut(this.#placeOf(this.#storeOf(lock)).schema),
    dispose: (lock) => this.#storeOf(lock).close(),
  }

  /** A lock that cannot judge other holders by their pid, so that it goes by their lease. */
  readonly openLockElsewhere = (schema: string = newSchema()): LeaseLock<PostgresLockEntry> => {
    const client = new BreakableClient(this.client)
    const lock = openPostgresLock(client, schema)
    this.#places.set(lock, { schema, client })
    return lock
  }

  readonly elsewhereHooks: SessionLockContractHooks<LeaseLock<PostgresLockEntry>> = {
    openAnother: (lock) => this.openLockElsewhere(this.#placeOf(lock).schema),
    disconnect: (lock) => this.#disconnect(lock),
    takeOver: async (lock, sessionId) => {
      const lease = await this.#takeOver(this.#placeOf(lock).schema, sessionId)
      await lock.owner(sessionId)
      return lease
    },
    runOut: (lock) => this.#runOut(this.#placeOf(lock).schema),
    dispose: (lock) => lock.close(),
  }

  /** A repository over a new table, or over that of another. */
  readonly openRepository = async (table?: string): Promise<PostgresConnectionRepository> => {
    const name = table ?? newSchema()
    if (table === undefined) await this.run(postgresConnectionsTable({ table: name }))
    const client = new BreakableClient(this.client)
    const repository = new PostgresConnectionRepository({ client, table: name })
    this.#places.set(repository, { schema: name, client })
    return repository
  }

  readonly repositoryHooks: ConnectionRepositoryContractHooks<PostgresConnectionRepository> = {
    reopen: (repository) => this.openRepository(this.#placeOf(repository).schema),
    disconnect: (repository) => this.#disconnect(repository),
    dispose: (repository) => this.run(`DROP TABLE IF EXISTS ${this.#placeOf(repository).schema}`),
  }

  /** Runs a statement beside the stores. */
  async run(sql: string): Promise<void> {
    await this.client.query(sql, [])
  }

  #placeOf(subject: object): Place {
    const place = this.#places.get(subject)
    if (place === undefined) throw new Error('It was not opened here.')
    return place
  }

  #storeOf(lock: SessionLock): PostgresSessionStore {
    const store = this.#storesOfLocks.get(lock)
    if (store === undefined) throw new Error('It is not the lock of a store.')
    return store
  }

  #disconnect(subject: object): () => void {
    const { client } = this.#placeOf(subject)
    client.isBroken = true
    return () => {
      client.isBroken = false
    }
  }

  /** Lets the lease of every process run out. */
  async #runOut(schema: string): Promise<void> {
    await this.run(`UPDATE ${schema}.process SET expires_at = clock_timestamp() - interval '1 second'`)
  }

  /** The same, and takes the lock. */
  async #takeOver(schema: string, sessionId: string): Promise<SessionLease> {
    await this.#runOut(schema)
    const lease = await this.openLockElsewhere(schema).acquire(sessionId)
    if (lease === null) throw new Error(`The lock of ${sessionId} was not given to another.`)
    return lease
  }

  async #drop(schema: string): Promise<void> {
    await this.run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  }
}

/** A lock in a database without a store around it, whose holders seem to run on another machine. */
export function openPostgresLock(client: PostgresClient, schema: string, leaseMs = 10_000): LeaseLock<PostgresLockEntry> {
  return new LeaseLock({
    table: new PostgresLockTable(new PostgresSchema(new PostgresConnection(client), schema), leaseMs),
    staleAfterMs: leaseMs,
    beatIntervalMs: leaseMs / 10,
    lapsesAfterMs: leaseMs * 0.8,
    describe: async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }),
  })
}
