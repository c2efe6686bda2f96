import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Redis } from 'ioredis'
import { BEAT } from '../../../../src/adapters/redis/scripts.js'
import type { LockCluster } from '../../../../src/lease/lock-cluster.js'
import { RedisSessionStore, type RedisSessionStoreOptions } from '../../../../src/redis.js'
import { CREDS_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { outcome } from '../../../support/outcome.js'
import { newLine, RedisBench } from '../../../support/redis-bench.js'
import { REDIS_PROGRAM, RedisServer } from '../../../support/redis-server.js'

const creds = (value: string): { type: string; id: string; value: string } => ({ ...CREDS_KEY, value })
const manyKeys = (count: number): RecordChange[] => Array.from({ length: count }, (_, index) => ({ type: 'pre-key', id: String(index), value: `v${index}` }))

/** A server for one test, with a client for the test itself. */
async function startServer(...settings: string[]): Promise<{ server: RedisServer; admin: Redis }> {
  const server = await RedisServer.start(...settings)
  const admin = connect(server)
  onTestFinished(() => server.close())
  return { server, admin }
}

function connect({ port }: RedisServer, options: { username?: string; password?: string; keyPrefix?: string; enableReadyCheck?: boolean } = {}): Redis {
  const client = new Redis({ ...options, port, host: '127.0.0.1', maxRetriesPerRequest: 1 })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return client
}

function openStore(options: RedisSessionStoreOptions): RedisSessionStore {
  const store = new RedisSessionStore(options)
  // What fails then was made to fail by the test.
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

/** Every call of a cluster, by a process that holds the lock of session "a". */
async function useCluster(cluster: LockCluster | undefined, fencingToken: number): Promise<void> {
  const follower = cluster?.follow()
  await cluster?.announce('here')
  const news = await follower?.next()
  await cluster?.note('a', fencingToken, 'noted')
  expect((await follower?.next())?.locks).toMatchObject([{ sessionId: 'a', text: 'noted' }])
  expect([await cluster?.askToDrain(news?.processes[0]?.id ?? ''), (await cluster?.holding('a'))?.text]).toEqual([true, 'noted'])
  await cluster?.leave()
}

describe.skipIf(REDIS_PROGRAM === null)('a store on a server', () => {
  const bench = new RedisBench()

  it('writes and reads as many records as come in one command', async () => {
    const line = newLine()
    const store = openStore({ client: await bench.connect(line), keyPrefix: bench.newPrefix() })
    await store.write('a', [creds('c')])
    for (const count of [812, 20_000]) {
      const before = line.sent.length
      await store.write('a', manyKeys(count))
      expect(await store.read('a', manyKeys(count))).toEqual(manyKeys(count))
      expect(await collect(store.records('a'))).toHaveLength(count + 1)
      await store.write(
        'a',
        manyKeys(count).map((change) => ({ ...change, value: null })),
      )
      expect(line.sent.slice(before).map(([name]) => name)).toEqual(['EVALSHA', 'HMGET', 'HKEYS', 'EVALSHA'])
    }
    expect(await collect(store.records('a'))).toEqual([CREDS_KEY])
  })

  it('touches nothing before the first call, and leaves keys of others and the client alone', async () => {
    const keyPrefix = bench.newPrefix()
    await bench.send('SET', `${keyPrefix}mine`, 'kept')
    const store = openStore({ client: await bench.connect(), keyPrefix })
    expect(await bench.send('KEYS', `${keyPrefix}*`)).toEqual([`${keyPrefix}mine`])
    await store.write('a', [creds('c')])
    await store.delete('a')
    await store.close()
    expect(await bench.send('GET', `${keyPrefix}mine`)).toBe('kept')
    expect(await bench.send('PING')).toBe('PONG')
  })

  it('refuses whole what would meet a key of another kind', async () => {
    const keyPrefix = bench.newPrefix()
    const store = openStore({ client: await bench.connect(), keyPrefix })
    await store.write('a', [creds('before')])
    await bench.send('DEL', `${keyPrefix}sessions`)
    await bench.send('SET', `${keyPrefix}sessions`, 'of somebody else')
    expect(await outcome(store.write('a', [creds('after')], { replaceAll: true }))).toMatch(/^STORE_UNAVAILABLE: .*another program uses the same names/)
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('before')])
  })

  it('says that a lock cannot be read, and takes it for neither free nor held', async () => {
    const keyPrefix = bench.newPrefix()
    const store = openStore({ client: await bench.connect(), keyPrefix })
    await bench.send('HSET', `${keyPrefix}locks`, 'a', 'rubbish')
    const calls = [store.lock.acquire('a'), store.lock.owner('a'), store.write('a', [creds('c')])]
    for (const refused of await Promise.all(calls.map(outcome))) expect(refused).toMatch(/^STORE_UNAVAILABLE: .*its lock cannot be read/)
  })

  it('lists each of thousands once, while sessions come and go', async () => {
    const keyPrefix = bench.newPrefix()
    const store = openStore({ client: await bench.connect(), keyPrefix })
    const sessionIds = Array.from({ length: 3000 }, (_, index) => `session ${index}`)
    await bench.send('SADD', `${keyPrefix}sessions`, ...sessionIds)
    const listed: string[] = []
    for await (const sessionId of store.list()) {
      listed.push(sessionId)
      if (listed.length % 500 === 0) await store.write(`new ${listed.length}`, [creds('c')])
    }
    expect(listed.filter((sessionId) => !sessionId.startsWith('new')).sort()).toEqual(sessionIds.sort())
    expect(new Set(listed).size).toBe(listed.length)
  })
})

