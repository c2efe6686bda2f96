import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as judgement from '../../../src/lease/holder.js'
import { type Holder, parseHolder } from '../../../src/lease/holder.js'
import { LeaseLock, type LeaseLockOptions } from '../../../src/lease/lease-lock.js'
import type { HolderSign, LeaseKey, LockEntry, LockTable } from '../../../src/lease/lock-table.js'
import type { SessionLease } from '../../../src/lease/session-lock.js'

vi.mock('../../../src/lease/holder.js', { spy: true })

const MINUTE_MS = 60_000

/** Locks in memory that several share, with a clock of its own and whatever an engine may do to them. */
class FakeTable implements LockTable {
  readonly entries: Map<string, LockEntry> = new Map()
  readonly beats: Map<string, number> = new Map()
  readonly calls: string[] = []
  /** How far the clock of the engine is ahead of ours. */
  aheadMs = 0
  isDown = false
  /** Holders whose time has run out. */
  readonly lapsed: Set<string> = new Set()
  /** Done in the middle of the next claim. */
  beforeClaim: () => void = () => undefined

  async look(sessionId: string): Promise<LockEntry> {
    this.#assertUp()
    const { token, holders } = this.#entryOf(sessionId)
    return { token, holders: holders.map((sign) => ({ ...sign, lastSignAt: Math.max(sign.lastSignAt, this.beats.get(sign.text) ?? 0) })) }
  }

  async claim(sessionId: string, { token }: LockEntry, holder: Holder): Promise<number | null> {
    this.beforeClaim()
    this.#assertUp()
    if (this.#entryOf(sessionId).token !== token) return null
    this.put(sessionId, token + 1, holder)
    return token + 1
  }

  async release({ sessionId, token, nonce }: LeaseKey, { isLast }: { isLast: boolean }): Promise<void> {
    this.#assertUp()
    this.calls.push(`release ${sessionId}${isLast ? ', the last' : ''}`)
    const entry = this.#entryOf(sessionId)
    if (entry.token === token && entry.holders[0]?.text.includes(nonce) === true) this.entries.set(sessionId, { token, holders: [] })
  }

  async beat(holder: Holder, leases: readonly LeaseKey[]): Promise<boolean> {
    this.#assertUp()
    this.calls.push(`beat for ${leases.map(({ sessionId }) => sessionId).join()}`)
    this.beats.set(JSON.stringify(holder), await this.now())
    return !this.lapsed.has(holder.nonce)
  }

  async now(): Promise<number> {
    return Date.now() + this.aheadMs
  }

  /** Gives a lock to somebody. */
  put(sessionId: string, token: number, holder: Holder): void {
    this.entries.set(sessionId, { token, holders: [{ text: JSON.stringify(holder), lastSignAt: Date.now() + this.aheadMs }] })
  }

  #entryOf(sessionId: string): LockEntry {
    return this.entries.get(sessionId) ?? { token: 0, holders: [] }
  }

  #assertUp(): void {
    if (this.isDown) throw new Error('the engine is down')
  }
}

/** A holder in a container of its own: nobody can see its process. */
function elsewhere(container: string): (owner: string, nonce: string) => Promise<Holder> {
  return async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: container, platform: 'linux' })
}

function open(table: FakeTable, options: Partial<LeaseLockOptions<LockEntry>> = {}): LeaseLock {
  return new LeaseLock({ table, describe: elsewhere('one'), ...options })
}

