import { describe, expect, it, vi } from 'vitest'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import type { SessionRow } from '../../../../src/adapters/sqlite/sqlite-lock-table.js'
import * as identity from '../../../../src/lease/holder.js'
import * as judgement from '../../../../src/lease/holder.js'
import type { LeaseLock } from '../../../../src/lease/lease-lock.js'
import { CREDS_KEY, type SessionStore } from '../../../../src/store/session-store.js'
import { openSqliteLock } from '../../../support/opened-locks.js'
import { outcome } from '../../../support/outcome.js'
import { SQLITE_DRIVERS } from '../../../support/sqlite-drivers.js'
import { firstRow, newFile, openDatabase, openStore } from './opened.js'

vi.mock('../../../../src/lease/holder.js', { spy: true })
vi.mock('../../../../src/lease/holder.js', { spy: true })

const HOUR_MS = 3_600_000
const creds = (value: string): { type: string; id: string; value: string } => ({ ...CREDS_KEY, value })

/** A lock in a container of its own: others cannot see its process, nor it theirs. */
function lockElsewhere(database: SqliteDatabase, container: string): LeaseLock<SessionRow> {
  return openSqliteLock(database, { describe: async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: container, platform: 'linux' }) })
}

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('a holder elsewhere that beats keeps its lock when the clock is set back', async () => {
    const file = newFile()
    const holder = openDatabase(driver, file)
    const lock = lockElsewhere(holder, 'one')
    const lease = await lock.acquire('a')
    // As if it had been taken by a clock that went an hour ahead; the beat is of the clock as it is now.
    holder.exec(`UPDATE baileys_sessions_session SET held_since = held_since + ${HOUR_MS}`)
    const other = lockElsewhere(openDatabase(driver, file), 'other')
    expect(await other.acquire('a')).toBeNull()
    expect(await other.owner('a')).toBe(lease?.owner)
    await lock.close()
  })

  it('a holder without a heartbeat counts as alive for as long after it took the lock', async () => {
    const file = newFile()
    const holder = openDatabase(driver, file)
    const lock = lockElsewhere(holder, 'one')
    await lock.acquire('a')
    holder.exec('DELETE FROM baileys_sessions_heartbeat')
    const other = lockElsewhere(openDatabase(driver, file), 'other')
    expect(await other.acquire('a')).toBeNull()
    holder.exec('UPDATE baileys_sessions_session SET held_since = held_since - 61000')
    const lease = await other.acquire('a')
    expect(lease?.fencingToken).toBe(2)
    await Promise.all([lock.close(), other.close()])
  })

  it.each([
    ['is not replaced', async ({ lock }: SessionStore) => lock.acquire('a'), null],
    ['is not written over', async (store: SessionStore) => outcome(store.write('a', [creds('c')])), expect.stringMatching(/^STALE_WRITER/)],
  ])('a holder that shows that it lives while it is looked at %s', async (_, use, expected) => {
    const file = newFile()
    const database = openDatabase(driver, file)
    const lock = lockElsewhere(database, 'one')
    const lease = await lock.acquire('a')
    database.exec('UPDATE baileys_sessions_heartbeat SET beat_at = 0')
    const other = openStore(openDatabase(driver, file))
    vi.mocked(identity.describeHolder).mockImplementationOnce(async (owner, nonce) => {
      // Its row was read, and its heartbeat is stale there.
      database.exec(`UPDATE baileys_sessions_heartbeat SET beat_at = ${Date.now()}`)
      return { owner, nonce, pid: 1, hostname: 'other', platform: 'linux' }
    })
    expect(await use(other)).toEqual(expected)
    expect(await other.lock.owner('a')).toBe(lease?.owner)
    await lock.close()
  })

  it("what listens for the loss of a lease may write to the same database: it is in nobody else's transaction", async () => {
    const file = newFile()
    const database = openDatabase(driver, file)
    database.exec('CREATE TABLE mine (text TEXT)')
    const store = openStore(database)
    const lease = await store.lock.acquire('a')
    lease?.lost.addEventListener('abort', () => {
      database.prepare('INSERT INTO mine VALUES (?)').run('lost')
    })
    openDatabase(driver, file).exec('UPDATE baileys_sessions_session SET token = token + 1')
    expect(await outcome(store.write('a', [creds('old')], { fencingToken: 1 }))).toMatch(/^STALE_WRITER/)
    expect(lease?.lost.aborted).toBe(true)
    expect(firstRow(database, 'SELECT text FROM mine')).toEqual({ text: 'lost' })
  })

  it('a process that has no descriptor left to look at a holder says so', async () => {
    const file = newFile()
    const store = openStore(openDatabase(driver, file))
    const lease = await store.lock.acquire('a')
    const other = openStore(openDatabase(driver, file))
    vi.mocked(judgement.judgeHolder).mockRejectedValue(Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }))
    const calls = [other.lock.acquire('a'), other.lock.owner('a'), other.write('a', [creds('c')]), other.delete('a')]
    for (const refused of await Promise.all(calls.map(outcome)))
      expect(refused).toBe(
        'STORE_UNAVAILABLE: This process cannot find out who holds the lock, because it has too many open files. Raise its limit (ulimit -n).',
      )
    vi.mocked(judgement.judgeHolder).mockReset()
    expect(await other.lock.owner('a')).toBe(lease?.owner)
  })
})
