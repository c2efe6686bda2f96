import { describe, expect, it, onTestFinished } from 'vitest'
import { COUNTS_CHANGES } from '../../src/adapters/redis/cluster-scripts.js'
import { resolveRedisOptions } from '../../src/adapters/redis/redis-client.js'
import { RedisConnection } from '../../src/adapters/redis/redis-connection.js'
import { leaseTimes, RedisLockTable } from '../../src/adapters/redis/redis-lock-table.js'
import { CLAIM, RELEASE } from '../../src/adapters/redis/scripts.js'
import type { Holder } from '../../src/lease/holder.js'
import type { ClusterNews, LockCluster } from '../../src/lease/lock-cluster.js'
import { RedisSessionStore } from '../../src/redis.js'
import { lockClusterContract } from '../../src/testing/index.js'
import { type Command, type Line, newLine, RedisBench } from '../support/redis-bench.js'
import { OTHER_REDIS_DRIVERS, USUAL_REDIS_DRIVER } from '../support/redis-clients.js'
import { REDIS_PROGRAM } from '../support/redis-server.js'
import { RedisSubjects } from './redis-hooks.js'
import { isOf } from './redis-lease-cases.js'
import { runContract } from './run-contract.js'

/** Long enough for a busy machine. */
const LEASE_MS = 60_000

for (const driver of [USUAL_REDIS_DRIVER, ...OTHER_REDIS_DRIVERS]) {
  const bench = new RedisBench(driver)
  const redis = new RedisSubjects(driver, bench)
  runContract(
    `the cluster of RedisSessionStore with ${driver.name}`,
    lockClusterContract(() => redis.openStoreLock(), redis.storeLockHooks),
    redis.testOptions,
  )
}