async function take(lock: LeaseLock, sessionId = 'a'): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error('it is held')
  return lease
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('invariant 1: a holder that cannot be seen', () => {
  it('is replaced when it was not heard of for a minute, and not before', async () => {
    const table = new FakeTable()
    // Its process ended: it beats no more.
    table.put('a', 7, await elsewhere('gone')('gone:1:ab', 'ab'))
    const lock = open(table)
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(await lock.acquire('a')).toBeNull()
    expect(await lock.owner('a')).toBe('gone:1:ab')
    await vi.advanceTimersByTimeAsync(1)
    expect(await lock.owner('a')).toBeNull()
    expect((await take(lock)).fencingToken).toBe(8)
  })

  it('keeps its lock for as long as it beats, by the clock of the engine', async () => {
    const table = new FakeTable()
    table.aheadMs = 24 * 60 * MINUTE_MS
    const [one, other] = [open(table), open(table, { describe: elsewhere('other') })]
    const lease = await take(one)
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
    expect(await other.acquire('a')).toBeNull()
    expect(await other.owner('a')).toBe(lease.owner)
  })

  it('is replaced when its last sign is of a clock that was set back since', async () => {
    const table = new FakeTable()
    table.aheadMs = 60 * MINUTE_MS
    table.put('a', 7, await elsewhere('gone')('gone:1:ab', 'ab'))
    table.aheadMs = 0
    expect((await take(open(table))).fencingToken).toBe(8)
  })

  it('is named, also when it did not say who it is', async () => {
    const table = new FakeTable()
    table.entries.set('a', { token: 1, holders: [{ text: '{"own', lastSignAt: Date.now() }] })
    expect(await open(table).owner('a')).toBe('a process that did not give its name')
  })

  it('is one of several that may have the lock: it is free when none of them lives', async () => {
    const table = new FakeTable()
    const signs = await Promise.all(['x', 'y'].map(async (name) => ({ text: JSON.stringify(await elsewhere(name)(name, name)), lastSignAt: Date.now() })))
    const [gone, alive] = signs.map((sign, index) => (index === 0 ? { ...sign, lastSignAt: 0 } : sign))
    if (gone === undefined || alive === undefined) throw new Error('there are two')
    const lock = open(table)
    expect(await lock.ownerOf({ token: 1, holders: [gone, alive] })).toBe('y')
    expect(await lock.ownerOf({ token: 1, holders: [gone] })).toBeNull()
  })
})

describe('invariant 1: a holder that a copy of the table tells of', () => {
  const sign = (holder: Holder): HolderSign => ({ text: JSON.stringify(holder), lastSignAt: Date.now(), isOfCopy: true })

  it('is none here when it is a process of this machine, whether it lives or not', async () => {
    const table = new FakeTable()
    const here = await judgement.describeHolder('here:1:ab', 'ab')
    table.entries.set('a', { token: 7, holders: [sign(here)] })
    const lock = open(table, { describe: judgement.describeHolder })
    expect((await take(lock)).fencingToken).toBe(8)
    table.entries.set('b', { token: 7, holders: [{ ...sign(here), isOfCopy: false }] })
    expect(await lock.acquire('b')).toBeNull()
  })

  it('is one as ever when it is out of sight: there the copy may look like the original', async () => {
    const table = new FakeTable()
    table.entries.set('a', { token: 7, holders: [sign(await elsewhere('there')('there:1:ab', 'ab'))] })
    expect(await open(table).owner('a')).toBe('there:1:ab')
    table.aheadMs = 2 * MINUTE_MS
    expect(await open(table).owner('a')).toBeNull()
  })

  it('is one as ever when it is this one: it has not lost what it is about to take again', async () => {
    const table = new FakeTable()
    const lock = open(table)
    const lease = await take(lock)
    const [own] = table.entries.get('a')?.holders ?? []
    if (own === undefined) throw new Error('it is held')
    table.entries.set('a', { token: 1, holders: [{ ...own, isOfCopy: true }] })
    expect(await lock.acquire('a')).toBeNull()
    expect(lease.lost.aborted).toBe(false)
  })
})

