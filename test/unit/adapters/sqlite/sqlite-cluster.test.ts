import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import type { SqliteSessionStore } from '../../../../src/adapters/sqlite/sqlite-session-store.js'
import type { LockCluster } from '../../../../src/lease/lock-cluster.js'
import { NO_PID } from '../../../support/dead-holder.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { newFile, openDatabase, openStore } from './opened.js'

function clusterOf({ lock }: SqliteSessionStore): LockCluster {
  if (lock.cluster === undefined) throw new Error('The lock has no cluster.')
  return lock.cluster
}

/** Makes the process that holds a lock, or has entered, look as if it had ended. */
function declareDead(database: SqliteDatabase, sessionId: string): void {
  database.exec(`UPDATE baileys_sessions_heartbeat SET description = json_set(description, '$.pid', ${NO_PID})
    WHERE nonce = (SELECT nonce FROM baileys_sessions_session WHERE session_id = '${sessionId}')`)
  database.exec(`UPDATE baileys_sessions_session SET holder = json_set(holder, '$.pid', ${NO_PID}) WHERE session_id = '${sessionId}'`)
}

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('a member whose process is gone is not shown, and what it noted neither', async () => {
    const file = newFile()
    const database = openDatabase(driver, file)
    const gone = openStore(database)
    await clusterOf(gone).announce('gone')
    const lease = await gone.lock.acquire('a')
    await clusterOf(gone).note('a', lease?.fencingToken ?? NaN, 'noted')
    const cluster = clusterOf(openStore(openDatabase(driver, file)))
    expect(await cluster.follow().next()).toMatchObject({ processes: [{ text: 'gone' }], locks: [{ sessionId: 'a', text: 'noted' }] })
    declareDead(database, 'a')
    expect((await cluster.follow().next()).processes).toEqual([])
    expect(await cluster.holding('a')).toBeNull()
  })

  it('the news of another connection tell what was done on this one, and are told again to nobody', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    const follower = clusterOf(openStore(openDatabase(driver, file))).follow()
    expect(await follower.next()).toEqual({ isComplete: true, processes: [], locks: [] })
    const lease = await store.lock.acquire('a')
    const processId = (await follower.next()).locks[0]?.processId
    expect(processId).toMatch(/^[0-9a-f]{32}$/u)
    await clusterOf(store).note('a', lease?.fencingToken ?? NaN, 'noted')
    expect(await follower.next()).toMatchObject({ isComplete: false, locks: [{ sessionId: 'a', processId, text: 'noted' }] })
    expect((await follower.next()).locks).toEqual([])
    await lease?.release()
    expect(await follower.next()).toMatchObject({ processes: [], locks: [{ sessionId: 'a', processId: null, text: null }] })
  })

  it.each([
    ['another one', "UPDATE baileys_sessions_schema SET database_id = 'another'"],
    ['an older one', 'UPDATE baileys_sessions_session SET revision = revision - 1'],
  ])('a follower is told everything again when the database was replaced by %s', async (_, sql) => {
    const file = newFile()
    const database = openDatabase(driver, file)
    const store = openStore(database)
    const follower = clusterOf(store).follow()
    await store.lock.acquire('a')
    expect(await follower.next()).toMatchObject({ isComplete: true, locks: [{ sessionId: 'a' }] })
    database.exec(sql)
    expect(await follower.next()).toMatchObject({ isComplete: true, locks: [{ sessionId: 'a' }] })
    expect(await follower.next()).toMatchObject({ isComplete: false, locks: [] })
  })

  it('what a process announced goes with its heartbeat once it was silent for a day', async () => {
    const database = openDatabase(driver)
    const store = openStore(database)
    await clusterOf(store).announce('here')
    database.exec("INSERT INTO baileys_sessions_heartbeat (nonce, beat_at, entered) VALUES ('silent', 0, 'gone')")
    await clusterOf(store).leave()
    expect(database.prepare('SELECT * FROM baileys_sessions_heartbeat').all()).toEqual([])
  })

  it('looks for changes, and for the newest one, in the index', async () => {
    const database = openDatabase(driver)
    await openStore(database).lock.acquire('a')
    for (const condition of ['revision > 5', 'revision = (SELECT max(revision) FROM baileys_sessions_session)']) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN SELECT * FROM baileys_sessions_session WHERE ${condition}`).all()
      for (const step of plan)
        expect(step).toMatchObject({ detail: expect.stringMatching(/USING (?:COVERING )?INDEX baileys_sessions_changed|SCALAR SUBQUERY/u) })
    }
  })

  it('tells what was held when the database was brought up to date', async () => {
    const database = openDatabase(driver)
    database.exec(readFileSync(new URL('./schema-version-3.sql', import.meta.url), 'utf8'))
    database.exec(`UPDATE baileys_sessions_heartbeat SET beat_at = ${Date.now()}`)
    expect(await clusterOf(openStore(database)).follow().next()).toMatchObject({
      processes: [{ owner: 'elsewhere:1:abcdef0', text: null }],
      locks: [{ sessionId: 'held', processId: 'abcdef0123', text: null }],
    })
  })
})
