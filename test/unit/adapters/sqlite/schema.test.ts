import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SqliteConnectionRepository } from '../../../../src/adapters/sqlite/sqlite-connection-repository.js'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { outcome } from '../../../support/outcome.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { firstRow, newFile, openDatabase, openStore } from './opened.js'

/** A database as an older version left it: a session with its records, and one of which only the token is left. Never to be changed. */
const leftBy = (version: number): string => readFileSync(new URL(`./schema-version-${version}.sql`, import.meta.url), 'utf8')

/** Everything that is in a database. */
function contentOf(database: SqliteDatabase): unknown {
  const tables = database.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all() as { name: string; sql: string | null }[]
  return tables
    .filter(({ sql }) => sql?.startsWith('CREATE TABLE') === true)
    .map(({ name, sql }) => [
      name,
      sql,
      database
        .prepare(`SELECT * FROM ${name}`)
        .all()
        .map((row) => ({ ...(row as object) })),
    ])
}

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('an empty database gets the tables of the newest version', async () => {
    const database = openDatabase(driver)
    expect(await collect(openStore(database).list())).toEqual([])
    expect(firstRow(database, 'SELECT version FROM baileys_sessions_schema')).toEqual({ version: 4 })
  })

  it.each([1, 2, 3])('a database of version %i is brought up to date, and keeps what it holds', async (version) => {
    const database = openDatabase(driver)
    database.exec(leftBy(version))
    const store = openStore(database)
    expect(await collect(store.list())).toEqual(['shop'])
    expect(await store.read('shop', [CREDS_KEY, { type: 'pre-key', id: '1' }])).toEqual([
      { ...CREDS_KEY, value: '{"me":1}' },
      { type: 'pre-key', id: '1', value: 'k' },
    ])
    expect((await store.lock.acquire('deleted'))?.fencingToken).toBe(8)
    const repository = new SqliteConnectionRepository({ database })
    await repository.save('shop', { status: 'connected' })
    expect(await repository.find('shop')).toMatchObject({ status: 'connected' })
    expect(firstRow(database, 'SELECT version FROM baileys_sessions_schema')).toEqual({ version: 4 })
  })

  it('a connection that can only read says of older tables what brings them up to date, and leaves the journal mode', async () => {
    const file = newFile()
    const older = openDatabase(driver, file)
    older.exec(leftBy(2))
    const database = openDatabase(driver, file, { readonly: true })
    database.exec('PRAGMA query_only = ON')
    const store = openStore(database)
    expect(await outcome(collect(store.list()))).toMatch(
      /^STORE_UNAVAILABLE: The SQLite database has schema version 2, .*reads version 4\. .*creates or updates the tables/,
    )
    expect(firstRow(older, 'PRAGMA journal_mode')).toEqual({ journal_mode: 'delete' })
    expect(await collect(openStore(older).list())).toEqual(['shop'])
    expect(await collect(store.list())).toEqual(['shop'])
  })

  it.each([5, 0, -1, 2.5])('tables of version %d are refused by every call, and nothing is changed', async (version) => {
    const database = openDatabase(driver)
    database.exec(leftBy(1))
    database.exec(`UPDATE baileys_sessions_schema SET version = ${version}`)
    const before = contentOf(database)
    const store = openStore(database)
    const repository = new SqliteConnectionRepository({ database })
    const calls = [
      collect(store.list()),
      collect(store.records('shop')),
      store.read('shop', [CREDS_KEY]),
      store.write('shop', [{ ...CREDS_KEY, value: 'new' }]),
      store.delete('shop'),
      store.lock.acquire('shop'),
      store.lock.owner('shop'),
    ]
    for (const call of await Promise.all(calls.map(outcome)))
      expect(call).toMatch(/^STORE_UNAVAILABLE: .*knows versions 1 to 4.*Update baileys-sessions. Nothing was changed/)
    for (const call of await Promise.all(
      [repository.findAll(), repository.find('shop'), repository.save('shop', {}), repository.delete('shop')].map(outcome),
    )) {
      expect(call).toMatch(/^REPOSITORY_FAILED: .*knows versions 1 to 4/)
    }
    expect(contentOf(database)).toEqual(before)
  })

  it('a version that comes while a store is open stops its writes', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    await store.write('shop', [{ ...CREDS_KEY, value: 'old' }])
    const newer = openDatabase(driver, file)
    newer.exec('UPDATE baileys_sessions_schema SET version = 5')
    expect(await outcome(store.write('shop', [{ ...CREDS_KEY, value: 'new' }]))).toMatch(/^STORE_UNAVAILABLE: .*schema version 5/)
    expect(firstRow(newer, 'SELECT value FROM baileys_sessions_record')).toEqual({ value: 'old' })
  })

  it('a migration that fails half way changes nothing, and is made up for later', async () => {
    const file = newFile()
    const database = openDatabase(driver, file)
    database.exec(leftBy(1))
    // In the way of its last step.
    database.exec("CREATE TRIGGER refuse BEFORE UPDATE ON baileys_sessions_schema BEGIN SELECT RAISE(ABORT, 'not today'); END")
    const before = contentOf(database)
    const store = openStore(database)
    expect(await outcome(collect(store.list()))).toMatch(/^STORE_UNAVAILABLE: .*not today/)
    expect(contentOf(database)).toEqual(before)
    database.exec('DROP TRIGGER refuse')
    expect(await collect(store.list())).toEqual(['shop'])
  })
})
