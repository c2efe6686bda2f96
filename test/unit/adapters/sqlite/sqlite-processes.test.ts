// @module-tag full
import { chmodSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { SqliteConnectionRepository } from '../../../../src/adapters/sqlite/sqlite-connection-repository.js'
import type { SqliteSessionStore } from '../../../../src/adapters/sqlite/sqlite-session-store.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { outcome } from '../../../support/outcome.js'
import { type ScriptOptions, ScriptProcess } from '../../../support/script-process.js'
import { seededRandom } from '../../../support/seeded-random.js'
import { SQLITE_DRIVERS, type SqliteDriver } from '../../../support/sqlite-drivers.js'
import { newFile, openDatabase, openStore } from './opened.js'

/** A user without rights, on most systems "nobody". */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0

async function startChild(
  driver: SqliteDriver,
  file: string,
  { staleAfterMs = 60_000, ...options }: ScriptOptions & { staleAfterMs?: number } = {},
): Promise<ScriptProcess> {
  const child = new ScriptProcess('./sqlite-child.ts', import.meta.url, [file, driver.name, String(staleAfterMs)], options)
  expect(await child.next()).toBe('ready')
  return child
}

/** Which rounds the records of session `a` are of. */
async function roundsOf(store: SqliteSessionStore): Promise<string[]> {
  const keys = await collect(store.records('a'))
  return [...new Set((await store.read('a', keys)).map(({ value }) => value))]
}

describe.each(SQLITE_DRIVERS)('with $name', (driver) => {
  it('a holder that was killed is replaced at once, by one with a greater token; while it lives it is not', async () => {
    const file = newFile()
    const child = await startChild(driver, file)
    expect(await child.ask('acquire')).toBe(1)
    const store = openStore(openDatabase(driver, file))
    expect(await store.lock.acquire('a')).toBeNull()
    expect(await store.lock.owner('a')).toContain(`:${child.pid}:`)
    expect(await outcome(store.write('a', [{ ...CREDS_KEY, value: 'without a token' }]))).toMatch(/^STALE_WRITER/)
    // Stopped is not dead.
    child.signal('SIGSTOP')
    expect(await store.lock.acquire('a')).toBeNull()
    await child.kill('SIGKILL')
    expect(await store.lock.owner('a')).toBeNull()
    await store.write('a', [{ ...CREDS_KEY, value: 'of nobody' }])
    expect((await store.lock.acquire('a'))?.fencingToken).toBe(2)
  })

  it('a process is a member of the cluster until it is killed', async () => {
    const file = newFile()
    const child = await startChild(driver, file)
    await child.ask('acquire')
    expect(await child.ask('announce')).toBe('announced')
    const { cluster } = openStore(openDatabase(driver, file)).lock
    const follower = cluster?.follow()
    expect(await follower?.next()).toMatchObject({ processes: [{ text: 'here', isSelf: false }], locks: [{ sessionId: 'a', text: 'noted' }] })
    child.signal('SIGSTOP')
    expect((await follower?.next())?.processes).toMatchObject([{ text: 'here' }])
    await child.kill('SIGKILL')
    expect((await follower?.next())?.processes).toEqual([])
    expect(await cluster?.holding('a')).toBeNull()
  })

  it('a process that is killed in the middle of a transaction leaves all of the batch before, and nothing of this one', async () => {
    const file = newFile()
    const child = await startChild(driver, file)
    await child.ask('acquire')
    const store = openStore(openDatabase(driver, file))
    expect(await child.ask('write before')).toBe('done')
    child.send('die COMMIT')
    await expect(child.next()).rejects.toThrow('the script has ended')
    expect(await roundsOf(store)).toEqual(['before'])
    const lease = await store.lock.acquire('a')
    await store.write('a', [{ ...CREDS_KEY, value: 'by the next' }], { fencingToken: lease?.fencingToken ?? NaN })
  })

  it('a process that is killed at any moment leaves one whole batch, none older than the last that was acknowledged', { tags: 'full' }, async () => {
    const random = seededRandom(7)
    for (let run = 0; run < 3; run++) {
      const file = newFile()
      const child = await startChild(driver, file)
      await child.ask('acquire')
      child.send('save')
      let acknowledged = -1
      const end = Date.now() + 30 + random.below(120)
      while (Date.now() < end || acknowledged < 0) acknowledged = Number(await child.next())
      await child.kill('SIGKILL')
      for (let line = await child.next().catch(() => null); line !== null; line = await child.next().catch(() => null)) acknowledged = Number(line)
      const rounds = await roundsOf(openStore(openDatabase(driver, file)))
      expect(rounds).toHaveLength(1)
      expect(Number(rounds[0]?.slice('round '.length))).toBeGreaterThanOrEqual(acknowledged)
    }
  })

  it('two processes write one file at once and lose nothing of one another, sessions and fields of connections', async () => {
    const file = newFile()
    const [first, second] = await Promise.all([startChild(driver, file), startChild(SQLITE_DRIVERS.at(-1) ?? driver, file)])
    await Promise.all([first.ask('acquire first'), second.ask('acquire second')])
    expect(await Promise.all([first.ask('work first'), second.ask('work second')])).toEqual(['worked', 'worked'])
    const database = openDatabase(driver, file)
    const store = openStore(database)
    for (const name of ['first', 'second']) {
      expect(await collect(store.records(name))).toHaveLength(61)
      expect(await store.read(name, [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: `${name} 59` }])
    }
    expect(await new SqliteConnectionRepository({ database }).find('shared')).toMatchObject({ owner: 'first', phoneNumber: 'second' })
  })

  it('two processes that open an empty file at once both find it ready', async () => {
    const file = newFile()
    const children = await Promise.all([startChild(driver, file), startChild(driver, file), startChild(driver, file)])
    expect(await Promise.all(children.map((child) => child.ask('list')))).toEqual([[], [], []])
  })

  it('a holder in another container that was stopped for too long is replaced, and finds out when it wakes', async () => {
    const file = newFile()
    const child = await startChild(driver, file, { staleAfterMs: 1000 })
    expect(await child.ask('acquire')).toBe(1)
    // From where this process is, its pid says nothing.
    openDatabase(driver, file).exec("UPDATE baileys_sessions_session SET holder = json_set(holder, '$.pidNamespace', 'pid:[1]')")
    const store = openStore(openDatabase(driver, file), { staleAfterMs: 1000 })
    await new Promise((resolve) => {
      setTimeout(resolve, 1300)
    })
    // It beats, though it does nothing else.
    expect(await store.lock.acquire('a')).toBeNull()
    child.signal('SIGSTOP')
    const lease = await vi.waitUntil(() => store.lock.acquire('a'), { timeout: 10_000, interval: 50 })
    expect(lease.fencingToken).toBe(2)
    await store.write('a', [{ ...CREDS_KEY, value: 'new holder' }], { fencingToken: 2 })
    child.signal('SIGCONT')
    // By its heartbeat alone: it writes nothing.
    await vi.waitFor(
      async () => {
        expect(await child.ask('lost')).toBe(true)
      },
      { timeout: 10_000, interval: 50 },
    )
    expect(await child.ask('write old')).toMatch(/^STALE_WRITER/)
    await child.ask('release')
    expect(await store.lock.owner('a')).toBe(lease.owner)
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'new holder' }])
  }, 30_000)

  it('a holder whose timer had no chance yet finds out with its first write', async () => {
    const file = newFile()
    const child = await startChild(driver, file)
    await child.ask('acquire')
    openDatabase(driver, file).exec(
      "UPDATE baileys_sessions_session SET holder = json_set(holder, '$.pidNamespace', 'pid:[1]'), held_since = 0; UPDATE baileys_sessions_heartbeat SET beat_at = 0",
    )
    const store = openStore(openDatabase(driver, file))
    expect((await store.lock.acquire('a'))?.fencingToken).toBe(2)
    expect(await child.ask('lost')).toBe(false)
    expect(await child.ask('write old')).toMatch(/^STALE_WRITER/)
    expect(await child.ask('lost')).toBe(true)
  })

  it('a process that is killed with the write lock in its hand holds nobody up', async () => {
    const file = newFile()
    const child = await startChild(driver, file)
    const store = openStore(openDatabase(driver, file), { busyTimeoutMs: 0 })
    await store.write('a', [{ ...CREDS_KEY, value: 'before' }])
    expect(await child.ask('lock')).toBe('done')
    expect(await outcome(store.write('a', [{ ...CREDS_KEY, value: 'no' }]))).toMatch(/SQLITE_BUSY/)
    await child.kill('SIGKILL')
    await store.write('a', [{ ...CREDS_KEY, value: 'after' }])
  })

  // Only root can become somebody else, and root itself is refused nothing.
  it.runIf(isRoot)('a file that this user may only read is read while it is in use, and its writes are refused with what to do', async () => {
    const file = newFile()
    chmodSync(dirname(file), 0o755)
    const database = openDatabase(driver, file)
    await openStore(database).write('a', [{ ...CREDS_KEY, value: 'old' }])
    for (const name of [file, `${file}-wal`, `${file}-shm`]) chmodSync(name, 0o644)
    const before = readFileSync(file)
    const child = await startChild(driver, file, { uid: NOBODY })
    expect(await child.ask('read')).toEqual([{ ...CREDS_KEY, value: 'old' }])
    expect(await child.ask('anyWrite')).toMatch(/^STORE_UNAVAILABLE: .*is read-only \(SQLITE_READONLY\)/)
    expect(await child.ask('acquire')).toMatch(/^STORE_UNAVAILABLE: .*is read-only \(SQLITE_READONLY\)/)
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})
