import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import type { PostgresClient } from '../../src/adapters/postgres/postgres-client.js'
import { PostgresConnection } from '../../src/adapters/postgres/postgres-connection.js'
import { PostgresLockTable } from '../../src/adapters/postgres/postgres-lock-table.js'
import { PostgresSchema } from '../../src/adapters/postgres/postgres-schema.js'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import type { Holder } from '../../src/lease/holder.js'
import type { ClusterNews, LockCluster } from '../../src/lease/lock-cluster.js'
import type { SessionLock } from '../../src/lease/session-lock.js'
import { deferred } from '../support/deferred.js'
import { openPool, PG_POOL } from './postgres-clients.js'
import { newSchema, PostgresSubjects } from './postgres-subjects.js'

/** Long enough for a busy machine. */
const LEASE_MS = 60_000

const subjects = new PostgresSubjects(PG_POOL)
afterAll(() => subjects[Symbol.asyncDispose]())

function openLock(schema: string, client: PostgresClient = subjects.client): { lock: SessionLock; cluster: LockCluster } {
  const store = new PostgresSessionStore({ client, schema, leaseMs: LEASE_MS })
  onTestFinished(() => store.close().catch(() => undefined))
  const { cluster } = store.lock
  if (cluster === undefined) throw new Error('The lock of PostgreSQL has no cluster.')
  return { lock: store.lock, cluster }
}

function openTable(schema: string, client: PostgresClient = subjects.client): PostgresLockTable {
  return new PostgresLockTable(new PostgresSchema(new PostgresConnection(client), schema), LEASE_MS)
}

/** A connection of its own, on which a transaction is open until it is told to commit. */
async function openTransaction(...statements: readonly string[]): Promise<{ commit: () => Promise<void> }> {
  const pool = openPool(inject('postgresUrl'), { max: 1 })
  const connection = await pool.connect()
  onTestFinished(async () => {
    connection.release()
    await pool.end()
  })
  for (const sql of ['BEGIN', ...statements]) await connection.query(sql)
  return {
    commit: async () => {
      await connection.query('COMMIT')
    },
  }
}

async function rowsOf(sql: string): Promise<readonly unknown[]> {
  return (await subjects.client.query(sql, [])).rows
}

async function takeAll({ lock, cluster }: { lock: SessionLock; cluster: LockCluster }, ids: readonly string[]): Promise<void> {
  for (const id of ids) await cluster.note(id, (await lock.acquire(id))?.fencingToken ?? 0, `note of ${id}`)
}

const told = ({ locks }: ClusterNews): string[] => locks.map(({ sessionId }) => sessionId).sort()

function holder(nonce: string): Holder {
  return { owner: nonce, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }
}

const expire = (schema: string): Promise<void> => subjects.run(`UPDATE ${schema}.process SET expires_at = clock_timestamp() - interval '1 second'`)

describe('who follows the locks', () => {
  it('asks with one statement when nothing happened, whatever the number of sessions', async () => {
    const schema = newSchema()
    await takeAll(
      openLock(schema),
      Array.from({ length: 100 }, (_, index) => `session ${index}`),
    )
    let statements = 0
    const { cluster } = openLock(schema, {
      query: (sql, params) => {
        statements += 1
        return subjects.client.query(sql, params)
      },
    })
    const follower = cluster.follow()
    expect((await follower.next()).locks).toHaveLength(100)
    statements = 0
    for (let round = 0; round < 5; round++) expect(await follower.next()).toMatchObject({ isComplete: false, locks: [] })
    expect(statements).toBe(5)
  })

  it('is told of a slow transaction that commits after later ones, and of no other twice', async () => {
    const schema = newSchema()
    const one = openLock(schema)
    await takeAll(one, ['slow', 'quick'])
    const follower = one.cluster.follow()
    await follower.next()
    const slow = await openTransaction(`UPDATE ${schema}.session SET nonce = NULL WHERE session_id = 'slow'`)
    await takeAll(one, ['quicker'])
    expect(told(await follower.next())).toEqual(['quicker'])
    expect(told(await follower.next())).toEqual([])
    await slow.commit()
    expect(await follower.next()).toMatchObject({ isComplete: false, locks: [{ sessionId: 'slow', processId: null, text: null }] })
    expect(told(await follower.next())).toEqual([])
  })

  it('is not told by what a backup of another server has left behind', async () => {
    const schema = newSchema()
    const one = openLock(schema)
    await takeAll(one, ['a'])
    const follower = one.cluster.follow()
    await follower.next()
    await subjects.run(`INSERT INTO ${schema}.lock_change (session_id, changed_by) VALUES ('restored', '4611686018427387904')`)
    expect(told(await follower.next())).toEqual([])
  })

  it.each([
    {
      how: 'all tables are truncated',
      sql: (schema: string) => `TRUNCATE ${schema}.session, ${schema}.process, ${schema}.record, ${schema}.member, ${schema}.lock_change`,
    },
    { how: 'the locks are truncated', sql: (schema: string) => `TRUNCATE ${schema}.session` },
    { how: 'the schema is dropped', sql: (schema: string) => `DROP SCHEMA ${schema} CASCADE` },
  ])('is told everything again when $how', async ({ sql }) => {
    const schema = newSchema()
    const [one, other] = [openLock(schema), openLock(schema)]
    await takeAll(one, ['a', 'b'])
    const follower = other.cluster.follow()
    expect(told(await follower.next())).toEqual(['a', 'b'])
    await subjects.run(sql(schema))
    expect(await follower.next()).toMatchObject({ isComplete: true, locks: [] })
    await takeAll(other, ['c'])
    expect(told(await follower.next())).toEqual(['c'])
  })
})

