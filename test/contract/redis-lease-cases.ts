import assert from 'node:assert/strict'
import { resolveRedisOptions } from '../../src/adapters/redis/redis-client.js'
import { RedisConnection } from '../../src/adapters/redis/redis-connection.js'
import { leaseTimes, RedisLockTable } from '../../src/adapters/redis/redis-lock-table.js'
import { BEAT, CLAIM, type RedisScript, WRITE } from '../../src/adapters/redis/scripts.js'
import { isSessionError } from '../../src/errors.js'
import type { Holder } from '../../src/lease/holder.js'
import type { SessionLease } from '../../src/lease/session-lock.js'
import { RedisSessionStore } from '../../src/redis.js'
import { CREDS_KEY } from '../../src/store/session-store.js'
import type { ContractCase } from '../../src/testing/index.js'
import { type Command, type Line, newLine, type RedisBench } from '../support/redis-bench.js'

/** Long enough for a busy machine: what waits for its end edits what the server knows of it. */
const LEASE_MS = 6000
/** A holder finds out with its next beat, of which there are six in a lease; the rest is for a busy machine. */
const PATIENCE_MS = LEASE_MS - 1000

/** One set of keys, and the stores on it. */
class Place {
  readonly keyPrefix: string
  readonly #bench: RedisBench
  readonly #edit: Line['edit'] | undefined
  readonly #stores: RedisSessionStore[] = []

  constructor(bench: RedisBench, edit: Line['edit'] | undefined) {
    this.#bench = bench
    this.#edit = edit
    this.keyPrefix = bench.newPrefix()
  }

  /** A store as in a process of its own. */
  async open(line: Line = newLine()): Promise<RedisSessionStore> {
    if (this.#edit !== undefined) line.edit = this.#edit
    const store = new RedisSessionStore({ client: await this.#bench.connect(line), keyPrefix: this.keyPrefix, leaseMs: LEASE_MS })
    this.#stores.push(store)
    return store
  }

  /** A table without a lock around it. */
  async openTable(): Promise<RedisLockTable> {
    const client = await this.#bench.connect(newLine(this.#edit))
    return new RedisLockTable(new RedisConnection(resolveRedisOptions({ client, keyPrefix: this.keyPrefix })), leaseTimes(LEASE_MS))
  }

  /** Runs a script on one of the keys. */
  async run(script: string, key: string, ...parameters: string[]): Promise<unknown> {
    return this.#bench.send('EVAL', script, '1', this.keyPrefix + key, ...parameters)
  }

  /** Lets the leases of all processes end by the clock of the server. */
  async endLeases(): Promise<void> {
    await this.#editProcesses("'^%d+'", "'1'")
  }

  /** Removes all keys, as FLUSHALL does. */
  async wipe(): Promise<void> {
    await this.run("for _, key in ipairs(redis.call('KEYS', KEYS[1] .. '*')) do redis.call('DEL', key) end", '')
  }

  /** Makes all processes look as if they had ended, without a change of their leases. */
  async endProcesses(): Promise<void> {
    await this.#editProcesses(`'"pid":%d+'`, `'"pid":${2 ** 30}'`)
  }

  /** Lets the server know no token of a process but one, as a replica that was behind. */
  async setNewestToken(token: number): Promise<void> {
    await this.#editProcesses("'^(%d+ %d+) %d+'", `'%1 ${token}'`)
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close().catch(() => undefined)))
  }

  async #editProcesses(pattern: string, replacement: string): Promise<void> {
    await this.run(
      `local all = redis.call('HGETALL', KEYS[1])
      for index = 1, #all, 2 do redis.call('HSET', KEYS[1], all[index], (string.gsub(all[index + 1], ${pattern}, ${replacement}))) end`,
      'processes',
    )
  }
}

const MUST = 'end a lease when its time ran out unrenewed, renew one for all sessions, and never bring back one that has ended'

