import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PostgresClient } from '../../src/adapters/postgres/postgres-client.js'
import { PostgresConnection } from '../../src/adapters/postgres/postgres-connection.js'
import { PostgresLockTable } from '../../src/adapters/postgres/postgres-lock-table.js'
import { PostgresSchema } from '../../src/adapters/postgres/postgres-schema.js'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../src/store/session-store.js'
import { PG_POOL } from './postgres-clients.js'
import { newSchema, openPostgresLock, PostgresSubjects } from './postgres-subjects.js'

const LEASE_MS = 2000
const subjects = new PostgresSubjects(PG_POOL)
afterAll(() => subjects[Symbol.asyncDispose]())
const { client } = subjects

type Call = () => ReturnType<PostgresClient['query']>

/** A client that tells which functions of the schema were called, and may do something of its own instead. */
function watchClient(around: (call: Call, name: string) => ReturnType<PostgresClient['query']> = (call) => call()): {
  calls: string[]
  client: PostgresClient
} {
  const calls: string[] = []
  return {
    calls,
    client: {
      query: (sql, params) => {
        const name = /^SELECT \S+\.(claim|renew|release|write)\(/u.exec(sql)?.[1] ?? 'other'
        calls.push(name)
        return around(() => client.query(sql, params), name)
      },
    },
  }
}

function openLock(schema: string, through: PostgresClient = client): SessionLock {
  const lock = openPostgresLock(through, schema, LEASE_MS)
  onTestFinished(() => lock.close().catch(() => undefined))
  return lock
}

function openStore(schema: string, through: PostgresClient = client): PostgresSessionStore {
  const store = new PostgresSessionStore({ client: through, schema, leaseMs: LEASE_MS })
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

async function take(lock: SessionLock, sessionId = 'a'): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error(`"${sessionId}" is held.`)
  return lease
}

const lost = async (lease: SessionLease): Promise<unknown> => {
  await vi.waitUntil(() => lease.lost.aborted, { timeout: 10_000 })
  return lease.lost.reason
}

const expire = (schema: string): Promise<void> => subjects.run(`UPDATE ${schema}.process SET expires_at = clock_timestamp() - interval '1 second'`)

describe('the lease of a process', () => {
  it('is renewed by one statement, however many sessions it has', async () => {
    const { calls, client: watched } = watchClient()
    const lock = openLock(newSchema(), watched)
    const leases = await Promise.all(Array.from({ length: 50 }, (_, index) => take(lock, `s${index}`)))
    calls.length = 0
    await vi.waitUntil(() => calls.length >= 3, { timeout: 10_000 })
    expect(new Set(calls)).toEqual(new Set(['renew']))
    expect(leases.filter((lease) => lease.lost.aborted)).toEqual([])
  })

  it('that ran out by the clock of the server is not brought back, and its sessions are taken under another name', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const [a, b] = [await take(lock, 'a'), await take(lock, 'b')]
    await expire(schema)
    expect(await lost(a)).toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'a' })
    expect(await lost(b)).toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'b' })
    const again = await take(lock, 'a')
    expect(again.fencingToken).toBeGreaterThan(a.fencingToken)
    expect(again.owner).not.toBe(a.owner)
  })

  it('is given up here before it ends there when the server does not answer, and is taken again before that', async () => {
    let isCut = false
    const { client: cut } = watchClient((call) => (isCut ? new Promise(() => undefined) : call()))
    const schema = newSchema()
    const lock = openLock(schema, cut)
    const other = openLock(schema)
    const lease = await take(lock)
    isCut = true
    expect(await lost(lease)).toMatchObject({ code: 'LEASE_EXPIRED' })
    // It holds by the clock of the server yet.
    expect(await other.acquire('a')).toBeNull()
    isCut = false
    const again = await take(lock)
    expect(again.fencingToken).toBeGreaterThan(lease.fencingToken)
  })

  it('ends where the server knows nothing of a session that was taken: it was behind when it took the place of another', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const leases = [await take(lock, 'a'), await take(lock, 'b')]
    await subjects.run(`DELETE FROM ${schema}.session WHERE session_id = 'b'`)
    await subjects.run(`UPDATE ${schema}.process SET newest_token = ${leases[0]?.fencingToken}`)
    for (const lease of leases) expect(await lost(lease)).toMatchObject({ code: 'LEASE_EXPIRED' })
    for (const lease of leases) expect((await take(lock, lease === leases[0] ? 'a' : 'b')).fencingToken).toBeGreaterThan(lease.fencingToken)
  })

  it('is kept while a transaction locks its row for less than the rest of it', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const lease = await take(lock)
    await subjects.run(`DO $$ BEGIN PERFORM * FROM ${schema}.process FOR UPDATE; PERFORM pg_sleep(${LEASE_MS / 2000}); END $$`)
    await new Promise((resolve) => {
      setTimeout(resolve, LEASE_MS / 2)
    })
    expect(lease.lost.aborted).toBe(false)
  })

  it('that waits for its row until it has run out is too late', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const other = openLock(schema)
    await take(lock)
    await subjects.run(`DO $$ BEGIN PERFORM * FROM ${schema}.process FOR UPDATE; PERFORM pg_sleep(${(LEASE_MS + 500) / 1000}); END $$`)
    const taken = await take(other)
    await new Promise((resolve) => {
      setTimeout(resolve, LEASE_MS / 2)
    })
    expect(taken.lost.aborted).toBe(false)
    expect(await lock.owner('a')).toBe(taken.owner)
  })
})

