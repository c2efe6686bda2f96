import { describe, expect, it } from 'vitest'
import { encodeStanding } from '../../src/cluster/standing.js'
import { standingOf } from '../../src/cluster/standing-notes.js'
import { isSessionError, type SessionError } from '../../src/index.js'
import { Fleet } from '../support/fleet.js'
import { codeOf, inFakeTime, pass, refusing, scenario, type Scenario, welcoming, within } from '../support/scenario.js'
import { SharedLock } from '../support/shared-lock.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

async function connectedIn({ sessions }: Scenario): Promise<number> {
  const statuses = await within(sessions.getStatuses())
  return statuses.filter(({ isConnected, isLocal }) => isConnected && isLocal).length
}

async function refusalOf(work: Promise<unknown>): Promise<SessionError> {
  const error: unknown = await within(work).catch((cause: unknown) => cause)
  if (!isSessionError(error)) throw new Error('It did not reject.')
  return error
}

describe('restoreAll in a cluster', () => {
  it('takes the share of this process, and says of the others that they are elsewhere', async () => {
    const fleet = new Fleet()
    await fleet.link(30)
    const [a, b] = [fleet.add('a'), fleet.add('b')]
    const [first, second] = await within(Promise.all([a.sessions.restoreAll(), b.sessions.restoreAll()]))
    await pass(5000)
    expect((await connectedIn(a)) + (await connectedIn(b))).toBe(30)
    expect(first.failed.length + second.failed.length).toBe(0)
    for (const { skipped } of [first, second]) for (const { reason } of skipped) expect(['owned_elsewhere', 'already_connected']).toContain(reason)
    for (const process of fleet.processes) expect(process.mostSockets()).toBe(1)
  })

  it('says of what has no room that it waits, and takes it when there is room', async () => {
    const fleet = new Fleet()
    await fleet.link(5)
    const a = fleet.add('a', { maxSessions: 3 })
    const report = await within(a.sessions.restoreAll())
    expect(report.restored).toHaveLength(3)
    expect(report.skipped.map(({ reason }) => reason)).toEqual(['waiting_for_capacity', 'waiting_for_capacity'])
    const waiting = report.skipped[0]?.sessionId ?? ''
    expect(await within(a.sessions.getStatus(waiting))).toMatchObject({ status: 'disconnected', reason: 'waiting_for_capacity', owner: null })
    expect(await within(a.sessions.restoreSession(waiting))).toMatchObject({ outcome: 'skipped', reason: 'waiting_for_capacity' })
    await within(a.sessions.stop(report.restored[0]?.sessionId ?? ''))
    await pass(5000)
    expect(await connectedIn(a)).toBe(3)
    const b = fleet.add('b')
    await within(b.sessions.restoreAll())
    await pass(5000)
    expect((await connectedIn(a)) + (await connectedIn(b))).toBe(4)
  })
})

describe('invariant 1: a process that is gone', () => {
  it('is replaced, and its sessions need no QR code', async () => {
    const fleet = new Fleet()
    await fleet.link(10)
    const [a, b] = [fleet.add('a'), fleet.add('b')]
    await within(a.sessions.restoreAll())
    await within(b.sessions.restoreAll())
    const lost = await connectedIn(a)
    fleet.lock.die('a')
    await pass(3000)
    expect(lost).toBeGreaterThan(0)
    expect(await connectedIn(b)).toBe(10)
    expect(b.events('qr')).toEqual([])
  })
})

