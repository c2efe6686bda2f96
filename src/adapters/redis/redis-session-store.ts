import { SessionTurns, WorkQueue } from '../../async/order-of-work.js'
import { SessionError } from '../../errors.js'
import { LeaseLock } from '../../lease/lease-lock.js'
import type { SessionLock } from '../../lease/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../../store/session-store.js'
import { type RedisSessionStoreOptions, resolveRedisSessionStoreOptions } from './redis-client.js'
import { RedisConnection, type ScriptCall } from './redis-connection.js'
import { type RedisAction, redisRefusal } from './redis-failure.js'
import { type LeaseTimes, leaseTimes, type RedisLock, RedisLockTable } from './redis-lock-table.js'
import { listMembers, toList, toPage, toText, toTexts } from './redis-reply.js'
import { WRITE } from './scripts.js'
import { fromField, fromStored, toField, toStored } from './stored-text.js'

/** What a write does to the records of a session, as the script takes it. */
interface StoredChanges {
  readonly replacesAll: boolean
  readonly removed: readonly string[]
  /** Fields and values in turn. */
  readonly set: readonly string[]
}

/**
 * Keeps all sessions in Redis or Valkey: the records of each in one hash. A write is one script that also checks its fencing token, so
 * that all of it is there, or nothing. Several processes on several machines may share the server. What a resolved write survives is
 * what the server promises: see `appendfsync`, and `waitReplicas`.
 *
 * A process has one lease for all of its sessions, by the server's clock. Redis Cluster is refused, and so is a server that removes any key
 * when its memory is full; of what else may lose sessions Node tells by a warning, once. `close` releases what the store holds and leaves the
 * client open: close that afterwards.
 */
export class RedisSessionStore implements SessionStore {
  readonly lock: SessionLock
  readonly #connection: RedisConnection
  readonly #table: RedisLockTable
  readonly #lock: LeaseLock<RedisLock>
  readonly #times: LeaseTimes
  readonly #waitReplicas: number
  readonly #turns = new SessionTurns()
  /** One write at a time waits for replicas, since nothing else comes through the client meanwhile. */
  readonly #replicated = new WorkQueue()

