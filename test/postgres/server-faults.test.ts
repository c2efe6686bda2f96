// @module-tag full
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { PostgresSessionStore, type PostgresSessionStoreOptions } from '../../src/postgres.js'
import type { SessionLease } from '../../src/lease/session-lock.js'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../src/store/session-store.js'
import { FaultRig } from '../faults/support/fault-rig.js'
import { openStore } from '../faults/support/fault-stores.js'
import { link } from '../faults/support/stored-records.js'
import { PostgresServer } from '../support/postgres-server.js'
import { openPool } from './postgres-clients.js'

const SESSIONS = Array.from({ length: 10 }, (_, index) => `shop${index}`)
/** Ten renewals in it, as in the usual one. */
const LEASE_MS = 2000

let server: PostgresServer
// With everything on the disk that it says is there.
beforeAll(async () => {
  server = await PostgresServer.start([])
})
afterAll(() => server[Symbol.asyncDispose]())

/** A store in a schema of its own, and its pool. */
function open(schema: string, options: Partial<PostgresSessionStoreOptions> = {}): { store: PostgresSessionStore; pool: pg.Pool } {
  const pool = openPool(server.url, { max: 10, connectionTimeoutMillis: 1000 })
  const store = new PostgresSessionStore({ client: pool, schema, ...options })
  onTestFinished(async () => {
    await store.close().catch(() => undefined)
    await pool.end()
  })
  return { store, pool }
}

async function take(store: PostgresSessionStore, sessionId: string): Promise<SessionLease> {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw new Error(`"${sessionId}" is held.`)
  return lease
}

/** Writes numbers that rise into two records of each session, until it is told to stop. Tells the last that was acknowledged. */
function writeOn(store: PostgresSessionStore, leases: ReadonlyMap<string, SessionLease>): { acknowledged: Map<string, number>; stop: () => Promise<void> } {
  const acknowledged = new Map<string, number>()
  let isStopped = false
  const writers = [...leases].map(async ([sessionId, { fencingToken }]) => {
    for (let number = 1; !isStopped; number += 1) {
      const changes = [CREDS_KEY, LIFECYCLE_KEY].map((key) => ({ ...key, value: String(number) }))
      try {
        await store.write(sessionId, changes, { fencingToken })
        acknowledged.set(sessionId, number)
      } catch {
        // What was not acknowledged may be there, as a whole.
      }
    }
  })
  return {
    acknowledged,
    stop: async () => {
      isStopped = true
      await Promise.all(writers)
    },
  }
}

