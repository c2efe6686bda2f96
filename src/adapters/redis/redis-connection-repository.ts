import { SessionTurns } from '../../async/order-of-work.js'
import { connectionChanges, type ConnectionRecord, type ConnectionRepository, newConnectionRecord } from '../../repository/connection-repository.js'
import { type ConnectionRow, fromRow, toRow } from '../../repository/connection-rows.js'
import { convertConnection } from '../convert-connection.js'
import { type RedisOptions, resolveRedisOptions } from './redis-client.js'
import { RedisConnection } from './redis-connection.js'
import type { RedisAction } from './redis-failure.js'
import { listMembers, toList, toPage, toText } from './redis-reply.js'
import { DELETE_CONNECTION, SAVE_CONNECTION } from './scripts.js'
import { fromStored, toStored } from './stored-text.js'

/** The fields of a connection but its id; `json` when a field holds JSON. */
const FIELDS: readonly (readonly [name: Exclude<keyof ConnectionRecord, 'sessionId'>, kind: 'text' | 'json'])[] = [
  ['status', 'text'],
  ['reason', 'text'],
  ['phoneNumber', 'text'],
  ['lastConnectedAt', 'text'],
  ['lastDisconnect', 'json'],
  ['owner', 'text'],
  ['updatedAt', 'text'],
  ['metadata', 'json'],
]

/** How many connections are asked for at once. */
const PAGE = 500

/** What goes into a hash, and what out of it. */
interface StoredFields {
  readonly removed: readonly string[]
  /** Names and values in turn. */
  readonly set: readonly string[]
}

/**
 * Keeps connections in Redis or Valkey: each in one hash, by the names of `ConnectionRecord`, dates as ISO text, `lastDisconnect` and
 * `metadata` as JSON, and what is `null` left out. Fields that the application adds to a hash stay. It may share the client with a
 * {@link RedisSessionStore}, and has no `close`.
 *
 * Rejects with `REPOSITORY_FAILED`.
 */
export class RedisConnectionRepository implements ConnectionRepository {
  readonly #connection: RedisConnection
  readonly #turns = new SessionTurns()

  /**
   * Does not ask the server anything yet.
   *
   * @throws TypeError for an invalid option.
   */
  constructor(options: RedisOptions) {
    this.#connection = new RedisConnection(resolveRedisOptions(options))
  }

  async findAll(): Promise<ConnectionRecord[]> {
    const action = actionOn('read', undefined)
    const { connections } = this.#connection.keys
    const pages = listMembers((cursor) => this.#connection.read(action, toPage, 'SSCAN', connections, cursor, 'COUNT', String(PAGE)))
    const sessionIds: string[] = []
    for await (const stored of pages) sessionIds.push(convertConnection(undefined, () => readText(stored)))
    const records: ConnectionRecord[] = []
    for (let start = 0; start < sessionIds.length; start += PAGE) {
      // Sent one behind the other, without waiting for answers in between.
      const page = await Promise.all(sessionIds.slice(start, start + PAGE).map((sessionId) => this.find(sessionId)))
      // One may have been deleted meanwhile.
      records.push(...page.filter((record) => record !== null))
    }
    return records
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    const names = FIELDS.map(([name]) => name)
    const understand = (reply: unknown): unknown[] => toList(reply, names.length)
    const values = await this.#connection.read(actionOn('read', sessionId), understand, 'HMGET', this.#connection.keys.connectionOf(sessionId), ...names)
    if (values.every((value) => value === null || value === undefined)) return null
    return convertConnection(sessionId, () => fromRow(sessionId, toConnectionRow(values)))
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    // Taken now: what the caller does to its objects later is no part of this.
    const { removed, set } = convertConnection(sessionId, () => toStoredFields(connectionChanges(changes)))
    const { set: empty } = toStoredFields(connectionChanges(newConnectionRecord(sessionId)))
    const parameters = [toStored(sessionId), String(empty.length), ...empty, String(removed.length), ...removed, ...set]
    await this.#change(sessionId, 'write', SAVE_CONNECTION, parameters)
  }

  async delete(sessionId: string): Promise<void> {
    await this.#change(sessionId, 'delete', DELETE_CONNECTION, [toStored(sessionId)])
  }

  async #change(sessionId: string, verb: string, script: typeof SAVE_CONNECTION, parameters: readonly string[]): Promise<void> {
    const keys = [this.#connection.keys.connections, this.#connection.keys.connectionOf(sessionId)]
    await this.#turns.run(sessionId, () => this.#connection.run(actionOn(verb, sessionId), { script, keys, parameters }))
  }
}

function actionOn(verb: string, sessionId: string | undefined): RedisAction {
  const what = sessionId === undefined ? 'the connections' : `the connection of session "${sessionId}"`
  return { verb: `${verb} ${what} in`, sessionId, code: 'REPOSITORY_FAILED' }
}

function readText(stored: string): string {
  const text = fromStored(stored)
  if (text === null) throw new Error('it is not text')
  return text
}

/** Throws `TypeError` for what no field holds. */
function toStoredFields(changes: Partial<ConnectionRecord>): StoredFields {
  const row = toRow(changes)
  const removed: string[] = []
  const set: string[] = []
  for (const [name, kind] of FIELDS) {
    const value = row[name]
    if (value === undefined) continue
    if (value === null) removed.push(name)
    else if (kind === 'json') set.push(name, toStored(JSON.stringify(value)))
    else if (typeof value === 'string') set.push(name, toStored(value))
    else throw new TypeError(`${name} of a connection must be a string, a date or null, but is of type ${typeof value}`)
  }
  return { removed, set }
}

/** Values in the order of the fields, as a row. Throws for what is no text, or no JSON. */
function toConnectionRow(values: readonly unknown[]): ConnectionRow {
  return Object.fromEntries(
    FIELDS.map(([name, kind], index) => {
      const stored = toText(values[index])
      const text = stored === null ? null : readText(stored)
      return [name, kind === 'json' && text !== null ? (JSON.parse(text) as unknown) : text]
    }),
  )
}
