import { describe, expect, it } from 'vitest'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { outcome } from '../../../support/outcome.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { firstRow, newFile, openDatabase, openStore } from './opened.js'

const creds = { ...CREDS_KEY, value: 'c' }
const CLOSED = 'STORE_UNAVAILABLE: The store is closed. Create a new one.'

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('nothing is begun after the call of close, not even while it waits for a write', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    await store.write('a', [creds])
    const other = openDatabase(driver, file)
    other.exec('BEGIN IMMEDIATE')
    const writing = store.write('a', [creds])
    const order: string[] = []
    const closing = Promise.all([writing.then(() => order.push('written')), store.close().then(() => order.push('closed'))])
    const calls = [store.lock.acquire('b'), store.lock.owner('a'), store.write('a', [creds]), store.delete('a'), store.read('a', [CREDS_KEY])]
    for (const refused of await Promise.all(calls.map(outcome))) expect(refused).toBe(CLOSED)
    other.exec('COMMIT')
    await closing
    expect(order).toEqual(['written', 'closed'])
    expect(firstRow(other, 'SELECT count(*) AS held FROM baileys_sessions_session WHERE nonce IS NOT NULL')).toEqual({ held: 0 })
  })

  it('a lock that is being taken when the store is closed is given back, and not handed out', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    const acquiring = outcome(store.lock.acquire('a'))
    await store.close()
    expect(await acquiring).toBe(CLOSED)
    expect(firstRow(database, 'SELECT count(*) AS held FROM baileys_sessions_session WHERE nonce IS NOT NULL')).toEqual({ held: 0 })
  })

  it('leases that end at once leave no heartbeat behind, and one that stays keeps it', async () => {
    const database = openDatabase(driver)
    const beating = (): unknown => firstRow(database, 'SELECT count(*) AS beating FROM baileys_sessions_heartbeat')
    const [store, other] = [openStore(database), openStore(database)]
    const [first, second] = await Promise.all(['a', 'b', 'c'].map((sessionId) => store.lock.acquire(sessionId)))
    await Promise.all(['d', 'e', 'f'].map((sessionId) => other.lock.acquire(sessionId)))
    await Promise.all([first?.release(), second?.release()])
    expect(beating()).toEqual({ beating: 2 })
    await other.close()
    expect(beating()).toEqual({ beating: 1 })
    await store.close()
    expect(beating()).toEqual({ beating: 0 })
  })

  it('a list that is under way ends with the store', async () => {
    const database = openDatabase(driver)
    const store = openStore(database, { durability: 'process' })
    await store.write(
      'a',
      Array.from({ length: 501 }, (_, index) => ({ type: 'key', id: String(index), value: 'k' })),
    )
    for (let index = 0; index < 501; index += 1) await store.write(`s${index}`, [creds])
    const lists = [store.list()[Symbol.asyncIterator](), store.records('a')[Symbol.asyncIterator]()]
    for (const list of lists) expect((await list.next()).done).toBe(false)
    await store.close()
    for (const list of lists) {
      expect(
        await outcome(
          (async () => {
            while ((await list.next()).done !== true);
          })(),
        ),
      ).toBe(CLOSED)
    }
  })

  it('a close that failed can be tried again, and gives the leases back then', async () => {
    const database = openDatabase(driver)
    let isBroken = false
    const breakable: SqliteDatabase = {
      exec: (sql) => {
        if (isBroken && sql === 'BEGIN IMMEDIATE') throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_READ' })
        return database.exec(sql)
      },
      prepare: (sql) => database.prepare(sql),
      close: () => database.close(),
    }
    const store = openStore(breakable)
    const lease = await store.lock.acquire('a')
    isBroken = true
    expect(await outcome(store.close())).toMatch(/^STORE_UNAVAILABLE: Could not release the lock of session "a"/)
    expect(await outcome(store.read('a', [CREDS_KEY]))).toBe(CLOSED)
    isBroken = false
    await store.close()
    expect(firstRow(database, 'SELECT holder FROM baileys_sessions_session')).toEqual({ holder: null })
    await lease?.release()
  })
})