/** What of each session is wrong: less than was acknowledged, or half of a write. */
async function faults(store: PostgresSessionStore, acknowledged: ReadonlyMap<string, number>): Promise<string[]> {
  const found = []
  for (const [sessionId, number] of acknowledged) {
    const values = (await store.read(sessionId, [CREDS_KEY, LIFECYCLE_KEY])).map(({ value }) => Number(value))
    if (values.length !== 2 || values[0] !== values[1]) found.push(`${sessionId} is torn: ${values.join()}`)
    else if ((values[0] ?? 0) < number) found.push(`${sessionId} has ${values[0]}, but ${number} was acknowledged`)
  }
  return found
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

async function takeAll(store: PostgresSessionStore): Promise<Map<string, SessionLease>> {
  return new Map(await Promise.all(SESSIONS.map(async (sessionId) => [sessionId, await take(store, sessionId)] as const)))
}

describe('what was acknowledged', () => {
  it('is there, and whole, after the server was killed in the middle of it, three times', async () => {
    for (const schema of ['killed_1', 'killed_2', 'killed_3']) {
      const { store } = open(schema)
      const { acknowledged, stop } = writeOn(store, await takeAll(store))
      await vi.waitUntil(() => [...acknowledged.values()].every((number) => number > 5) && acknowledged.size === SESSIONS.length, { timeout: 20_000 })
      await server.kill()
      await server.restart()
      await stop()
      expect(await faults(store, acknowledged)).toEqual([])
    }
  })
})

describe('sessions that run while the database is emptied', () => {
  /** Every table, whatever there is of them. */
  const TRUNCATE = `DO $$ BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = 'baileys_sessions');
  END $$`

  it.each([
    { how: 'all tables are truncated', sql: TRUNCATE },
    { how: 'the schema is dropped', sql: 'DROP SCHEMA baileys_sessions CASCADE' },
  ])('invariant 3: fail with credentials_missing, with 0 QR codes and 0 new identities, when $how', async ({ sql }) => {
    const place = String(server.port)
    const sessionIds = Array.from({ length: 50 }, (_, index) => `shop${index}`)
    await link('postgres', place, ...sessionIds)
    const rig = new FaultRig(await openStore('postgres', place))
    onTestFinished(() => rig.close())
    let codes = 0
    rig.manager.on('qr', () => {
      codes += 1
    })
    expect(await rig.restoreAll()).toEqual({ restored: sessionIds.length, skipped: 0, failed: 0 })
    const pool = openPool(server.url, { max: 1 })
    onTestFinished(() => pool.end())
    await pool.query(sql)
    for (const sessionId of sessionIds) {
      await vi.waitFor(async () => expect(await rig.status(sessionId)).toBe('failed credentials_missing'), { timeout: 30_000 })
    }
    for (const sessionId of sessionIds) expect(await rig.restore(sessionId)).toBe('failed credentials_missing')
    expect([rig.dials(), codes]).toEqual([sessionIds.length, 0])
    expect(rig.errors().filter((error) => error.startsWith('CREDENTIALS_MISSING'))).toHaveLength(sessionIds.length)
    const { rows } = await pool.query("SELECT count(*)::integer AS creds FROM baileys_sessions.record WHERE type = 'creds'")
    expect(rows).toEqual([{ creds: 0 }])
  })
})

describe('a lease', () => {
  it('is kept while every connection is cut again and again', async () => {
    const { store } = open('terminated', { leaseMs: LEASE_MS })
    const leases = await takeAll(store)
    const { acknowledged, stop } = writeOn(store, leases)
    const killer = openPool(server.url, { max: 1 })
    onTestFinished(() => killer.end())
    for (const end = Date.now() + 4 * LEASE_MS; Date.now() < end;) {
      await killer.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`)
      await sleep(50)
    }
    await stop()
    expect([...leases.values()].filter(({ lost }) => lost.aborted)).toEqual([])
    expect(acknowledged.size).toBe(SESSIONS.length)
    expect(await faults(store, acknowledged)).toEqual([])
  })

  it('of the usual length is kept while its rows are locked for five seconds; what was written meanwhile is there', async () => {
    const { store, pool } = open('locked')
    const lease = await take(store, 'shop')
    const locker = await pool.connect()
    await locker.query('BEGIN')
    await locker.query('SELECT * FROM locked.process FOR UPDATE')
    await locker.query('SELECT * FROM locked.session FOR UPDATE')
    const writing = store.write('shop', [{ ...CREDS_KEY, value: 'meanwhile' }], lease)
    await sleep(5000)
    await locker.query('COMMIT')
    locker.release()
    await writing
    expect(lease.lost.aborted).toBe(false)
    expect(await store.read('shop', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'meanwhile' }])
  })

  it('ends here while the server is away for longer than it lasts, and all are taken again once it is back', async () => {
    const { store } = open('away', { leaseMs: LEASE_MS })
    const leases = await takeAll(store)
    await server.shutDown()
    await vi.waitUntil(() => [...leases.values()].every(({ lost }) => lost.aborted), { timeout: 2 * LEASE_MS })
    for (const { lost } of leases.values()) expect(lost.reason).toMatchObject({ code: 'LEASE_EXPIRED' })
    await expect(store.lock.acquire('shop0')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await server.restart()
    const again = await takeAll(store)
    expect([...again].filter(([sessionId, lease]) => lease.fencingToken <= (leases.get(sessionId)?.fencingToken ?? Infinity))).toEqual([])
  })
})