const CHECKS: readonly { name: string; check: (place: Place) => Promise<void> }[] = [
  {
    name: 'a lease that has ended is free for others at once, and lost to its holder',
    check: async (place) => {
      const [store, other] = [await place.open(), await place.open()]
      const old = await take(store, 'a')
      const bystander = await take(store, 'b')
      assert.equal(await other.lock.acquire('a'), null)
      await place.endLeases()
      assert.equal(await other.lock.owner('a'), null)
      const lease = await take(other, 'a')
      assert.ok(lease.fencingToken > old.fencingToken)
      assert.equal(await lossOf(bystander), 'LEASE_EXPIRED')
      assert.equal(await outcomeOf(store.write('a', [{ ...CREDS_KEY, value: 'old' }], { fencingToken: old.fencingToken })), 'STALE_WRITER')
      assert.equal(await other.lock.owner('a'), lease.owner)
    },
  },
  {
    name: 'a lease that has ended is lost also when nobody has taken it',
    check: async (place) => {
      const lease = await take(await place.open(), 'a')
      await place.endLeases()
      assert.equal(await lossOf(lease), 'LEASE_EXPIRED')
    },
  },
  {
    name: 'the newest token is good also after its release',
    check: async (place) => {
      const store = await place.open()
      const { fencingToken, release } = await take(store, 'a')
      await release()
      await store.write('a', [{ ...CREDS_KEY, value: 'c' }], { fencingToken })
      assert.deepEqual(await store.read('a', [CREDS_KEY]), [{ ...CREDS_KEY, value: 'c' }])
    },
  },
  {
    name: 'a lease goes on for as long as it is renewed, by one command for all sessions',
    check: async (place) => {
      const line = newLine()
      const store = await place.open(line)
      const leases = await Promise.all(Array.from({ length: 30 }, (_, index) => take(store, String(index))))
      const before = line.sent.length
      const ends = await place.run("return redis.call('HVALS', KEYS[1])[1]", 'processes')
      await until(() => line.sent.length >= before + 2)
      for (const command of line.sent.slice(before)) assert.ok(isOf(command, BEAT), command.join(' '))
      assert.notEqual(await place.run("return redis.call('HVALS', KEYS[1])[1]", 'processes'), ends)
      assert.deepEqual(
        leases.filter(({ lost }) => lost.aborted),
        [],
      )
    },
  },
  {
    name: 'a lease that has ended is not brought back by the next claim',
    check: async (place) => {
      const store = await place.open()
      const old = await take(store, 'a')
      await place.endLeases()
      await take(store, 'b')
      assert.equal(await lossOf(old), 'LEASE_EXPIRED')
    },
  },
  {
    name: 'a lock that was given back is free for others, while its process goes on with another one',
    check: async (place) => {
      const [store, other] = [await place.open(), await place.open()]
      const [kept, given] = [await take(store, 'a'), await take(store, 'b')]
      await given.release()
      await take(other, 'b')
      assert.deepEqual([await other.lock.acquire('a'), kept.lost.aborted], [null, false])
    },
  },
  {
    name: 'a process that has nothing left is no more in the table, and one whose lease has ended is swept out of it',
    check: async (place) => {
      const count = (): Promise<unknown> => place.run("return redis.call('HLEN', KEYS[1])", 'processes')
      const store = await place.open()
      const [one, two] = [await take(store, 'a'), await take(store, 'b')]
      await one.release()
      assert.equal(await count(), 1)
      await two.release()
      assert.equal(await count(), 0)
      await take(store, 'a')
      await place.endLeases()
      await take(await place.open(), 'b')
      assert.equal(await count(), 1)
    },
  },
  {
    name: 'who waits for locks sees which processes live, and which have given something back',
    check: async (place) => {
      const table = await place.openTable()
      const store = await place.open()
      assert.deepEqual(await table.living(), [])
      const leases = [await take(store, 'a'), await take(store, 'b'), await take(store, 'c')]
      const [before, ...others] = await table.living()
      assert.ok(before !== undefined && others.length === 0)
      await leases[0]?.release()
      await take(store, 'd')
      await leases[1]?.release()
      assert.deepEqual(await table.living(), [{ nonce: before.nonce, releases: before.releases + 2 }])
      await place.endLeases()
      assert.deepEqual(await table.living(), [])
    },
  },
  {
    name: 'who waits for a lock sees that its process has given the last one back, also when that has taken another one since',
    check: async (place) => {
      const table = await place.openTable()
      const store = await place.open()
      const lease = await take(store, 'a')
      const [before] = await table.living()
      await lease.release()
      await take(store, 'b')
      const [after] = await table.living()
      assert.equal(after?.nonce, before?.nonce)
      assert.notEqual(after?.releases, before?.releases)
    },
  },
  {
    name: 'tokens that the server does not know any more end the lease',
    check: async (place) => {
      const store = await place.open()
      const [kept, forgotten] = [await take(store, 'a'), await take(store, 'b')]
      // A replica that was behind has taken the place of the server.
      await place.run("redis.call('HDEL', KEYS[1], 'b')", 'locks')
      await place.setNewestToken(kept.fencingToken)
      assert.equal(await outcomeOf(store.write('b', [{ ...CREDS_KEY, value: 'new' }], { fencingToken: forgotten.fencingToken })), 'STALE_WRITER')
      assert.deepEqual(await Promise.all([lossOf(kept), lossOf(forgotten)]), ['LEASE_EXPIRED', 'LEASE_EXPIRED'])
      assert.deepEqual(await store.read('b', [CREDS_KEY]), [])
      assert.ok((await take(store, 'b')).fencingToken > forgotten.fencingToken)
    },
  },
  {
    name: 'a server that was emptied accepts no token of before, and hands out greater ones',
    check: async (place) => {
      const store = await place.open()
      for (const fencingToken of [0, 7, Infinity])
        assert.equal(await outcomeOf(store.write('a', [{ ...CREDS_KEY, value: 'never' }], { fencingToken })), 'STALE_WRITER')
      const old = await take(store, 'a')
      await store.write('a', [{ ...CREDS_KEY, value: 'before' }], { fencingToken: old.fencingToken })
      await place.wipe()
      assert.equal(await outcomeOf(store.write('a', [{ ...CREDS_KEY, value: 'after' }], { fencingToken: old.fencingToken })), 'STALE_WRITER')
      assert.deepEqual(await store.read('a', [CREDS_KEY]), [])
      assert.equal(await lossOf(old), 'LEASE_EXPIRED')
      assert.ok((await take(store, 'a')).fencingToken > old.fencingToken)
    },
  },
  {
    name: 'a claim whose answer was lost leaves nothing taken',
    check: async (place) => {
      const line = newLine()
      const [store, other] = [await place.open(line), await place.open()]
      await take(store, 'held')
      line.losesAnswer = (command) => isOf(command, CLAIM)
      assert.equal(await outcomeOf(store.lock.acquire('a')), 'STORE_UNAVAILABLE')
      assert.equal(await outcomeOf(store.lock.acquire('b')), 'STORE_UNAVAILABLE')
      line.losesAnswer = () => false
      // The process itself knows that it has not got it, and may write and take it at once.
      await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
      const own = await take(store, 'a')
      // Others may take what it has not taken itself, as soon as it has given that back.
      await until(async () => (await other.lock.acquire('b')) !== null)
      assert.equal(await store.lock.owner('a'), own.owner)
      assert.equal(own.lost.aborted, false)
    },
  },
  {
    name: 'a holder that shows that it lives while it is looked at is not replaced',
    check: async (place) => {
      const table = await place.openTable()
      await table.claim('a', await table.look('a'), holder('one'))
      const seen = await table.look('a')
      // A beat in the same millisecond would change nothing.
      await new Promise((resolve) => setTimeout(resolve, 5))
      await table.beat(holder('one'), [])
      assert.equal(await table.claim('a', seen, holder('other')), null)
      assert.notEqual(await table.claim('a', await table.look('a'), holder('other')), null)
    },
  },
  {
    name: 'a holder that shows that it lives while it is looked at is not written over',
    check: async (place) => {
      const line = newLine()
      const [holding, store] = [await place.open(), await place.open(line)]
      await take(holding, 'a')
      await place.endProcesses()
      let writes = 0
      line.before = async (command) => {
        writes += isOf(command, WRITE) ? 1 : 0
        if (writes === 2) await place.run("local all = redis.call('HGETALL', KEYS[1]) redis.call('HSET', KEYS[1], all[1], '9' .. all[2])", 'processes')
      }
      await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
      // Refused as one who has no token, refused as what it saw has changed, and let through.
      assert.equal(writes, 3)
    },
  },
  {
    name: 'what arrives after its deadline is not carried out',
    check: async (place) => {
      const line = newLine()
      const store = await place.open(line)
      await store.write('a', [{ ...CREDS_KEY, value: 'before' }])
      const edit = line.edit
      line.edit = (command) => edit(isOf(command, WRITE) || isOf(command, CLAIM) ? (command.with(3 + Number(command[2]) + 1, '1') as Command) : command)
      assert.equal(await outcomeOf(store.write('a', [{ ...CREDS_KEY, value: 'after' }])), 'STORE_UNAVAILABLE')
      assert.equal(await outcomeOf(store.lock.acquire('a')), 'STORE_UNAVAILABLE')
      line.edit = edit
      assert.deepEqual(await store.read('a', [CREDS_KEY]), [{ ...CREDS_KEY, value: 'before' }])
      assert.equal(await store.lock.owner('a'), null)
    },
  },
  {
    name: 'keys of a newer version are left alone, also by one who has used them before',
    check: async (place) => {
      const store = await place.open()
      const old = await take(store, 'a')
      await store.write('a', [{ ...CREDS_KEY, value: 'before' }], { fencingToken: old.fencingToken })
      const table = await place.openTable()
      const seen = await table.look('b')
      await place.run("redis.call('SET', KEYS[1], '2')", 'schema')
      assert.equal(await outcomeOf(table.claim('b', seen, holder('one'))), 'STORE_UNAVAILABLE')
      const later = await place.open()
      for (const one of [store, later]) {
        assert.equal(await outcomeOf(one.write('a', [{ ...CREDS_KEY, value: 'after' }], { fencingToken: old.fencingToken })), 'STORE_UNAVAILABLE')
        assert.equal(await outcomeOf(one.lock.acquire('b')), 'STORE_UNAVAILABLE')
      }
      await place.run("redis.call('SET', KEYS[1], '1')", 'schema')
      assert.deepEqual(await store.read('a', [CREDS_KEY]), [{ ...CREDS_KEY, value: 'before' }])
      assert.equal(await later.lock.owner('b'), null)
    },
  },
]

/** What the leases of Redis promise beyond the contract of a lock. What is sent may be edited, which makes a mutant. */
export function redisLeaseCases(bench: RedisBench, edit?: Line['edit']): ContractCase[] {
  return CHECKS.map(({ name, check }) => ({
    name,
    must: MUST,
    run: async () => {
      const place = new Place(bench, edit)
      try {
        await check(place)
      } finally {
        await place.dispose()
      }
    },
  }))
}

/** Whether a command runs a script. */
export function isOf([name, what]: Command, script: RedisScript): boolean {
  return (name === 'EVALSHA' && what === script.sha) || (name === 'EVAL' && what === script.text)
}

async function take(store: RedisSessionStore, sessionId: string): Promise<SessionLease> {
  const lease = await store.lock.acquire(sessionId)
  assert.ok(lease !== null, `the lock of ${sessionId} was not given`)
  return lease
}

/** The code with which a lease is lost. */
async function lossOf({ lost }: SessionLease): Promise<string> {
  await until(() => lost.aborted)
  return isSessionError(lost.reason) ? lost.reason.code : String(lost.reason)
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    return isSessionError(error) ? error.code : String(error)
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'what was waited for did not happen')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function holder(nonce: string): Holder {
  return { owner: nonce, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }
}