describe.skipIf(REDIS_PROGRAM === null)('the cluster of Redis', () => {
  const bench = new RedisBench()

  /** Stores on keys of their own, each as in a process of its own. */
  function openPlace(): { keyPrefix: string; open: (line?: Line) => Promise<{ store: RedisSessionStore; cluster: LockCluster }> } {
    const keyPrefix = bench.newPrefix()
    return {
      keyPrefix,
      open: async (line = newLine()) => {
        const store = new RedisSessionStore({ client: await bench.connect(line), keyPrefix, leaseMs: LEASE_MS })
        onTestFinished(() => store.close().catch(() => undefined))
        const { cluster } = store.lock
        if (cluster === undefined) throw new Error('The lock of Redis has no cluster.')
        return { store, cluster }
      },
    }
  }

  function openTable(keyPrefix: string): RedisLockTable {
    const client = { call: async (...command: Command) => bench.send(...command) }
    return new RedisLockTable(new RedisConnection(resolveRedisOptions({ client, keyPrefix })), leaseTimes(LEASE_MS))
  }

  const run = (script: string, key: string): Promise<unknown> => bench.send('EVAL', script, '1', key)

  const endLeases = (keyPrefix: string): Promise<unknown> =>
    run(
      `local all = redis.call('HGETALL', KEYS[1])
      for index = 1, #all, 2 do redis.call('HSET', KEYS[1], all[index], (string.gsub(all[index + 1], '^%d+', '1'))) end`,
      `${keyPrefix}processes`,
    )

  const empty = (keyPrefix: string): Promise<unknown> =>
    run("for _, key in ipairs(redis.call('KEYS', KEYS[1] .. '*')) do redis.call('DEL', key) end", keyPrefix)

  /** Takes locks, and notes on each which one it is. */
  async function takeMany(table: RedisLockTable, ids: readonly string[], self: Holder = holder('many')): Promise<void> {
    await Promise.all(
      ids.map(async (sessionId) => {
        const token = await table.claim(sessionId, await table.look(sessionId), self)
        await table.cluster.note({ sessionId, token: token ?? 0, nonce: self.nonce }, `note of ${sessionId}`)
      }),
    )
  }

  const idsFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, index) => `session ${first + index}`)

  const told = (news: Pick<ClusterNews, 'locks'>): Map<string, string | null> => new Map(news.locks.map(({ sessionId, text }) => [sessionId, text]))

  it('is followed with one command when nothing happened, whatever the number of sessions', async () => {
    const place = openPlace()
    await takeMany(openTable(place.keyPrefix), idsFrom(0, 300))
    const line = newLine()
    const { cluster } = await place.open(line)
    const follower = cluster.follow()
    expect((await follower.next()).locks).toHaveLength(300)
    line.sent.length = 0
    for (let round = 0; round < 5; round++) expect(await follower.next()).toMatchObject({ isComplete: false, locks: [] })
    expect(line.sent).toHaveLength(5)
  })

  it('tells all locks, and all changes, also where they are more than one script tells', async () => {
    const place = openPlace()
    const table = openTable(place.keyPrefix)
    const { cluster } = await place.open()
    const [before, after] = [idsFrom(0, 1200), idsFrom(600, 1200)]
    await takeMany(table, before)
    const follower = cluster.follow()
    expect(told(await follower.next())).toEqual(new Map(before.map((id) => [id, `note of ${id}`])))
    await takeMany(table, after, holder('others'))
    const news = await follower.next()
    expect([news.isComplete, told(news)]).toEqual([false, new Map(after.map((id) => [id, `note of ${id}`]))])
    expect((await follower.next()).locks).toEqual([])
  })

  it.each([
    { since: 'nothing is held', taken: [] },
    { since: 'more has changed than before', taken: ['b', 'c', 'd', 'e', 'f'] },
  ])('tells everything again when the server was emptied and $since', async ({ taken }) => {
    const place = openPlace()
    const [one, other] = [await place.open(), await place.open()]
    const lease = await one.store.lock.acquire('a')
    await one.cluster.note('a', lease?.fencingToken ?? 0, 'noted')
    const follower = other.cluster.follow()
    expect(told(await follower.next())).toEqual(new Map([['a', 'noted']]))
    await empty(place.keyPrefix)
    for (const id of taken) await other.store.lock.acquire(id)
    const news = await follower.next()
    expect([news.isComplete, [...told(news).keys()].sort(), news.processes.length]).toEqual([true, taken, taken.length === 0 ? 0 : 1])
  })

  it('renews the lease of a member that holds nothing, and tells when it has ended', async () => {
    const { keyPrefix } = openPlace()
    const table = openTable(keyPrefix)
    const one = holder('one')
    expect(await table.beat(one, [])).toBe(true)
    expect(await table.cluster.enter(one, 'here')).toBe(true)
    const [entry] = (await table.cluster.changes(null)).processes
    expect(entry?.leaseLeftMs).toBeLessThanOrEqual(LEASE_MS)
    await bench.send('HSET', `${keyPrefix}processes`, 'one', String(await bench.send('HGET', `${keyPrefix}processes`, 'one')).replace(/^\d+/u, soon))
    expect(await table.beat(one, [])).toBe(true)
    expect((await table.cluster.changes(null)).processes).toMatchObject([{ entered: 'here', isAskedToDrain: false }])
    await endLeases(keyPrefix)
    expect((await table.cluster.changes(null)).processes).toEqual([])
    expect(await table.cluster.askToDrain('one')).toBe(false)
    expect(await table.cluster.enter(one, 'still here')).toBe(false)
    expect(await table.cluster.enter(holder('two'), 'here')).toBe(true)
    expect(await bench.send('HKEYS', `${keyPrefix}members`)).toEqual(['two'])
  })

  it('tells a member that holds nothing with its next beat that its lease has ended', async () => {
    const { keyPrefix } = openPlace()
    const table = openTable(keyPrefix)
    await table.cluster.enter(holder('one'), 'here')
    await endLeases(keyPrefix)
    expect(await table.beat(holder('one'), [])).toBe(false)
  })

  it('tells everything again when a replica that was behind has taken the place of the server', async () => {
    const place = openPlace()
    const { store, cluster } = await place.open()
    await Promise.all(['a', 'b', 'c'].map((id) => store.lock.acquire(id)))
    const follower = cluster.follow()
    await follower.next()
    const revision = String(await bench.send('GET', `${place.keyPrefix}revision`))
    await bench.send('SET', `${place.keyPrefix}revision`, revision.replace('3 ', '2 '))
    await bench.send('HDEL', `${place.keyPrefix}locks`, 'c')
    const news = await follower.next()
    expect([news.isComplete, [...told(news).keys()].sort()]).toEqual([true, ['a', 'b']])
  })

  it('does not bring locks back that were lost with an earlier lease when its process enters again', async () => {
    const { keyPrefix } = openPlace()
    const table = openTable(keyPrefix)
    const one = holder('one')
    const token = (await table.claim('a', await table.look('a'), one)) ?? 0
    await bench.send('HDEL', `${keyPrefix}processes`, 'one')
    expect(await table.cluster.enter(one, 'here')).toBe(true)
    expect(await table.beat(one, [{ sessionId: 'a', token, nonce: 'one' }])).toBe(false)
  })

  it('goes on with locks that are taken after it was entered, and forgets a member with its last lease', async () => {
    const { keyPrefix } = openPlace()
    const table = openTable(keyPrefix)
    const one = holder('one')
    await table.cluster.enter(one, 'here')
    const token = (await table.claim('a', await table.look('a'), one)) ?? 0
    const lease = { sessionId: 'a', token, nonce: 'one' }
    expect(await table.beat(one, [lease])).toBe(true)
    await table.release(lease, { isLast: false })
    expect(await table.beat(one, [])).toBe(true)
    await table.cluster.leave('one', { isLast: true })
    for (const key of ['processes', 'members', 'asked', 'notes']) expect(await bench.send('HLEN', keyPrefix + key), key).toBe(0)
    expect(await table.beat(one, [])).toBe(true)
  })

  it('takes a note from nobody but the holder of the lock, while its lease lasts', async () => {
    const { keyPrefix } = openPlace()
    const table = openTable(keyPrefix)
    const token = (await table.claim('a', await table.look('a'), holder('one'))) ?? 0
    await table.cluster.enter(holder('other'), 'here')
    await table.cluster.note({ sessionId: 'a', token, nonce: 'one' }, 'noted')
    await table.cluster.note({ sessionId: 'a', token, nonce: 'other' }, 'not its own')
    await table.cluster.note({ sessionId: 'a', token: token - 1, nonce: 'one' }, 'of before')
    expect(await table.cluster.holdersOf('a')).toMatchObject([{ note: 'noted' }])
    const { cursor } = await table.cluster.changes(null)
    await endLeases(keyPrefix)
    await table.cluster.note({ sessionId: 'a', token, nonce: 'one' }, 'too late')
    expect([await table.cluster.holdersOf('a'), (await table.cluster.changes(cursor)).locks]).toEqual([[], []])
  })

  it('tells everything again when a process of the version before has taken or given back something', async () => {
    const place = openPlace()
    const older = await place.open(newLine(asBefore))
    const { store, cluster } = await place.open()
    await (await store.lock.acquire('first'))?.release()
    const follower = cluster.follow()
    await follower.next()
    const [kept, given] = [await older.store.lock.acquire('kept'), await older.store.lock.acquire('given')]
    expect([...told(await follower.next()).keys()].sort()).toEqual(['given', 'kept'])
    expect(await follower.next()).toMatchObject({ isComplete: false, locks: [] })
    await given?.release()
    expect(await follower.next()).toMatchObject({ isComplete: true, locks: [{ sessionId: 'kept' }] })
    // What this version does meanwhile is told as ever.
    const own = await store.lock.acquire('own')
    await cluster.note('own', own?.fencingToken ?? 0, 'noted')
    expect(await follower.next()).toMatchObject({ isComplete: false, locks: [{ sessionId: 'own', text: 'noted' }] })
    await own?.release()
    await older.store.lock.acquire('own')
    expect(await cluster.holding('own')).toMatchObject({ process: { owner: kept?.owner }, text: null })
  })
})

/** The end of a lease that is still to come. */
function soon(end: string): string {
  return String(Number(end) - LEASE_MS / 2)
}

/** What the version before sends: its processes do not say that they count changes, and its scripts count none. */
function asBefore(command: Command): Command {
  const script = [CLAIM, RELEASE].find((one) => isOf(command, one))
  if (script === undefined) return command
  const text = script.text.replace('\nchange(ARGV[3])', '').replace('\n  change(ARGV[3])', '')
  return ['EVAL', text, ...command.slice(2).map((parameter) => parameter.replace(`,"${COUNTS_CHANGES}":true`, ''))]
}

function holder(nonce: string): Holder {
  return { owner: nonce, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }
}