describe('a status asked from anywhere', () => {
  it('is true also in a process that has just started, before its first look at the others', async () => {
    const fleet = new Fleet()
    await fleet.link(2)
    const owner = fleet.add('owner', { maxSessions: 1 })
    const { skipped } = await within(owner.sessions.restoreAll())
    const api = fleet.add('api', { maxSessions: 0 })
    expect(await within(api.sessions.getStatus(skipped[0]?.sessionId ?? ''))).toMatchObject({ status: 'disconnected', reason: 'waiting_for_capacity' })
    const anew = fleet.add('anew', { maxSessions: 0 })
    const reasons = (await within(anew.sessions.getStatuses())).map(({ reason }) => reason)
    expect(reasons.toSorted()).toEqual([null, 'waiting_for_capacity'])
  })

  it('is what the owner says, with its address, also without a repository', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const [owner, api] = [fleet.add('owner'), fleet.add('api', { maxSessions: 0 }, { restoreOnStatus: false })]
    await within(owner.sessions.restoreAll())
    await pass(100)
    const snapshot = await within(api.sessions.getStatus('s0'))
    expect(snapshot).toMatchObject({ status: 'connected', owner: 'owner', ownerAddress: 'http://owner', isLocal: false, phoneNumber: '49151000000' })
    expect(await within(api.sessions.getStatuses())).toMatchObject([{ sessionId: 's0', status: 'connected', isLocal: false }])
    void owner.socket().close(428)
    await pass(2000)
    expect(api.events('status').map(({ status }) => status)).toContain('reconnecting')
  })

  it('is told of a session that failed, which no other process tries again', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const [owner, other] = [fleet.add('owner', {}, { script: refusing(411) }), fleet.add('other')]
    await within(owner.sessions.restoreAll())
    await within(other.sessions.restoreAll())
    await pass(30_000)
    expect(await within(other.sessions.getStatus('s0'))).toMatchObject({ status: 'failed', reason: 'multi_device_mismatch', owner: 'owner' })
    expect(other.baileys.sockets).toHaveLength(0)
  })

  it('is told once this process knows that another one took the session over while it could not', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const a = fleet.add('a')
    await within(a.sessions.restoreAll())
    fleet.lock.expire('s0')
    const { fencingToken } = fleet.lock.grab('s0', 'b')
    const standing = standingOf(
      { ...(await within(a.sessions.getStatus('s0'))), status: 'connected', reason: null },
      { offeredTo: null, moves: 0, movedAt: null },
    )
    await fleet.lock.asMember('b').cluster.note('s0', fencingToken, encodeStanding(standing))
    await pass(10_000)
    expect(
      a
        .events('status')
        .map(({ status, reason }) => [status, reason])
        .slice(-3),
    ).toEqual([
      ['reconnecting', 'storage_unavailable'],
      ['disconnected', 'owned_elsewhere'],
      ['connected', null],
    ])
    expect(a.events('status').at(-1)).toMatchObject({ owner: 'b', isLocal: false })
  })

  it('starts nothing in a process that has no room', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const api = fleet.add('api', { maxSessions: 0 })
    await within(api.sessions.members())
    expect(await within(api.sessions.getStatus('s0'))).toMatchObject({ status: 'disconnected', reason: 'not_running' })
    await pass(10_000)
    expect(api.baileys.sockets).toHaveLength(0)
  })
})

describe('a new pairing', () => {
  it('is refused where there is no room, with the address of a process that has some', async () => {
    const fleet = new Fleet()
    const [api, worker] = [fleet.add('api', { maxSessions: 0 }), fleet.add('worker', { maxSessions: 1 })]
    await within(worker.sessions.restoreAll())
    const error = await refusalOf(api.sessions.connect('new'))
    expect(error).toMatchObject({ code: 'OWNED_ELSEWHERE', owner: 'worker', ownerAddress: 'http://worker' })
    expect(await codeOf(within(api.sessions.requestPairingCode('new', '4915112345678')))).toBe('OWNED_ELSEWHERE')
    expect(await within(worker.sessions.connect('new'))).toMatchObject({ status: 'pairing' })
    expect(await refusalOf(worker.sessions.connect('another'))).toMatchObject({ code: 'OWNED_ELSEWHERE', owner: undefined, ownerAddress: undefined })
  })

  it('gets the last place once, however many ask at the same time', async () => {
    const fleet = new Fleet()
    const worker = fleet.add('worker', { maxSessions: 1 })
    await within(worker.sessions.restoreAll())
    const outcomes = await within(Promise.allSettled([worker.sessions.connect('one'), worker.sessions.connect('two')]))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })
})

