import type { ConnectionRecord, ConnectionRepository } from 'baileys-sessions'
import type { SqliteDatabase } from 'baileys-sessions/sqlite'

const ONE = 'SELECT whatsapp FROM customers WHERE id = ? AND whatsapp IS NOT NULL'

/** Keeps the connections in a column of a table that the application already has, here `customers(id, name, whatsapp)`. */
export class CustomerConnections implements ConnectionRepository {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  async findAll(): Promise<ConnectionRecord[]> {
    return this.#rows('SELECT whatsapp FROM customers WHERE whatsapp IS NOT NULL')
  }

  async find(sessionId: string): Promise<ConnectionRecord | null> {
    return isText(sessionId) ? (this.#rows(ONE, sessionId)[0] ?? null) : null
  }

  async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    if (!isText(sessionId)) throw new TypeError('A session id must be text that the database can hold.')
    const given = Object.fromEntries(Object.entries<unknown>(changes).filter(([, value]) => value !== undefined))
    // Between reading and writing nothing else may run: saves come at the same time.
    const [known] = this.#rows(ONE, sessionId)
    const record = { ...(known ?? freshRecord()), ...given, sessionId }
    this.#database
      .prepare('INSERT INTO customers (id, whatsapp) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET whatsapp = excluded.whatsapp')
      .run(sessionId, JSON.stringify(record))
  }

  /** The customer stays. */
  async delete(sessionId: string): Promise<void> {
    if (isText(sessionId)) this.#database.prepare('UPDATE customers SET whatsapp = NULL WHERE id = ?').run(sessionId)
  }

  #rows(sql: string, ...values: string[]): ConnectionRecord[] {
    // What `save` has written there.
    const rows = this.#database.prepare(sql).all(...values) as { whatsapp: string }[]
    return rows.map(({ whatsapp }) => withDates(JSON.parse(whatsapp) as ConnectionRecord))
  }
}

/** Half a character becomes another one in the database. */
function isText(sessionId: string): boolean {
  return Buffer.from(sessionId).toString() === sessionId
}

function freshRecord(): Omit<ConnectionRecord, 'sessionId'> {
  return {
    status: 'disconnected',
    reason: null,
    phoneNumber: null,
    lastConnectedAt: null,
    lastDisconnect: null,
    owner: null,
    updatedAt: new Date(),
    metadata: {},
  }
}

/** JSON makes texts of dates. */
function withDates({ lastConnectedAt, lastDisconnect, updatedAt, ...record }: ConnectionRecord): ConnectionRecord {
  return {
    ...record,
    updatedAt: new Date(updatedAt),
    lastConnectedAt: lastConnectedAt && new Date(lastConnectedAt),
    lastDisconnect: lastDisconnect && { ...lastDisconnect, at: new Date(lastDisconnect.at) },
  }
}
