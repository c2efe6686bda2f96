import type { TestOptions } from 'vitest'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import { RedisConnectionRepository, RedisSessionStore } from '../../src/redis.js'
import type { ConnectionRepositoryContractHooks, SessionLockContractHooks, SessionStoreContractHooks } from '../../src/testing/index.js'
import { type Line, newLine, RedisBench } from '../support/redis-bench.js'
import { type RedisDriver, USUAL_REDIS_DRIVER } from '../support/redis-clients.js'
import { REDIS_PROGRAM } from '../support/redis-server.js'

/** Where one subject of a contract is, and what cuts it off. */
interface Place {
  readonly keyPrefix: string
  readonly line: Line
}

const NO_PID = 2 ** 30

/** Makes the processes of one place look as if they had ended. */
const END_PROCESSES = `local all = redis.call('HGETALL', KEYS[1])
  for index = 1, #all, 2 do redis.call('HSET', KEYS[1], all[index], (string.gsub(all[index + 1], '"pid":%d+', '"pid":${NO_PID}'))) end`

/** Lets the leases of all processes of one place end by the clock of the server. */
const END_LEASES = `local all = redis.call('HGETALL', KEYS[1])
  for index = 1, #all, 2 do redis.call('HSET', KEYS[1], all[index], (string.gsub(all[index + 1], '^%d+', '1'))) end`

/** What the contracts are run on with one client, on a server that goes when the file ends. */
export class RedisSubjects {
  readonly #driver: RedisDriver
  readonly #bench: RedisBench
  readonly #edit: Line['edit'] | undefined
  readonly #places = new WeakMap<object, Place>()
  readonly #storesOfLocks = new WeakMap<SessionLock, RedisSessionStore>()

  /** What is sent may be edited, which makes a mutant of the store. */
  constructor(driver: RedisDriver, bench: RedisBench = new RedisBench(driver), edit?: Line['edit']) {
    this.#driver = driver
    this.#bench = bench
    this.#edit = edit
  }

  /** Left out where there is no server; of the clients but one, by `npm test`. */
  get testOptions(): TestOptions {
    return { skip: REDIS_PROGRAM === null, ...(this.#driver === USUAL_REDIS_DRIVER ? {} : { tags: ['full'] }) }
  }

  /** A store under keys of its own, or under those of another. */
  readonly openStore = async (keyPrefix: string = this.#bench.newPrefix()): Promise<RedisSessionStore> => {
    const line = newLine(this.#edit)
    const store = new RedisSessionStore({ client: await this.#bench.connect(line), keyPrefix })
    this.#places.set(store, { keyPrefix, line })
    this.#storesOfLocks.set(store.lock, store)
    return store
  }

  readonly storeHooks: SessionStoreContractHooks<RedisSessionStore> = {
    reopen: (store) => this.openStore(this.#placeOf(store).keyPrefix),
    openAnother: (store) => this.openStore(this.#placeOf(store).keyPrefix),
    corrupt: async (store, sessionId, { type, id }) => {
      const key = `${this.#placeOf(store).keyPrefix}records:${sessionId}`
      await this.#bench.send('EVAL', "return redis.call('HSET', KEYS[1], ARGV[1], '\\255\\254')", '1', key, `${type.length}:${type}${id}`)
    },
    disconnect: (store) => this.#disconnect(store),
    takeOver: (store, sessionId) => this.#takeOver(store, sessionId),
  }

  /** The lock of a store. */
  readonly openStoreLock = async (keyPrefix?: string): Promise<SessionLock> => (await this.openStore(keyPrefix)).lock

  readonly storeLockHooks: SessionLockContractHooks = {
    openAnother: (lock) => this.openStoreLock(this.#placeOf(this.#storeOf(lock)).keyPrefix),
    disconnect: (lock) => this.#disconnect(this.#storeOf(lock)),
    takeOver: async (lock, sessionId) => {
      const lease = await this.#takeOver(this.#storeOf(lock), sessionId)
      // The old holder finds out with its next write.
      await this.#storeOf(lock)
        .write(sessionId, [], { fencingToken: NaN })
        .catch(() => undefined)
      return lease
    },
    runOut: async (lock) => {
      await this.#bench.send('EVAL', END_LEASES, '1', `${this.#placeOf(this.#storeOf(lock)).keyPrefix}processes`)
    },
    dispose: (lock) => this.#storeOf(lock).close(),
  }

  /** A repository under keys of its own, or under those of another. */
  readonly openRepository = async (keyPrefix: string = this.#bench.newPrefix()): Promise<RedisConnectionRepository> => {
    const line = newLine(this.#edit)
    const repository = new RedisConnectionRepository({ client: await this.#bench.connect(line), keyPrefix })
    this.#places.set(repository, { keyPrefix, line })
    return repository
  }

  readonly repositoryHooks: ConnectionRepositoryContractHooks<RedisConnectionRepository> = {
    reopen: (repository) => this.openRepository(this.#placeOf(repository).keyPrefix),
    disconnect: (repository) => this.#disconnect(repository),
  }

  #placeOf(subject: object): Place {
    const place = this.#places.get(subject)
    if (place === undefined) throw new Error('It was not opened here.')
    return place
  }

  #storeOf(lock: SessionLock): RedisSessionStore {
    const store = this.#storesOfLocks.get(lock)
    if (store === undefined) throw new Error('It is not the lock of a store.')
    return store
  }

  #disconnect(subject: object): () => void {
    const { line } = this.#placeOf(subject)
    line.isCut = true
    return () => {
      line.isCut = false
    }
  }

  async #takeOver(store: RedisSessionStore, sessionId: string): Promise<SessionLease> {
    const { keyPrefix } = this.#placeOf(store)
    await this.#bench.send('EVAL', END_PROCESSES, '1', `${keyPrefix}processes`)
    const lease = await (await this.openStoreLock(keyPrefix)).acquire(sessionId)
    if (lease === null) throw new Error(`The lock of ${sessionId} was not given to another.`)
    return lease
  }
}