describe('a claim', () => {
  it('whose answer was lost is made again, and is one claim', async () => {
    let lose = true
    const { calls, client: lossy } = watchClient(async (call, name) => {
      const answer = await call()
      if (!lose || name !== 'claim') return answer
      lose = false
      throw new Error('Connection terminated unexpectedly')
    })
    const lock = openLock(newSchema(), lossy)
    const lease = await take(lock)
    expect(calls.filter((call) => call === 'claim')).toHaveLength(2)
    expect(lease.lost.aborted).toBe(false)
    expect(await lock.owner('a')).toBe(lease.owner)
  })

  it('of which nothing was heard leaves nothing taken: by this process at once, for others with its next beat', async () => {
    let isCut = false
    const { client: cut } = watchClient(async (call, name) => {
      const answer = await call()
      if (isCut && name === 'claim') throw Object.assign(new Error('it ended'), { code: 'CONNECTION_ENDED' })
      return answer
    })
    const schema = newSchema()
    const lock = openLock(schema, cut)
    const other = openLock(schema)
    await take(lock, 'b')
    isCut = true
    await expect(lock.acquire('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(lock.acquire('c')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    isCut = false
    expect(await lock.owner('a')).toBeNull()
    const lease = await take(lock, 'a')
    await vi.waitUntil(async () => (await other.owner('c')) === null, { timeout: 10_000 })
    await take(other, 'c')
    expect(await other.owner('a')).toBe(lease.owner)
    expect(lease.lost.aborted).toBe(false)
  })
})

describe('who waits for a lock', () => {
  /** A lock that is told when a session of another is free, and how often that one was asked for its processes. */
  async function waitFor(schema: string): Promise<{ isFree: () => boolean; calls: string[] }> {
    const { calls, client: watched } = watchClient()
    const waiting = openLock(schema, watched)
    let isFree = false
    expect(await waiting.acquire('a')).toBeNull()
    waiting.whenFree?.('a', () => {
      isFree = true
    })
    calls.length = 0
    return { isFree: () => isFree, calls }
  }

  it('is told when it was given back, though its holder has others', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const [lease] = [await take(lock), await take(lock, 'b')]
    const { isFree } = await waitFor(schema)
    await vi.waitUntil(async () => (await lock.owner('a')) !== null && !isFree(), { timeout: 10_000 })
    await lease.release()
    await vi.waitUntil(isFree, { timeout: 10_000 })
    expect(await lock.owner('b')).not.toBeNull()
  })

  it('is told when it was given back, though its holder has taken another one since', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const lease = await take(lock)
    const { isFree, calls } = await waitFor(schema)
    // Who lives, the lock itself, who lives: its holder is known.
    await vi.waitUntil(() => calls.length >= 3, { timeout: 10_000 })
    await lease.release()
    await take(lock, 'b')
    await vi.waitUntil(isFree, { timeout: 10_000 })
  })

  it('is told when the lease of its holder has run out, and asks one thing at a time until then', async () => {
    const schema = newSchema()
    let isCut = false
    const { client: cut } = watchClient((call) => (isCut ? new Promise(() => undefined) : call()))
    await take(openLock(schema, cut))
    const { isFree, calls } = await waitFor(schema)
    await vi.waitUntil(() => calls.length >= 4, { timeout: 10_000 })
    // Who lives, the lock itself once, who lives, who lives.
    expect(calls).toHaveLength(4)
    isCut = true
    await vi.waitUntil(isFree, { timeout: 10_000 })
  })

  it('is told of a claim that came to nothing', async () => {
    const schema = newSchema()
    let isCut = false
    const { client: cut } = watchClient(async (call, name) => {
      const answer = isCut && name === 'renew' ? { rows: [] } : await call()
      if (isCut && name !== 'other') throw Object.assign(new Error('it ended'), { code: 'CONNECTION_ENDED' })
      return answer
    })
    const lock = openLock(schema, cut)
    await take(lock, 'b')
    isCut = true
    await expect(lock.acquire('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const { isFree, calls } = await waitFor(schema)
    await vi.waitUntil(() => calls.length >= 2, { timeout: 10_000 })
    expect(isFree()).toBe(false)
    isCut = false
    await vi.waitUntil(isFree, { timeout: 10_000 })
  })
})

describe('a release', () => {
  it('that comes late frees nobody else, whatever this process knows', async () => {
    const schema = newSchema()
    const lock = openLock(schema)
    const first = await take(lock)
    await first.release()
    const second = await take(openLock(schema))
    const table = new PostgresLockTable(new PostgresSchema(new PostgresConnection(client), schema), LEASE_MS)
    await table.release({ sessionId: 'a', token: first.fencingToken, nonce: 'of the first' }, { isLast: true })
    await table.release({ sessionId: 'a', token: second.fencingToken, nonce: 'of the first' }, { isLast: true })
    expect(await lock.owner('a')).toBe(second.owner)
  })
})

describe('a write', () => {
  const creds = (value: string): { type: string; id: string; value: string } => ({ ...CREDS_KEY, value })

  it('that was stuck on the way is not carried out over a later one', async () => {
    let stuck: Call | undefined
    const { client: slow } = watchClient((call, name) => {
      if (stuck !== undefined || name !== 'write') return call()
      stuck = call
      return Promise.reject(Object.assign(new Error('it ended'), { code: 'CONNECTION_ENDED' }))
    })
    const store = openStore(newSchema(), slow)
    const { fencingToken } = await take(store.lock)
    await expect(store.write('a', [creds('first'), { ...LIFECYCLE_KEY, value: 'first' }], { fencingToken })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    await store.write('a', [creds('second')], { fencingToken })
    await stuck?.()
    expect(await store.read('a', [CREDS_KEY, LIFECYCLE_KEY])).toEqual([creds('second')])
  })

  it('whose answer was lost is sent again, and is carried out once', async () => {
    const schema = newSchema()
    let lose = true
    const { calls, client: lossy } = watchClient(async (call, name) => {
      const answer = await call()
      if (!lose || name !== 'write') return answer
      lose = false
      // Whatever is written again now would undo this.
      await subjects.run(`UPDATE ${schema}.record SET value = 'changed since'`)
      throw new Error('Connection terminated unexpectedly')
    })
    const store = openStore(schema, lossy)
    await store.write('a', [creds('once')])
    expect(calls.filter((call) => call === 'write')).toHaveLength(2)
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('changed since')])
  })

  it('with a token is refused where the tables were emptied, and the lease has run out', async () => {
    const schema = newSchema()
    const store = openStore(schema)
    const lease = await take(store.lock)
    await store.write('a', [creds('c')], lease)
    await subjects.run(`TRUNCATE ${schema}.session, ${schema}.record, ${schema}.process`)
    await expect(store.write('a', [{ type: 'pre-key', id: '1', value: 'k' }], lease)).rejects.toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'a' })
    expect(await lost(lease)).toMatchObject({ code: 'LEASE_EXPIRED' })
    const again = await take(store.lock)
    expect(again.fencingToken).toBeGreaterThan(lease.fencingToken)
    expect(await store.read('a', [CREDS_KEY])).toEqual([])
  })

  it('is refused once the lease of its token has ended, also while nobody else has it', async () => {
    const schema = newSchema()
    const store = openStore(schema)
    const lease = await take(store.lock)
    await store.write('a', [creds('before')], lease)
    await expire(schema)
    await expect(store.write('a', [creds('after')], lease)).rejects.toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'a' })
    await expect(store.delete('a', lease)).rejects.toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'a' })
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('before')])
  })

  it('is refused by a server that was behind when it took the place of the one that gave the lease', async () => {
    const schema = newSchema()
    const store = openStore(schema)
    const lease = await take(store.lock)
    await store.write('a', [creds('before')], lease)
    await subjects.run(`UPDATE ${schema}.session SET token = token - 1`)
    await expect(store.write('a', [creds('after')], lease)).rejects.toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'a' })
    expect(await lost(lease)).toMatchObject({ code: 'LEASE_EXPIRED' })
    expect((await take(store.lock)).fencingToken).toBeGreaterThan(lease.fencingToken)
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('before')])
  })

  it('of a batch is one round trip', async () => {
    const { calls, client: watched } = watchClient()
    const store = openStore(newSchema(), watched)
    const { fencingToken } = await take(store.lock)
    calls.length = 0
    const keys = Array.from({ length: 812 }, (_, index) => ({ type: 'pre-key', id: String(index), value: `k${index}` }))
    await store.write('a', keys, { fencingToken })
    expect(calls.filter((call) => call !== 'renew')).toEqual(['write'])
    expect(await store.read('a', keys)).toHaveLength(812)
  })
})
