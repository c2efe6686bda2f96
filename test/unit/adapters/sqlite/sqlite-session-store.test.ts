import { describe, expect, it, vi } from 'vitest'
import { SqliteConnectionRepository } from '../../../../src/adapters/sqlite/sqlite-connection-repository.js'
import type { SqliteDatabase, SqliteSessionStoreOptions, SqliteValue } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { SqliteSessionStore } from '../../../../src/adapters/sqlite/sqlite-session-store.js'
import { CREDS_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { outcome } from '../../../support/outcome.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { firstRow, newFile, openDatabase, openStore } from './opened.js'

const creds = (value: string): { type: string; id: string; value: string } => ({ ...CREDS_KEY, value })

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('store and repository share a database with tables of the application, and close leaves it open', async () => {
    const database = openDatabase(driver)
    database.exec("CREATE TABLE mine (text TEXT); INSERT INTO mine VALUES ('kept')")
    const store = openStore(database)
    const repository = new SqliteConnectionRepository({ database })
    await Promise.all([store.write('a', [creds('c')]), repository.save('a', { owner: 'me' })])
    await store.delete('a')
    await store.close()
    expect(await repository.find('a')).toMatchObject({ owner: 'me' })
    expect(firstRow(database, 'SELECT text FROM mine')).toEqual({ text: 'kept' })
  })

  it('keeps a column that the application has added', async () => {
    const database = openDatabase(driver)
    const repository = new SqliteConnectionRepository({ database })
    await repository.save('a', {})
    database.exec('ALTER TABLE baileys_sessions_connection ADD COLUMN company TEXT')
    database.exec("UPDATE baileys_sessions_connection SET company = 'ours'")
    await repository.save('a', { status: 'connected' })
    expect(firstRow(database, 'SELECT company, status FROM baileys_sessions_connection')).toEqual({ company: 'ours', status: 'connected' })
  })

  it('touches the database with the first call, not before', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    expect(database.prepare('SELECT name FROM sqlite_master').all()).toEqual([])
    expect(await collect(store.list())).toEqual([])
    expect(database.prepare('SELECT name FROM sqlite_master').all()).not.toEqual([])
  })

  it.each([
    ['power', 2],
    ['process', 1],
  ] as const)('durability %s writes with synchronous = %i, whatever others set on the connection', async (durability, synchronous) => {
    const database = openDatabase(driver)
    const seen: unknown[] = []
    const watched: SqliteDatabase = {
      exec: (sql) => {
        if (sql === 'COMMIT') seen.push(firstRow(database, 'PRAGMA synchronous'))
        return database.exec(sql)
      },
      prepare: (sql) => database.prepare(sql),
      close: () => database.close(),
    }
    const store = openStore(watched, { durability })
    await store.write('a', [creds('1')])
    database.exec('PRAGMA synchronous = OFF')
    await store.write('a', [creds('2')])
    expect(firstRow(database, 'PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(seen).toEqual([{ synchronous }, { synchronous }, { synchronous }])
  })

  it('where there can be no log beside the file it is "power" in any case, and works', async () => {
    const database = openDatabase(driver, ':memory:')
    const store = openStore(database, { durability: 'process' })
    await store.write('a', [creds('c')])
    expect(firstRow(database, 'PRAGMA journal_mode')).toEqual({ journal_mode: 'memory' })
    expect(firstRow(database, 'PRAGMA synchronous')).toEqual({ synchronous: 2 })
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
  })

  it('keeps what SQLite and its drivers would cut off or change, in ids and values (hostile texts)', async () => {
    const file = newFile()
    const database = openDatabase(driver, file)
    const texts = ['a', 'a\0b', 'a\0c', '\u0001', '\u00010000', 'a\u00010000b', '\ud83e', '\ud83e!', '\udd8a', '\ufffd', '🦊', '']
    const store = openStore(database)
    for (const text of texts) await store.write(text, [{ type: text, id: text, value: text }])
    const again = openStore(openDatabase(driver, file))
    expect((await collect(again.list())).sort()).toEqual([...texts].sort())
    for (const text of texts) {
      expect(await again.read(text, [{ type: text, id: text }])).toEqual([{ type: text, id: text, value: text }])
      expect(await collect(again.records(text))).toEqual([{ type: text, id: text }])
    }
  })

  it('reads records of several types as one write has left them, also when another connection writes meanwhile', async () => {
    const file = newFile()
    const keys = [CREDS_KEY, { type: 'key', id: '1' }, { type: 'other', id: '1' }]
    const batch = (value: string): RecordChange[] => keys.map((key) => ({ ...key, value }))
    const database = openDatabase(driver, file)
    const other = openStore(openDatabase(driver, file))
    await other.write('a', batch('old'))
    const writing: Promise<void>[] = []
    const watched: SqliteDatabase = {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => {
        const statement = database.prepare(sql)
        const all = (...values: SqliteValue[]): unknown[] => {
          const rows = statement.all(...values)
          // In the middle of the read, if it has one.
          if (sql.includes('baileys_sessions_record')) writing.push(other.write('a', batch('new')))
          return rows
        }
        return { run: (...values) => statement.run(...values), get: (...values) => statement.get(...values), all }
      },
      close: () => database.close(),
    }
    const read = async (): Promise<string[]> => (await openStore(watched).read('a', keys)).map(({ value }) => value)
    expect([await read(), writing.length]).toEqual([['old', 'old', 'old'], 1])
    await Promise.all(writing)
    expect(await read()).toEqual(['new', 'new', 'new'])
    await Promise.all(writing)
  })

  it('lists and reads many in pages, and the event loop goes on in between', async () => {
    const database = openDatabase(driver)
    const store = openStore(database, { durability: 'process' })
    const keys = Array.from({ length: 3000 }, (_, index) => ({ type: 'session', id: String(index) }))
    await store.write(
      'many',
      keys.map((key) => ({ ...key, value: key.id })),
    )
    database.exec('BEGIN')
    database.exec(
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO baileys_sessions_session (session_id, has_records) SELECT 's' || i, 1 FROM n",
    )
    database.exec("INSERT INTO baileys_sessions_record SELECT session_key, 'creds', '', 'c' FROM baileys_sessions_session WHERE session_id <> 'many'")
    database.exec('COMMIT')
    let turns = 0
    const ticking = setInterval(() => {
      turns += 1
    }, 0)
    const turnsOf = async (work: Promise<unknown[]>): Promise<number[]> => {
      const before = turns
      const { length } = await work
      return [length, turns - before]
    }
    const [listed, listTurns = 0] = await turnsOf(collect(store.list()))
    const [records, recordTurns = 0] = await turnsOf(collect(store.records('many')))
    const [read, readTurns = 0] = await turnsOf(store.read('many', keys))
    clearInterval(ticking)
    expect([listed, records, read]).toEqual([10_001, 3000, 3000])
    // A timer fires at most once a millisecond, however many turns there are.
    expect([listTurns > 2, recordTurns > 0, readTurns > 0]).toEqual([true, true, true])
  })

  it('waits for a transaction of the application on the same object, and then says so', async () => {
    const database = openDatabase(driver)
    const store = openStore(database, { busyTimeoutMs: 300 })
    await store.write('a', [creds('before')])
    database.exec('BEGIN')
    const writing = store.write('a', [creds('after')])
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    database.exec('ROLLBACK')
    await writing
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('after')])
    database.exec('BEGIN')
    expect(await outcome(store.write('a', [creds('never')]))).toMatch(
      /^STORE_UNAVAILABLE: .*left a transaction open on the database object.*Give the store its own connection/,
    )
    database.exec('ROLLBACK')
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('after')])
  })

  it('writes of one session keep their order when the first of them has to wait', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    await store.write('a', [creds('0')])
    const other = openDatabase(driver, file)
    other.exec('BEGIN IMMEDIATE')
    const writing = Array.from({ length: 12 }, (_, number) => store.write('a', [creds(String(number)), { type: 'key', id: String(number), value: '' }]))
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    other.exec('COMMIT')
    await Promise.all(writing)
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('11')])
    expect(await collect(store.records('a'))).toHaveLength(13)
  })

  it('makes a token for every acquire that is greater, also after a delete', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    for (const expected of [1, 2, 3]) {
      const lease = await store.lock.acquire('a')
      expect(lease?.fencingToken).toBe(expected)
      await store.delete('a', { fencingToken: expected })
      await lease?.release()
    }
  })

  it('a holder that can be seen keeps its lock, however old its last sign of life', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    const lease = await store.lock.acquire('a')
    openDatabase(driver, file).exec('UPDATE baileys_sessions_session SET held_since = 0; UPDATE baileys_sessions_heartbeat SET beat_at = 0')
    const other = openStore(openDatabase(driver, file))
    expect(await other.lock.acquire('a')).toBeNull()
    expect(await other.lock.owner('a')).toBe(lease?.owner)
  })

  it('a release by a holder that was replaced, and does not know it yet, frees nobody else', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    const old = await store.lock.acquire('a')
    openDatabase(driver, file).exec(`UPDATE baileys_sessions_session SET holder = json_set(holder, '$.pid', ${2 ** 30})`)
    const other = openStore(openDatabase(driver, file))
    const lease = await other.lock.acquire('a')
    await old?.release()
    expect(await other.lock.owner('a')).toBe(lease?.owner)
    expect(await store.lock.acquire('a')).toBeNull()
  })

  it('close waits for the writes that are under way, and gives back the leases after them', async () => {
    const database = openDatabase(driver)
    let isLocked = false
    const lockedOnce: SqliteDatabase = {
      exec: (sql) => {
        if (!isLocked || sql !== 'BEGIN IMMEDIATE') return database.exec(sql)
        isLocked = false
        throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' })
      },
      prepare: (sql) => database.prepare(sql),
      close: () => database.close(),
    }
    const store = openStore(lockedOnce)
    const lease = await store.lock.acquire('a')
    isLocked = true
    const order: string[] = []
    const writing = store.write('a', [creds('last')], { fencingToken: lease?.fencingToken ?? NaN }).then(() => order.push('written'))
    // Until it was refused once, and tries again.
    await vi.waitFor(
      () => {
        expect(isLocked).toBe(false)
      },
      { interval: 1 },
    )
    await Promise.all([writing, store.close().then(() => order.push('closed'))])
    expect(order).toEqual(['written', 'closed'])
    expect(firstRow(database, 'SELECT holder FROM baileys_sessions_session')).toEqual({ holder: null })
    expect(firstRow(database, 'SELECT count(*) AS beating FROM baileys_sessions_heartbeat')).toEqual({ beating: 0 })
  })

  it('reads numbers that come as bigints', async () => {
    const plain = openDatabase(driver)
    const database: SqliteDatabase = {
      exec: (sql) => plain.exec(sql),
      prepare: (sql) => {
        const statement = plain.prepare(sql)
        return {
          run: (...values) => statement.run(...values),
          get: (...values) => statement.get(...values),
          all: (...values) => statement.all(...values).map(withBigints),
        }
      },
      close: () => plain.close(),
    }
    const store = openStore(database)
    const lease = await store.lock.acquire('a')
    await store.write('a', [creds('c')], { fencingToken: lease?.fencingToken ?? NaN })
    expect([lease?.fencingToken, await collect(store.list())]).toEqual([1, ['a']])
  })
})

