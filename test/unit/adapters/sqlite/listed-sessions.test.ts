import { describe, expect, it } from 'vitest'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { CREDS_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { outcome } from '../../../support/outcome.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { newFile, openDatabase, openStore } from './opened.js'

const record = (id: string, value: string | null = 'k'): RecordChange => ({ type: 'key', id, value })
const creds: RecordChange = { ...CREDS_KEY, value: 'c' }

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('a session is listed from its first record on, until its last one is gone', async () => {
    const store = openStore(openDatabase(driver))
    const listed = (): Promise<string[]> => collect(store.list())
    await store.write('a', [record('1'), creds])
    expect(await listed()).toEqual(['a'])
    await store.write('a', [{ ...creds, value: null }])
    expect(await listed()).toEqual(['a'])
    await store.write('a', [record('1', null), record('2', null)])
    expect(await listed()).toEqual([])
    await store.write('a', [record('1')])
    expect(await listed()).toEqual(['a'])
    await store.delete('a')
    expect(await listed()).toEqual([])
    await store.write('a', [creds])
    expect(await listed()).toEqual(['a'])
  })

  it.each<[string, RecordChange[], string[]]>([
    ['nothing', [], []],
    ['what is only removed', [record('1', null)], []],
    ['a record that is removed in the same call', [record('2'), record('2', null)], []],
    ['a record that is removed and comes back in the same call', [record('1', null), record('1')], ['a']],
    ['another record', [record('2')], ['a']],
  ])('a session of which all is replaced with %s is listed only if something is left', async (_, changes, left) => {
    const store = openStore(openDatabase(driver))
    await store.write('a', [creds, record('1')])
    await store.write('a', changes, { replaceAll: true })
    expect(await collect(store.list())).toEqual(left)
  })

  it('a session that never had a record is not listed: one written with nothing, one with what is removed again, one that is only locked', async () => {
    const store = openStore(openDatabase(driver))
    await store.write('nothing', [])
    await store.write('nothing', [record('1', null)], { replaceAll: true })
    await store.write('again', [record('1'), record('1', null)])
    const lease = await store.lock.acquire('locked')
    expect(await collect(store.list())).toEqual([])
    await store.write('locked', [creds], { fencingToken: lease?.fencingToken ?? NaN })
    expect(await collect(store.list())).toEqual(['locked'])
    await store.delete('locked', { fencingToken: lease?.fencingToken ?? NaN })
    expect(await collect(store.list())).toEqual([])
    await lease?.release()
    expect(await collect(store.list())).toEqual([])
  })

  it('locks taken and given back change nothing about a session with records', async () => {
    const store = openStore(openDatabase(driver))
    await store.write('a', [creds])
    const lease = await store.lock.acquire('a')
    expect(await collect(store.list())).toEqual(['a'])
    await lease?.release()
    expect(await collect(store.list())).toEqual(['a'])
  })

  it('a write or delete that fails in the middle changes nothing about it', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    await store.write('full', [creds, record('1')])
    const lease = await store.lock.acquire('empty')
    const fencingToken = lease?.fencingToken ?? NaN
    database.exec("CREATE TRIGGER no_insert BEFORE INSERT ON baileys_sessions_record WHEN NEW.id = 'bad' BEGIN SELECT RAISE(ABORT, 'not today'); END")
    database.exec("CREATE TRIGGER no_delete BEFORE DELETE ON baileys_sessions_record WHEN OLD.id = '1' BEGIN SELECT RAISE(ABORT, 'not today'); END")
    const refused = expect.stringContaining('not today')
    expect(await outcome(store.write('empty', [creds, record('bad')], { fencingToken }))).toEqual(refused)
    expect(await outcome(store.write('new', [creds, record('bad')]))).toEqual(refused)
    expect(await outcome(store.write('full', [{ ...creds, value: null }, record('1', null)]))).toEqual(refused)
    expect(await outcome(store.write('full', [], { replaceAll: true }))).toEqual(refused)
    expect(await outcome(store.delete('full'))).toEqual(refused)
    expect(await collect(store.list())).toEqual(['full'])
    // Nor is the next one misled.
    await store.write('empty', [creds], { fencingToken })
    await store.write('new', [record('good')])
    expect(await collect(store.list())).toEqual(['empty', 'full', 'new'])
  })

  it('a commit that fails changes nothing about it', async () => {
    const database = openDatabase(driver)
    let isBroken = false
    const breakable: SqliteDatabase = {
      exec: (sql) => {
        if (isBroken && sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' })
        return database.exec(sql)
      },
      prepare: (sql) => database.prepare(sql),
      close: () => database.close(),
    }
    const store = openStore(breakable)
    await store.write('full', [creds])
    isBroken = true
    expect(await outcome(store.write('new', [creds]))).toMatch(/^STORE_UNAVAILABLE/)
    expect(await outcome(store.delete('full'))).toMatch(/^STORE_UNAVAILABLE/)
    isBroken = false
    expect(await collect(store.list())).toEqual(['full'])
  })

  it('what one connection adds and removes, another lists right', async () => {
    const file = newFile()
    const [one, other] = [openStore(openDatabase(driver, file)), openStore(openDatabase(driver, file))]
    await one.write('a', [creds])
    await other.write('b', [creds])
    await other.write('a', [record('1')])
    await one.write('a', [{ ...creds, value: null }])
    expect(await collect(one.list())).toEqual(['a', 'b'])
    await one.write('a', [record('1', null)])
    await one.delete('b')
    expect(await collect(other.list())).toEqual([])
  })

  it('listing looks at no record, and at no row of a session either', async () => {
    const database = openDatabase(driver)
    const prepared: string[] = []
    const watched: SqliteDatabase = {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => {
        prepared.push(sql)
        return database.prepare(sql)
      },
      close: () => database.close(),
    }
    const store = openStore(watched)
    await store.write(
      'a',
      Array.from({ length: 501 }, (_, index) => record(String(index))),
    )
    for (let index = 0; index < 501; index += 1) await store.write(`s${index}`, [creds])
    prepared.length = 0
    expect(await collect(store.list())).toHaveLength(502)
    expect(prepared).toHaveLength(2)
    const plan = prepared
      .flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all('', 1))
      .map((row) => JSON.stringify(row))
      .join('\n')
    expect(plan.match(/baileys_sessions_session USING \w+ INDEX \w+/gu)).toEqual(
      Array(2).fill('baileys_sessions_session USING COVERING INDEX baileys_sessions_listed'),
    )
    expect(plan).not.toMatch(/baileys_sessions_record|TEMP B-TREE/u)
  })
})