describe('invariant 1: a holder on this host, where nothing but its pid can be seen', () => {
  it.each(['alive', 'dead', 'unknown'] as const)('is asked for once it was not heard of for a minute: it is %s', async (found) => {
    const table = new FakeTable()
    table.put('a', 7, await elsewhere('here')('here:1:ab', 'ab'))
    const judgeSilent = vi.mocked(judgement.judgeSilent).mockReset().mockResolvedValue(found)
    const lock = open(table)
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(await lock.owner('a')).toBe('here:1:ab')
    expect(judgeSilent).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(24 * 60 * MINUTE_MS)
    expect(await lock.owner('a')).toBe(found === 'alive' ? 'here:1:ab' : null)
    expect(judgeSilent).toHaveBeenCalledOnce()
  })
})

describe('a lease', () => {
  it('is shown to live by one beat for all that the process has, which ends with the last', async () => {
    const table = new FakeTable()
    const lock = open(table)
    const leases = await Promise.all(['a', 'b', 'c'].map((sessionId) => take(lock, sessionId)))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(table.calls).toEqual(['beat for a,b,c', 'beat for a,b,c'])
    for (const lease of leases) await lease.release()
    expect(table.calls.slice(2)).toEqual(['release a', 'release b', 'release c, the last'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is lost when somebody else has a newer token, which a late beat finds out', async () => {
    const table = new FakeTable()
    const onEnded = vi.fn()
    const lock = open(table, { onEnded })
    const [lost, kept] = [await take(lock), await take(lock, 'b')]
    table.put('a', 2, await elsewhere('other')('other', 'ef'))
    await vi.advanceTimersByTimeAsync(30_000)
    expect(lost.lost.aborted).toBe(false)
    vi.setSystemTime(Date.now() + 10 * MINUTE_MS)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(lost.lost.reason).toMatchObject({ code: 'STALE_WRITER', sessionId: 'a' })
    expect(kept.lost.aborted).toBe(false)
    expect(onEnded).toHaveBeenCalledExactlyOnceWith('a')
    await lost.release()
    expect(table.entries.get('a')).toMatchObject({ token: 2, holders: [{ text: expect.stringContaining('other') }] })
  })

  it('is not lost because the engine cannot be asked, for however long, where nobody but a new holder ends it', async () => {
    const table = new FakeTable()
    const lock = open(table)
    const lease = await take(lock)
    table.isDown = true
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
    await expect(lock.owner('a')).rejects.toThrow('the engine is down')
    await expect(lease.release()).rejects.toThrow('the engine is down')
    table.isDown = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(lease.lost.aborted).toBe(false)
    expect(await lock.owner('a')).toBe(lease.owner)
    await lease.release()
    expect(await lock.owner('a')).toBeNull()
  })

  it("has run out, and is not somebody else's, when an engine that ends leases was not told of this process in time", async () => {
    const table = new FakeTable()
    const lock = open(table, { staleAfterMs: 12_000, lapsesAfterMs: 8500 })
    const [lease, other] = [await take(lock), await take(lock, 'b')]
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    table.isDown = true
    // Not with the next beat: by then the engine has given it to somebody else.
    await vi.advanceTimersByTimeAsync(8499)
    expect(lease.lost.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    for (const { lost } of [lease, other]) expect(lost.reason).toMatchObject({ code: 'LEASE_EXPIRED' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it("is nobody else's when the locks were wiped, or older ones were put in their place", async () => {
    const table = new FakeTable()
    const lock = open(table)
    const [wiped, rolledBack] = [await take(lock), await take(lock, 'b')]
    table.put('b', 0, await elsewhere('gone')('gone', 'ef'))
    table.entries.delete('a')
    await Promise.all([lock.owner('a'), lock.owner('b')])
    await vi.advanceTimersByTimeAsync(0)
    for (const { lost } of [wiped, rolledBack]) expect(lost.reason).toMatchObject({ code: 'LEASE_EXPIRED' })
    expect((await take(lock)).lost.aborted).toBe(false)
  })

  it('is taken under another name after the engine has ended those under the last', async () => {
    const table = new FakeTable()
    const lock = open(table)
    const lease = await take(lock)
    for (const { holders } of table.entries.values()) for (const { text } of holders) table.lapsed.add(parseHolder(text)?.nonce ?? '')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_EXPIRED', sessionId: 'a' })
    // The engine may show the old name for a while yet.
    expect(await lock.owner('a')).toBeNull()
    const next = await take(lock)
    expect(next.owner).not.toBe(lease.owner)
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(next.lost.aborted).toBe(false)
  })

  it('that was claimed while the engine ended all others is not handed out, but claimed anew', async () => {
    const table = new FakeTable()
    const lock = open(table, { staleAfterMs: 12_000, lapsesAfterMs: 1 })
    await take(lock)
    table.beforeClaim = () => {
      table.beforeClaim = () => undefined
      // The heart finds out that it is late before the claim has been answered.
      vi.advanceTimersByTime(2000)
    }
    const lease = await take(lock, 'b')
    expect(lock.holds('b', 1)).toBe(false)
    expect(lease.fencingToken).toBe(2)
  })

  it('that came to nothing while the engine was down is given back before the next one is taken', async () => {
    const table = new FakeTable()
    const onAcquired = vi.fn(async (): Promise<void> => {
      table.isDown = true
      throw new Error('the store is down')
    })
    const lock = open(table, { onAcquired })
    await expect(lock.acquire('a')).rejects.toThrow('the store is down')
    await expect(lock.acquire('a')).rejects.toThrow('the engine is down')
    table.isDown = false
    onAcquired.mockImplementation(async () => undefined)
    expect((await take(lock)).fencingToken).toBe(2)
  })

  it('of a claim that failed in the engine after it was made keeps nobody away', async () => {
    const table = new FakeTable()
    const lock = open(table)
    await lock.owner('a')
    const claim = vi.spyOn(table, 'claim').mockImplementationOnce(async (sessionId, { token }, holder) => {
      table.put(sessionId, token + 1, holder)
      throw new Error('the engine is down')
    })
    await expect(lock.acquire('a')).rejects.toThrow('the engine is down')
    expect(await open(table, { describe: elsewhere('two') }).acquire('a')).toBeNull()
    expect((await take(lock)).fencingToken).toBe(2)
    expect(await lock.acquire('a')).toBeNull()
    expect(claim).toHaveBeenCalledTimes(2)
  })

  it('is not compared with what was looked at before it was taken', async () => {
    const table = new FakeTable()
    const lock = open(table)
    const [, lease] = await Promise.all([lock.owner('a'), take(lock)])
    expect(lease.lost.aborted).toBe(false)
    expect(lock.holds('a', lease.fencingToken)).toBe(true)
  })
})

describe('a write', () => {
  it('is checked by the newest token, and asks for the holder only without one', async () => {
    const table = new FakeTable()
    const lock = open(table)
    const look = vi.spyOn(table, 'look')
    const lease = await take(lock)
    const mayWrite = (token?: number): Promise<void> => lock.check('a', token, async () => ({ newestToken: 1, isHeld: true }))
    look.mockClear()
    await mayWrite(lease.fencingToken)
    expect(look).not.toHaveBeenCalled()
    await expect(mayWrite()).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await expect(mayWrite(0)).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await lease.release()
    await mayWrite()
  })
})

describe('the end of a lock', () => {
  it('gives everything back once what is under way has settled, and is tried again when that failed', async () => {
    const table = new FakeTable()
    const lock = open(table)
    await Promise.all(['a', 'b'].map((sessionId) => take(lock, sessionId)))
    table.isDown = true
    await expect(lock.close()).rejects.toThrow('the engine is down')
    await expect(lock.acquire('c')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 'c', message: 'The store is closed. Create a new one.' })
    await expect(lock.owner('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    table.isDown = false
    const settled = vi.fn(async () => {
      table.calls.push('settled')
    })
    await Promise.all([lock.close(settled), lock.close(settled)])
    expect(table.calls).toEqual(['settled', 'release a', 'release b, the last'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