/** A row as connections give it that were told to read bigints: those of `node:sqlite` have no prototype either. */
function withBigints(row: unknown): unknown {
  const columns = Object.entries({ ...(row as object) }).map(([column, value]) => [column, typeof value === 'number' ? BigInt(value) : value])
  return Object.assign(Object.create(null) as object, Object.fromEntries(columns))
}

describe('the options', () => {
  const [driver] = SQLITE_DRIVERS
  const make = (options: Partial<Record<keyof SqliteSessionStoreOptions, unknown>>): SqliteSessionStore => {
    const database = driver === undefined ? null : openDatabase(driver, ':memory:')
    return new SqliteSessionStore({ database, ...options } as SqliteSessionStoreOptions)
  }

  it.each([
    ['null', null, /but it is null/],
    ['a path', './sessions.db', /but it is of type string/],
    ['an object of another kind', {}, /has no exec, no prepare, no close/],
    [
      'one with callbacks',
      { exec: () => null, prepare: () => ({ run: () => null, get: () => null, all: () => ({}) }), close: (): null => null },
      /this one returns rows in another form/,
    ],
    [
      'one with promises',
      { exec: () => null, prepare: () => ({ run: () => null, get: () => null, all: async () => [] }), close: (): null => null },
      /returns promises/,
    ],
    ['one whose statements are others', { exec: () => null, prepare: async () => null, close: (): null => null }, /have no run, get and all methods/],
    [
      'one whose rows are lists',
      { exec: () => null, prepare: () => ({ run: () => null, get: () => null, all: () => [[1]] }), close: (): null => null },
      /rows are not objects/,
    ],
  ])('refuse %s as a database, and say what is expected', (_, database, why) => {
    expect(() => make({ database })).toThrow(TypeError)
    expect(() => make({ database })).toThrow(/must be an open, synchronous database: a DatabaseSync of node:sqlite, or a Database of better-sqlite3 or libsql/)
    expect(() => make({ database })).toThrow(why)
    expect(() => new SqliteConnectionRepository({ database } as never)).toThrow(TypeError)
  })

  it('refuse other values that cannot be used, by name', () => {
    expect(() => make({ durability: 'full' })).toThrow(/durability must be 'power' or 'process', but is "full"/)
    for (const name of ['busyTimeoutMs', 'staleAfterMs'] as const) {
      expect(() => make({ [name]: '5' })).toThrow(TypeError)
      for (const value of [-1, NaN, Infinity]) expect(() => make({ [name]: value })).toThrow(RangeError)
      expect(() => make({ [name]: -1 })).toThrow(name)
    }
    expect(() => make({ staleAfterMs: 10 })).toThrow(RangeError)
  })
})
