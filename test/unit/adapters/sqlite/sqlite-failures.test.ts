import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SqliteConnectionRepository } from '../../../../src/adapters/sqlite/sqlite-connection-repository.js'
import type { SqliteSessionStore } from '../../../../src/adapters/sqlite/sqlite-session-store.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { outcome } from '../../../support/outcome.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { firstRow, newFile, openDatabase, openStore } from './opened.js'

const SECRET = 'the private key'
const creds = (value: string): { type: string; id: string; value: string } => ({ ...CREDS_KEY, value })

/** Every verb of a store, one after the other. */
async function everyVerb(store: SqliteSessionStore): Promise<Record<string, string>> {
  return {
    list: await outcome(collect(store.list())),
    records: await outcome(collect(store.records('a'))),
    read: await outcome(store.read('a', [CREDS_KEY])),
    write: await outcome(store.write('a', [creds(SECRET)])),
    delete: await outcome(store.delete('a')),
    acquire: await outcome(store.lock.acquire('a')),
    owner: await outcome(store.lock.owner('a')),
  }
}

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('a database that another connection has locked is waited for, and then it is said; the event loop goes on', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file), { busyTimeoutMs: 400 })
    await store.write('a', [creds('before')])
    const other = openDatabase(driver, file)
    other.exec('BEGIN IMMEDIATE')
    let turns = 0
    const ticking = setInterval(() => {
      turns += 1
    }, 5)
    const began = Date.now()
    expect(await outcome(store.write('a', [creds(SECRET)]))).toMatch(
      /^STORE_UNAVAILABLE: Could not write session "a" in the SQLite database\. .*busyTimeoutMs.*SQLITE_BUSY.*left open/,
    )
    clearInterval(ticking)
    expect(Date.now() - began).toBeGreaterThanOrEqual(390)
    expect(turns).toBeGreaterThan(1)
    // Readers are not in anybody's way.
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('before')])
    const repository = new SqliteConnectionRepository({ database: openDatabase(driver, file), busyTimeoutMs: 0 })
    expect(await outcome(repository.save('a', {}))).toMatch(/^REPOSITORY_FAILED: .*SQLITE_BUSY/)
    const writing = openStore(openDatabase(driver, file)).write('a', [creds('after')])
    await new Promise((resolve) => {
      setTimeout(resolve, 60)
    })
    other.exec('ROLLBACK')
    await writing
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('after')])
  })

  it('sessions that wait for a lock leave the event loop to others, such as the one who has the lock', async () => {
    const file = newFile()
    const database = openDatabase(driver, file)
    const store = openStore(database, { busyTimeoutMs: 1500 })
    await store.write('a', [creds('c')])
    expect(firstRow(database, 'PRAGMA busy_timeout')).toEqual({ timeout: 0 })
    const other = openDatabase(driver, file)
    other.exec('BEGIN IMMEDIATE')
    setTimeout(() => {
      other.exec('COMMIT')
    }, 100)
    const sessions = Array.from({ length: 100 }, (_, index) => `s${index}`)
    expect(new Set(await Promise.all(sessions.map((sessionId) => outcome(store.write(sessionId, [creds('c')])))))).toEqual(new Set(['done']))
    expect(await collect(store.list())).toHaveLength(101)
  })

  it('a full disk refuses the whole write, says so, and recovers with room', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    await store.write('a', [creds('before'), { type: 'key', id: '1', value: 'before' }])
    const { page_count: pages } = firstRow(database, 'PRAGMA page_count') as { page_count: number }
    database.exec(`PRAGMA max_page_count = ${pages + 2}`)
    const big = Array.from({ length: 100 }, (_, index) => ({ type: 'key', id: String(index), value: `${SECRET} ${'x'.repeat(1000)}` }))
    const refused = await outcome(store.write('a', [creds('new'), ...big]))
    expect(refused).toMatch(/^STORE_UNAVAILABLE: .*SQLITE_FULL.*Free some space/)
    expect(refused).not.toContain(SECRET)
    expect(await store.read('a', [CREDS_KEY, { type: 'key', id: '1' }])).toEqual([creds('before'), { type: 'key', id: '1', value: 'before' }])
    expect(await collect(store.records('a'))).toHaveLength(2)
    database.exec('PRAGMA max_page_count = 1000000')
    await store.write('a', [creds('new'), ...big])
    expect(await collect(store.records('a'))).toHaveLength(101)
  })

  it('a damaged page is told as what it is: the records on it are corrupt, not missing, and nothing is written over them', async () => {
    const file = newFile()
    const writing = openDatabase(driver, file)
    const store = openStore(writing)
    for (const sessionId of ['a', 'b'])
      await store.write(
        sessionId,
        Array.from({ length: 200 }, (_, index) => ({ type: 'key', id: String(index), value: 'x'.repeat(500) })),
      )
    const { rootpage } = firstRow(writing, "SELECT rootpage FROM sqlite_master WHERE name = 'baileys_sessions_record'") as { rootpage: number }
    const { page_size: size } = firstRow(writing, 'PRAGMA page_size') as { page_size: number }
    await store.close()
    writing.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    writing.close()
    const damaged = openSync(file, 'r+')
    writeSync(damaged, Buffer.alloc(size, 0xab), 0, size, (rootpage - 1) * size)
    closeSync(damaged)
    const before = readFileSync(file)
    const again = openStore(openDatabase(driver, file))
    expect(await outcome(again.read('a', [{ type: 'key', id: '1' }]))).toMatch(
      /^RECORD_CORRUPT: .*One of its pages is damaged \(SQLITE_CORRUPT\).*restore a backup/,
    )
    expect(await outcome(again.write('a', [{ type: 'key', id: '1', value: SECRET }]))).toMatch(/^STORE_UNAVAILABLE: .*SQLITE_CORRUPT/)
    expect(await outcome(collect(again.records('a')))).toMatch(/^STORE_UNAVAILABLE: .*SQLITE_CORRUPT/)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('a damaged row is corrupt, and the others of its session are not', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    await store.write('a', [creds('c'), { type: 'key', id: '1', value: 'k' }])
    database.exec("UPDATE baileys_sessions_record SET value = x'00ff' WHERE type = 'creds'")
    expect(await outcome(store.read('a', [CREDS_KEY]))).toBe(
      'RECORD_CORRUPT: Record "creds" "" of session "a" is not text in the SQLite database. Nothing was changed.',
    )
    expect(await store.read('a', [{ type: 'key', id: '1' }])).toEqual([{ type: 'key', id: '1', value: 'k' }])
  })

  it('a file that is no database is refused by every verb, and left as it is', async () => {
    const file = newFile()
    writeFileSync(file, 'creds of somebody else\n'.repeat(500))
    const before = readFileSync(file)
    const store = openStore(openDatabase(driver, file))
    for (const refused of Object.values(await everyVerb(store)))
      expect(refused).toMatch(/^STORE_UNAVAILABLE: .*not a SQLite database.*SQLITE_NOTADB.*Nothing was changed/)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('a database that was opened for reading is read, and says why it is not written', async () => {
    const file = newFile()
    const writing = openDatabase(driver, file)
    await openStore(writing).write('a', [creds('c')])
    const store = openStore(openDatabase(driver, file, { readonly: true }))
    const readOnly = expect.stringMatching(/^STORE_UNAVAILABLE: .*is read-only \(SQLITE_READONLY\).*-wal and -shm/)
    expect(await everyVerb(store)).toEqual({ list: 'done', records: 'done', read: 'done', owner: 'done', write: readOnly, delete: readOnly, acquire: readOnly })
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
  })

  it('a read-only database without a log is read, too', async () => {
    const file = newFile()
    const writing = openDatabase(driver, file)
    await openStore(writing).write('a', [creds('c')])
    writing.exec('PRAGMA journal_mode = DELETE')
    const copy = newFile()
    copyFileSync(file, copy)
    const store = openStore(openDatabase(driver, copy, { readonly: true }))
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
    expect(statSync(copy).size).toBe(statSync(file).size)
  })

  it('a database object that was closed says so, with every verb', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    await store.write('a', [creds('c')])
    database.close()
    for (const refused of Object.values(await everyVerb(store))) expect(refused).toMatch(/^STORE_UNAVAILABLE: .*database object is closed/)
    const repository = new SqliteConnectionRepository({ database })
    expect(await outcome(repository.find('a'))).toMatch(/^REPOSITORY_FAILED: .*database object is closed/)
    await store.close()
  })

  it('what only the driver knows is told without the values that were bound', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    await store.write('a', [creds('c')])
    database.exec("CREATE TRIGGER refuse BEFORE INSERT ON baileys_sessions_record BEGIN SELECT RAISE(ABORT, 'not today'); END")
    expect(await outcome(store.write('a', [{ type: 'key', id: '1', value: SECRET }]))).toBe(
      'STORE_UNAVAILABLE: Could not write session "a" in the SQLite database. It says: not today.',
    )
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
  })
})