  /**
   * Does not ask the server anything yet.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: RedisSessionStoreOptions) {
    const { leaseMs, waitReplicas, ...connection } = resolveRedisSessionStoreOptions(options)
    this.#connection = new RedisConnection({ ...connection, onWarning: (warning) => process.emitWarning(warning, { code: 'BAILEYS_SESSIONS_REDIS' }) })
    this.#times = leaseTimes(leaseMs)
    this.#waitReplicas = waitReplicas
    this.#table = new RedisLockTable(this.#connection, this.#times)
    const { beatIntervalMs, lapsesAfterMs } = this.#times
    // A beat that came through late says that nothing was lost, so that no lease has to be looked at: it never counts as late before it has lapsed.
    this.#lock = new LeaseLock({ table: this.#table, staleAfterMs: 2 * leaseMs, beatIntervalMs, lapsesAfterMs })
    this.lock = this.#lock
  }

  async *list(): AsyncIterable<string> {
    const action = { verb: 'list the sessions in' }
    const { sessions } = this.#connection.keys
    for await (const stored of listMembers((cursor) => this.#read(action, toPage, 'SSCAN', sessions, cursor, 'COUNT', '1000'))) {
      const sessionId = fromStored(stored)
      if (sessionId === null) throw redisRefusal(action, 'The name of a session there cannot be read. Nothing was changed.')
      yield sessionId
    }
  }

  async *records(sessionId: string): AsyncIterable<RecordKey> {
    const action = { verb: `list the records of session "${sessionId}" in`, sessionId }
    for (const field of await this.#read(action, toTexts, 'HKEYS', this.#connection.keys.recordsOf(sessionId))) {
      const key = fromField(field)
      if (key === null) throw redisRefusal({ ...action, code: 'RECORD_CORRUPT' }, 'The name of a record there cannot be read. Nothing was changed.')
      yield key
    }
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const action = { verb: `read records of session "${sessionId}" in`, sessionId }
    const wanted = new Map(keys.map(({ type, id }) => [toField({ type, id }), { type, id }]))
    if (wanted.size === 0) {
      this.#lock.assertOpen(sessionId)
      return []
    }
    const understand = (reply: unknown): unknown[] => toList(reply, wanted.size)
    const values = await this.#read(action, understand, 'HMGET', this.#connection.keys.recordsOf(sessionId), ...wanted.keys())
    return [...wanted.values()].flatMap(({ type, id }, index) => {
      const found = values[index]
      if (found === null || found === undefined) return []
      const value = fromStored(toText(found) ?? '\ufffd')
      if (value !== null) return [{ type, id, value }]
      throw new SessionError('RECORD_CORRUPT', `Record "${type}" "${id}" of session "${sessionId}" is not text in Redis. Nothing was changed.`, { sessionId })
    })
  }

  async write(sessionId: string, changes: readonly RecordChange[], { fencingToken, replaceAll = false }: WriteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    await this.#change(sessionId, 'write', fencingToken, toStoredChanges(changes, replaceAll))
  }

  async delete(sessionId: string, { fencingToken }: DeleteOptions = {}): Promise<void> {
    this.#lock.assertOpen(sessionId)
    await this.#change(sessionId, 'delete', fencingToken, toStoredChanges([], true))
  }

  close(): Promise<void> {
    return this.#lock.close(() => this.#turns.idle())
  }

  async #read<Answer>(action: RedisAction, understand: (reply: unknown) => Answer, command: string, ...parameters: string[]): Promise<Answer> {
    this.#lock.assertOpen(action.sessionId)
    return this.#connection.read(action, understand, command, ...parameters)
  }

  async #change(sessionId: string, verb: string, fencingToken: number | undefined, changes: StoredChanges): Promise<void> {
    const action = { verb: `${verb} session "${sessionId}" in`, sessionId }
    const { locks, processes, sessions } = this.#connection.keys
    const keys = [locks, processes, sessions, this.#connection.keys.recordsOf(sessionId)]
    const { replacesAll, removed, set } = changes
    const send = (dead: RedisLock | null): Promise<string[]> => {
      const writer = [toStored(sessionId), fencingToken === undefined ? '' : String(fencingToken), dead?.lock ?? '', dead?.process ?? '']
      const parameters = [...writer, replacesAll ? '1' : '', String(removed.length), ...removed, ...set]
      return this.#send(action, { script: WRITE, keys, parameters })
    }
    await this.#turns.run(sessionId, () => this.#table.write(this.#lock, { sessionId, fencingToken, action }, send))
  }

  async #send(action: RedisAction, call: ScriptCall): Promise<string[]> {
    if (this.#waitReplicas === 0) return this.#connection.run(action, call)
    return this.#replicated.add(async () => {
      const waitMs = Math.ceil(this.#times.beatIntervalMs)
      const [reply, reached] = await this.#connection.runWith(action, call, ['WAIT', String(this.#waitReplicas), String(waitMs)])
      if (reply[0] === 'done' && Number(reached) < this.#waitReplicas) throw tooFewReplicas(action, Number(reached), this.#waitReplicas, waitMs)
      return reply
    })
  }
}

/** Changes as the script takes them: copies, taken now. Throws `TypeError` for a value that is no text. */
function toStoredChanges(changes: readonly RecordChange[], replacesAll: boolean): StoredChanges {
  const values = new Map<string, string | null>()
  for (const { type, id, value } of changes) {
    if (value !== null && typeof value !== 'string')
      throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
    values.set(toField({ type, id }), value === null ? null : toStored(value))
  }
  const removed: string[] = []
  const set: string[] = []
  for (const [field, value] of values) {
    if (value === null) removed.push(field)
    else set.push(field, value)
  }
  return { replacesAll, removed, set }
}

function tooFewReplicas(action: RedisAction, reached: number, wanted: number, waitMs: number): SessionError {
  return redisRefusal(
    action,
    `The server has made the change, but only ${reached} of ${wanted} replicas have it after ${waitMs} ms: a failover may lose it. Check the replicas, or lower waitReplicas.`,
  )
}
