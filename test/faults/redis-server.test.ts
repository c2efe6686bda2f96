// @module-tag full
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { isSessionError } from '../../src/errors.js'
import type { SessionLease } from '../../src/lease/session-lock.js'
import { RedisSessionStore, type RedisSessionStoreOptions } from '../../src/redis.js'
import { CREDS_KEY, type RecordChange } from '../../src/store/session-store.js'
import { REDIS_PROGRAM, RedisServer } from '../support/redis-server.js'
import { seededRandom } from '../support/seeded-random.js'
import { FaultRig } from './support/fault-rig.js'
import { openStore } from './support/fault-stores.js'
import { link } from './support/stored-records.js'

const PATIENCE = { timeout: 30_000, interval: 20 }
const KILLS = 5
const KEYS = 12

async function startServer(...settings: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...settings)
  onTestFinished(() => server.close())
  return server
}

function connect({ port }: RedisServer): Redis {
  const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1, retryStrategy: () => 20 })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return client
}

function open(options: RedisSessionStoreOptions): RedisSessionStore {
  const store = new RedisSessionStore(options)
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

/** Creds and keys, all with the number of the round. */
function batch(round: number): RecordChange[] {
  return [{ ...CREDS_KEY, value: String(round) }, ...Array.from({ length: KEYS }, (_, index) => ({ type: 'key', id: String(index), value: String(round) }))]
}

async function take(store: RedisSessionStore, sessionId: string): Promise<SessionLease> {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw new Error(`The lock of ${sessionId} was not given.`)
  return lease
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    return isSessionError(error) ? error.code : String(error)
  }
}

/** Which rounds the records of a session are of: one, when nothing is torn. */
async function roundsOf(store: RedisSessionStore, sessionId: string): Promise<number[]> {
  const records = await store.read(sessionId, batch(0))
  return [...new Set([...records.map(({ value }) => Number(value)), ...(records.length === KEYS + 1 ? [] : [NaN])])]
}