it.each([
  ['SQLITE_IOERR_WRITE', /The disk failed \(SQLITE_IOERR\)/],
  ['SQLITE_IOERR_FSYNC', /The disk failed \(SQLITE_IOERR\)/],
  ['SQLITE_CANTOPEN', /cannot be opened/],
  ['SQLITE_READONLY_DBMOVED', /is read-only/],
  ['ELSE', /See the cause of this error/],
])('a driver that fails with %s is told with advice, and never with what it says itself', async (code, advice) => {
  const [driver] = SQLITE_DRIVERS
  if (driver === undefined) throw new Error('There is no driver.')
  const database = openDatabase(driver)
  let isBroken = false
  const store = openStore({
    prepare: (sql) => database.prepare(sql),
    exec: (sql) => {
      if (isBroken && sql === 'COMMIT') throw Object.assign(new Error(`could not write ${SECRET}`), { code })
      return database.exec(sql)
    },
    close: () => database.close(),
  })
  await store.write('a', [creds('before')])
  isBroken = true
  const refused = await outcome(store.write('a', [creds(SECRET)]))
  expect(refused).toMatch(/^STORE_UNAVAILABLE: Could not write session "a"/)
  expect(refused).toMatch(advice)
  expect(refused).not.toContain(SECRET)
  isBroken = false
  expect(await store.read('a', [CREDS_KEY])).toEqual([creds('before')])
  await store.write('a', [creds('after')])
})
