// @module-tag full
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { enginesOf, LEASE_MS } from './engines.js'
import { builtMember } from './built-member.js'
import { Fleet, PATIENCE } from './fleet.js'
import type { Member } from './member.js'
import { bySession, overlaps } from './sockets.js'

const SESSIONS = 20
const PER_SECOND = 20
/** How long the store is away. */
const AWAY_MS = 15_000
/** How long after that everything may take to come back. */
const BACK_MS = 15_000
/** How long it is looked on after a process was cut off. */
const LOOK_ON_MS = 30_000
/** How long another process may take to have all sessions of one that is gone. */
const TAKE_OVER_MS = LEASE_MS + 1000 + (1000 * SESSIONS) / PER_SECOND + 1000

const script = builtMember()
const manager = { dials: { perSecond: PER_SECOND } }

/** What a process told of its own sessions since then, each change once. */
function courses(member: Member, since: number): ReadonlySet<string> {
  return new Set(
    member.events.flatMap((event) =>
      event.kind === 'status' && event.at >= since && event.isLocal ? [`${event.sessionId} ${event.status} ${String(event.reason)}`] : [],
    ),
  )
}

describe.concurrent('proof 8: the store is away for a while', () => {
  it.each(enginesOf('outage'))('on %s: sockets are closed before leases end, and every session comes back once', async (engine) => {
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, manager })
    await fleet.addAll(2)
    await fleet.untilAllConnected(30_000)
    const before = fleet.sockets.length
    const awayAt = Date.now()
    await fleet.engine.halt()
    await fleet.until(() => fleet.connected === 0, LEASE_MS + 1000, 'all sockets are closed')
    for (const { to } of fleet.sockets) expect(to - awayAt).toBeLessThan(LEASE_MS)
    await delay(awayAt + AWAY_MS - Date.now())
    expect(fleet.connected).toBe(0)
    await fleet.engine.goOn()
    await fleet.untilAllConnected(BACK_MS)
    await delay(LEASE_MS)
    expect(fleet.connected).toBe(SESSIONS)
    expect(fleet.sockets).toHaveLength(before + SESSIONS)
    expect(overlaps(fleet.sockets)).toEqual([])
  })
})

describe.concurrent('proof 4: a process that is cut off from the store', () => {
  it.each(enginesOf('cut off'))('on %s: closes its sockets before its lease ends, and others take over without a fight', async (engine) => {
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, manager })
    const { line, address } = await fleet.engine.layLine()
    await using _line = line
    const owner = await fleet.add({ rebalance: false }, { store: address })
    await owner.call('restoreAll')
    await fleet.untilAllConnected(30_000)
    const [other] = await fleet.addAll(1, { rebalance: false })

    expect(owner.open.size).toBe(SESSIONS)
    const cutAt = Date.now()
    line.break('silent')
    await fleet.until(() => owner.open.size === 0, LEASE_MS + 1000, 'the sockets of the process are closed')
    await fleet.until(() => other?.open.size === SESSIONS, cutAt + TAKE_OVER_MS - Date.now(), 'another process has its sessions')
    await delay(cutAt + LOOK_ON_MS - Date.now())
    for (const { to } of fleet.sockets.filter(({ member }) => member === owner)) expect(to - cutAt).toBeLessThan(LEASE_MS)
    expect(courses(owner, cutAt)).toEqual(new Set(fleet.sessionIds.map((sessionId) => `${sessionId} reconnecting storage_unavailable`)))

    line.mend()
    await fleet.until(
      () => owner.events.filter((event) => event.kind === 'status' && event.status === 'connected' && !event.isLocal).length >= SESSIONS,
      BACK_MS,
      'it knows who runs its sessions',
    )
    expect(await owner.call('getStatuses')).toMatchObject(fleet.sessionIds.map(() => ({ status: 'connected', isLocal: false })))
    expect((await owner.call('members')).map(({ sessions }) => sessions).sort()).toEqual([0, SESSIONS])
    // One socket in the one process, one in the other.
    expect([...bySession(fleet.sockets).values()].map(({ length }) => length)).toEqual(fleet.sessionIds.map(() => 2))
    expect(overlaps(fleet.sockets)).toEqual([])
  })
})

describe.concurrent('proof 5: a process that is stopped for longer than its lease', () => {
  it.each(enginesOf('paused'))('on %s: is replaced, writes nothing when it wakes up, and its sockets are gone within a second', async (engine) => {
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, manager })
    const [owner] = await fleet.addAll(1, { rebalance: false })
    if (owner === undefined) throw new Error('There is no process.')
    await fleet.untilAllConnected(30_000)
    const [other] = await fleet.addAll(1, { rebalance: false })

    const stoppedAt = Date.now()
    owner.pause()
    await fleet.until(() => other?.open.size === SESSIONS, TAKE_OVER_MS, 'another process has its sessions')
    await delay(stoppedAt + LEASE_MS + 6000 - Date.now())
    const writing = Promise.all(fleet.sessionIds.map((sessionId) => owner.writeLate(sessionId)))
    const wokenAt = Date.now()
    owner.goOn()
    expect(new Set(await writing)).toEqual(new Set(['STALE_WRITER']))
    await fleet.until(() => owner.open.size === 0, 5000, 'its sockets are closed')
    for (const { to } of fleet.sockets.filter(({ member }) => member === owner)) expect(to - wokenAt).toBeLessThan(1000 * PATIENCE)
    await delay(LEASE_MS)
    expect(other?.open.size).toBe(SESSIONS)
    expect(fleet.sockets).toHaveLength(2 * SESSIONS)
  })
})