describe('drain', () => {
  it('hands every session over, and no socket of a session is open twice', async () => {
    const fleet = new Fleet()
    await fleet.link(6)
    const a = fleet.add('a')
    await within(a.sessions.restoreAll())
    const b = fleet.add('b', { rebalance: false })
    await within(b.sessions.restoreAll())
    const report = await within(a.sessions.drain({ timeoutMs: 60_000 }))
    expect(report.closed).toHaveLength(6)
    expect(report.notDrained).toEqual([])
    expect(await connectedIn(b)).toBe(6)
    expect(b.events('qr')).toEqual([])
    expect(await codeOf(within(a.sessions.connect('new')))).toBe('OWNED_ELSEWHERE')
    expect(await within(b.sessions.members())).toMatchObject([
      { owner: 'a', draining: true, sessions: 0 },
      { owner: 'b', draining: false, sessions: 6, isLocal: true },
    ])
  })

  it('is what close does first', async () => {
    const fleet = new Fleet()
    await fleet.link(2)
    const a = fleet.add('a')
    await within(a.sessions.restoreAll())
    const b = fleet.add('b', { rebalance: false })
    await within(b.sessions.restoreAll())
    const report = await within(a.sessions.close())
    expect(report.closed.sort()).toEqual(['s0', 's1'])
    await pass(100)
    expect(await connectedIn(b)).toBe(2)
    expect(await within(b.sessions.members())).toMatchObject([{ owner: 'b' }])
  })

  it('leaves a pairing where it is, and does nothing without a cluster', async () => {
    const fleet = new Fleet()
    const [a, b] = [fleet.add('a'), fleet.add('b')]
    await within(Promise.all([a.sessions.restoreAll(), b.sessions.restoreAll()]))
    await within(a.sessions.connect('new'))
    expect(await within(a.sessions.drain())).toEqual({ closed: [], notDrained: ['new'] })
    const single = scenario()
    await single.store.seed('s')
    await within(single.sessions.restoreAll())
    expect(await within(single.sessions.drain())).toEqual({ closed: [], notDrained: ['s'] })
    expect(await within(single.sessions.members())).toEqual([])
  })
})

describe('the event members', () => {
  it('tells who came and who went', async () => {
    const fleet = new Fleet()
    const a = fleet.add('a', { maxSessions: 7 })
    await within(a.sessions.restoreAll())
    const b = fleet.add('b')
    await within(b.sessions.restoreAll())
    await pass(1500)
    expect(a.events('members').at(-1)).toMatchObject({
      sessionId: null,
      members: [
        { owner: 'a', address: 'http://a', capacity: 7, draining: false, isLocal: true },
        { owner: 'b', address: 'http://b', capacity: null, isLocal: false },
      ],
    })
    await within(b.sessions.close())
    await pass(1500)
    expect(a.events('members').at(-1)?.members).toHaveLength(1)
  })
})

describe('a cluster with a process of another kind', () => {
  it('leaves sessions to a process without the option, and takes them when it is gone', async () => {
    const fleet = new Fleet()
    await fleet.link(2)
    const plain = fleet.add('plain', null, { script: welcoming })
    await within(plain.sessions.restoreAll({ delayMs: 0 }))
    const member = fleet.add('member')
    const report = await within(member.sessions.restoreAll())
    expect(report.skipped.map(({ reason }) => reason)).toEqual(['owned_elsewhere', 'owned_elsewhere'])
    fleet.lock.die('plain')
    await pass(3000)
    expect(await connectedIn(member)).toBe(2)
  })

  it('is refused on a store whose lock tells nothing', () => {
    const store = new WatchedSessionStore(new SharedLock().as('a'))
    expect(() => scenario({ store, cluster: {} })).toThrow(TypeError)
  })
})