describe.skipIf(REDIS_PROGRAM === null)('a server', () => {
  it('that is full takes no new records, loses nothing, and lets leases go on', async () => {
    const { server, admin } = await startServer('--maxmemory-policy', 'noeviction')
    const line = newLine()
    const client = connect(server)
    const store = openStore({
      client: {
        call: async (...command) => {
          line.sent.push(command)
          return client.call(...command)
        },
      },
      leaseMs: 3000,
    })
    const lease = await store.lock.acquire('a')
    const token = { fencingToken: lease?.fencingToken ?? NaN }
    await store.write('a', [creds('before'), ...manyKeys(10)], token)
    await admin.config('SET', 'maxmemory', '1')
    expect(await outcome(store.write('a', [creds('after')], token))).toMatch(/^STORE_UNAVAILABLE: .*memory is full \(OOM\)/)
    expect(await outcome(store.lock.acquire('b'))).toMatch(/^STORE_UNAVAILABLE: .*OOM/)
    const before = line.sent.length
    await vi.waitUntil(() => line.sent.slice(before).filter(([, sha]) => sha === BEAT.sha).length >= 3, { timeout: 10_000 })
    expect(lease?.lost.aborted).toBe(false)
    await lease?.release()
    expect(await store.lock.owner('a')).toBeNull()
    await admin.config('SET', 'maxmemory', '0')
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('before')])
    expect(await collect(store.records('a'))).toHaveLength(11)
    await store.write('a', [creds('after')])
  })

  it('that may evict credentials is refused, and one that keeps nothing is told of once', async () => {
    const { server, admin } = await startServer('--appendonly', 'no')
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const store = openStore({ client: connect(server) })
    expect(await outcome(store.write('a', [creds('c')]))).toMatch(/^STORE_UNAVAILABLE: Could not write session "a" in Redis\. It removes any key.*allkeys-lru/)
    expect(await outcome(collect(store.list()))).toMatch(/allkeys-lru/)
    expect(warn).not.toHaveBeenCalled()
    await admin.config('SET', 'maxmemory-policy', 'volatile-lru')
    await store.write('a', [creds('c')])
    await store.write('a', [creds('d')])
    expect(warn.mock.calls.map(([text, options]) => [text, options])).toEqual([
      [expect.stringContaining('maxmemory-policy volatile-lru'), { code: 'BAILEYS_SESSIONS_REDIS' }],
      [expect.stringContaining('keeps nothing on a disk'), { code: 'BAILEYS_SESSIONS_REDIS' }],
    ])
  })

  it('in cluster mode is refused by name', async () => {
    const { server } = await startServer('--cluster-enabled', 'yes')
    const store = openStore({ client: connect(server) })
    expect(await outcome(store.lock.acquire('a'))).toMatch(/^STORE_UNAVAILABLE: .*Redis Cluster \(cluster_enabled:1\), which is not supported/)
  })

  it('that wants a password is told of without one', async () => {
    const { server, admin } = await startServer()
    await admin.config('SET', 'requirepass', 'the right one')
    const store = openStore({ client: connect(server, { password: 'the wrong one' }) })
    const failure: unknown = await store.write('a', [creds('the secret')]).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/password/) })
    expect(inspect(failure, { depth: 9 })).not.toMatch(/the (?:right|wrong) one|the secret/)
  })

  it('lets a user in who may do no more than the documentation says', async () => {
    const { server, admin } = await startServer()
    const [, list = ''] = /The user of the client needs (.*), on the keys/u.exec(readFileSync('docs/redis.md', 'utf8')) ?? []
    const commands = [...list.matchAll(/`([A-Z]+)`/gu)].map(([, name = '']) => `+${name.toLowerCase()}`)
    await admin.call('ACL', 'SETUSER', 'poor', 'on', '>secret', '~p:*', ...commands)
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const store = openStore({ client: connect(server, { username: 'poor', password: 'secret', enableReadyCheck: false }), keyPrefix: 'p:', waitReplicas: 0 })
    const lease = await store.lock.acquire('a')
    await store.write('a', [creds('c')], { fencingToken: lease?.fencingToken ?? NaN, replaceAll: true })
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
    expect([await collect(store.list()), await collect(store.records('a'))]).toEqual([['a'], [CREDS_KEY]])
    await useCluster(store.lock.cluster, lease?.fencingToken ?? NaN)
    await admin.call('ACL', 'SETUSER', 'poor', '-hset')
    expect(await outcome(store.write('a', [creds('d')], { fencingToken: lease?.fencingToken ?? NaN, replaceAll: true }))).toMatch(
      /^STORE_UNAVAILABLE: .*may not do that \(NOPERM\)/,
    )
    await admin.call('ACL', 'SETUSER', 'poor', '+hset')
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
    await store.delete('a', { fencingToken: lease?.fencingToken ?? NaN })
    await lease?.release()
    expect(warn.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining('does not let this user look at its settings')])
  })

  it('whose client puts a prefix before all keys is used with it', async () => {
    const { server, admin } = await startServer()
    const store = openStore({ client: connect(server, { keyPrefix: 'mine:' }), keyPrefix: 'p:' })
    const lease = await store.lock.acquire('a')
    await store.write('a', [creds('c')], { fencingToken: lease?.fencingToken ?? NaN })
    expect(await store.read('a', [CREDS_KEY])).toEqual([creds('c')])
    expect(await collect(store.list())).toEqual(['a'])
    const names = ['changes', 'locks', 'processes', 'records:a', 'revision', 'schema', 'sessions', 'token']
    expect((await admin.keys('*')).sort()).toEqual(names.map((name) => `mine:p:${name}`))
  })

  it('with a replica has each write there before it resolves, and says so when it has not', async () => {
    const { server, admin } = await startServer()
    const replica = await RedisServer.start('--replicaof', `127.0.0.1 ${server.port}`)
    onTestFinished(() => replica.close())
    await vi.waitUntil(async () => (await admin.multi().set('ready', 'yes').exec()) !== null && (await admin.wait(1, 100)) === 1, { timeout: 20_000 })
    const store = openStore({ client: connect(server), waitReplicas: 1, leaseMs: 1200 })
    await Promise.all([store.write('a', [creds('c')]), store.write('b', [creds('c')])])
    const behind = openStore({ client: connect(replica) })
    expect(await outcome(behind.read('a', [CREDS_KEY]))).toMatch(/^STORE_UNAVAILABLE: .*It is a replica/)
    expect(await connect(replica).hget('baileys-sessions:records:b', '5:creds')).toBe('c')
    await replica.kill()
    expect(await outcome(store.write('a', [creds('d')]))).toMatch(
      /^STORE_UNAVAILABLE: .*has made the change, but only 0 of 1 replicas have it after 200 ms: a failover may lose it/,
    )
    expect(await openStore({ client: connect(server) }).read('a', [CREDS_KEY])).toEqual([creds('d')])
  })
})