describe.skipIf(REDIS_PROGRAM === null)('a Redis server', () => {
  it('that is killed under load has all that was acknowledged, and nothing torn', async () => {
    const random = seededRandom()
    const server = await startServer('--appendfsync', 'always')
    const store = open({ client: connect(server), leaseMs: 60_000 })
    const sessionIds = ['a', 'b', 'c', 'd']
    const acknowledged = new Map<string, number>()
    const tokens = new Map<string, number>()
    for (const sessionId of sessionIds) tokens.set(sessionId, (await take(store, sessionId)).fencingToken)
    for (let kill = 0, round = 0; kill < KILLS; kill++) {
      let isOver = false
      const writing = sessionIds.map(async (sessionId) => {
        while (!isOver) {
          round += 1
          const own = round
          const result = await outcome(store.write(sessionId, batch(own), { fencingToken: tokens.get(sessionId) ?? NaN }))
          if (result === 'done') acknowledged.set(sessionId, own)
        }
      })
      const before = acknowledged.get('a')
      await vi.waitUntil(() => acknowledged.get('a') !== before, PATIENCE)
      await pause(random.below(300))
      await server.kill()
      isOver = true
      await Promise.all(writing)
      await server.restart()
      await vi.waitUntil(async () => (await outcome(store.read('a', []).then(() => store.lock.owner('a')))) === 'done', PATIENCE)
      for (const sessionId of sessionIds) {
        const rounds = await roundsOf(store, sessionId)
        expect(rounds, `seed ${random.seed}, kill ${kill}, session ${sessionId}`).toHaveLength(1)
        expect(rounds[0], `seed ${random.seed}, kill ${kill}, session ${sessionId}`).toBeGreaterThanOrEqual(acknowledged.get(sessionId) ?? NaN)
      }
    }
  })

  it('that pauses for five seconds costs no lease at the default length, and what was written meanwhile is whole', async () => {
    const server = await startServer()
    const store = open({ client: connect(server) })
    const lease = await take(store, 'a')
    const token = { fencingToken: lease.fencingToken }
    await store.write('a', batch(1), token)
    await connect(server).call('CLIENT', 'PAUSE', '5000', 'ALL')
    expect(await outcome(store.write('a', batch(2), token))).toBe('done')
    // One more beat, and its answer.
    await pause(2000)
    expect(lease.lost.aborted).toBe(false)
    expect(await roundsOf(store, 'a')).toEqual([2])
    expect(await store.lock.owner('a')).toBe(lease.owner)
  })

  it('invariant 3: that is emptied under sessions that run has them fail with credentials_missing, with 0 QR codes and 0 new identities', async () => {
    const server = await startServer()
    const sessionIds = Array.from({ length: 50 }, (_, index) => `shop${index}`)
    await link('redis', String(server.port), ...sessionIds)
    const rig = new FaultRig(await openStore('redis', String(server.port)))
    onTestFinished(() => rig.close())
    let codes = 0
    rig.manager.on('qr', () => {
      codes += 1
    })
    expect(await rig.restoreAll()).toEqual({ restored: sessionIds.length, skipped: 0, failed: 0 })
    await connect(server).flushall()
    for (const sessionId of sessionIds) await vi.waitFor(async () => expect(await rig.status(sessionId)).toBe('failed credentials_missing'), PATIENCE)
    expect([rig.dials(), codes]).toEqual([sessionIds.length, 0])
  })

  it('whose connection to a process is cut gives its sessions to others only when that process has given them up', async () => {
    const server = await startServer()
    const client = connect(server)
    let isCut = false
    const store = open({
      leaseMs: 2000,
      client: {
        call: async (...command) => {
          if (isCut) throw new Error('connect ETIMEDOUT')
          return client.call(...command)
        },
      },
    })
    // As a process elsewhere would see it: this one can be seen to live.
    const other = open({ client: connect(server), leaseMs: 2000 })
    const lease = await take(store, 'a')
    isCut = true
    let wasGivenUp: boolean | null = null
    await vi.waitUntil(async () => {
      const taken = await other.lock.acquire('a')
      wasGivenUp ??= taken === null ? null : lease.lost.aborted
      return taken !== null
    }, PATIENCE)
    expect(wasGivenUp).toBe(true)
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_EXPIRED' })
    isCut = false
    expect(await outcome(store.write('a', batch(1), { fencingToken: lease.fencingToken }))).toBe('STALE_WRITER')
  })

  it('whose place a replica takes that was behind accepts no old writer, and hands out greater tokens', async () => {
    const server = await startServer()
    const replica = await startServer('--replicaof', `127.0.0.1 ${server.port}`)
    const [master, promoted] = [connect(server), connect(replica)]
    let current = master
    const store = open({ client: { call: (...command) => current.call(...command) }, leaseMs: 6000 })
    const kept = await take(store, 'kept')
    await store.write('kept', batch(1), { fencingToken: kept.fencingToken })
    await vi.waitUntil(async () => (await master.multi().set('ready', 'yes').exec()) !== null && (await master.wait(1, 100)) === 1, PATIENCE)
    await promoted.call('REPLICAOF', 'NO', 'ONE')
    // The replica never hears of these.
    const lost = await take(store, 'lost')
    await store.write('lost', batch(1), { fencingToken: lost.fencingToken })
    current = promoted
    expect(await outcome(store.write('lost', batch(2), { fencingToken: lost.fencingToken }))).toBe('STALE_WRITER')
    expect(await store.read('lost', batch(0))).toEqual([])
    await vi.waitUntil(() => lost.lost.aborted && kept.lost.aborted, PATIENCE)
    const other = open({ client: promoted })
    for (const { lease, sessionId } of [
      { lease: kept, sessionId: 'kept' },
      { lease: lost, sessionId: 'lost' },
    ]) {
      const next = await take(other, sessionId)
      expect(next.fencingToken).toBeGreaterThan(lease.fencingToken)
      expect(await outcome(store.write(sessionId, batch(3), { fencingToken: lease.fencingToken }))).toBe('STALE_WRITER')
      await other.write(sessionId, batch(4), { fencingToken: next.fencingToken })
    }
  })
})