describe('a member', () => {
  it('has a lease without locks, which is renewed and runs out like any other', async () => {
    const schema = newSchema()
    const table = openTable(schema)
    const one = holder('one')
    expect(await table.cluster.enter(one, 'here')).toBe(true)
    expect(await table.beat(one, [])).toBe(true)
    const { processes } = await table.cluster.changes(null)
    expect(processes).toMatchObject([{ entered: 'here', isAskedToDrain: false }])
    expect(processes[0]?.leaseLeftMs).toBeGreaterThan(0)
    expect(processes[0]?.leaseLeftMs).toBeLessThanOrEqual(LEASE_MS)
    await expire(schema)
    expect((await table.cluster.changes(null)).processes).toEqual([])
    expect([await table.beat(one, []), await table.cluster.askToDrain('one'), await table.cluster.enter(one, 'back')]).toEqual([false, false, false])
  })

  it('is not brought back while others may be taking what it held', async () => {
    const schema = newSchema()
    const table = openTable(schema)
    await table.claim('a', await table.look('a'), holder('one'))
    await subjects.run(`DELETE FROM ${schema}.process`)
    expect(await table.cluster.enter(holder('one'), 'here')).toBe(false)
  })

  it('leaves nothing behind, and takes away what others have left', async () => {
    const schema = newSchema()
    const table = openTable(schema)
    await table.cluster.enter(holder('one'), 'here')
    await table.cluster.enter(holder('two'), 'here')
    await table.cluster.leave('one', { isLast: true })
    const nonces = `SELECT nonce FROM ${schema}.member`
    expect([await rowsOf(nonces), await rowsOf(`SELECT nonce FROM ${schema}.process`)]).toEqual([[{ nonce: 'two' }], [{ nonce: 'two' }]])
    // As another version does, which knows no members.
    await subjects.run(`DELETE FROM ${schema}.process`)
    await table.cluster.enter(holder('three'), 'here')
    expect(await rowsOf(nonces)).toEqual([{ nonce: 'three' }])
  })
})

it('a note is taken from nobody but the holder of the lock, while its lease lasts', async () => {
  const schema = newSchema()
  const table = openTable(schema)
  const token = (await table.claim('a', await table.look('a'), holder('one'))) ?? 0
  await table.cluster.enter(holder('other'), 'here')
  await table.cluster.note({ sessionId: 'a', token, nonce: 'one' }, 'noted')
  await table.cluster.note({ sessionId: 'a', token, nonce: 'other' }, 'not its own')
  await table.cluster.note({ sessionId: 'a', token: token - 1, nonce: 'one' }, 'of before')
  expect(await table.cluster.holdersOf('a')).toMatchObject([{ note: 'noted' }])
  const { cursor } = await table.cluster.changes(null)
  await expire(schema)
  await table.cluster.note({ sessionId: 'a', token, nonce: 'one' }, 'too late')
  expect([await table.cluster.holdersOf('a'), (await table.cluster.changes(cursor)).locks]).toEqual([[], []])
})

it('a note that was stuck on the way does not replace a later one', async () => {
  const schema = newSchema()
  const [isStuck, goesOn] = [deferred(), deferred()]
  const table = openTable(schema, {
    query: async (sql, params) => {
      if (params.includes('early')) {
        isStuck.resolve()
        await goesOn.promise
      }
      return subjects.client.query(sql, params)
    },
  })
  const token = (await table.claim('a', await table.look('a'), holder('one'))) ?? 0
  const lease = { sessionId: 'a', token, nonce: 'one' }
  const early = table.cluster.note(lease, 'early')
  await isStuck.promise
  await table.cluster.note(lease, 'late')
  goesOn.resolve()
  await early
  expect(await table.cluster.holdersOf('a')).toMatchObject([{ note: 'late' }])
})

it('tables of the version before get what clusters need while its processes go on with them', async () => {
  const schema = newSchema()
  const older = openLock(schema)
  await older.lock.acquire('before')
  await subjects.run(`DROP FUNCTION ${schema}.count_change() CASCADE`)
  await subjects.run(`DROP TABLE ${schema}.member, ${schema}.lock_change`)
  const { lock, cluster } = openLock(schema)
  const follower = cluster.follow()
  expect(told(await follower.next())).toEqual(['before'])
  const lease = await older.lock.acquire('later')
  expect(told(await follower.next())).toEqual(['later'])
  await lease?.release()
  expect(await follower.next()).toMatchObject({ locks: [{ sessionId: 'later', processId: null }] })
  const own = await lock.acquire('later')
  await cluster.note('later', own?.fencingToken ?? 0, 'noted')
  await own?.release()
  await older.lock.acquire('later')
  expect(await follower.next()).toMatchObject({ isComplete: false, locks: [{ sessionId: 'later', text: null }] })
})
