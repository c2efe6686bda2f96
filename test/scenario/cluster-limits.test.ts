import { describe, expect, it } from 'vitest'
import { Fleet } from '../support/fleet.js'
import { codeOf, inFakeTime, pass, refusing, type Scenario, welcoming, within } from '../support/scenario.js'

inFakeTime()

/** How long a call took, in milliseconds. */
async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await within(work())
  return performance.now() - startedAt
}

function runningIn({ sessions }: Scenario): Promise<string[]> {
  return within(sessions.getStatuses()).then((statuses) => statuses.filter(({ isLocal, owner }) => isLocal && owner !== null).map(({ sessionId }) => sessionId))
}

const never = (): Promise<never> => new Promise<never>(() => undefined)

describe('drain and close', () => {
  it('end in time when the store does not answer', async () => {
    const fleet = new Fleet()
    await fleet.link(2)
    const [a, b] = [fleet.add('a'), fleet.add('b', { rebalance: false })]
    await within(a.sessions.restoreAll())
    await within(b.sessions.restoreAll())
    fleet.lock.before = never
    expect(await durationOf(() => a.sessions.drain({ timeoutMs: 3000 }))).toBeLessThanOrEqual(3100)
    expect(await durationOf(() => a.sessions.close({ timeoutMs: 2000 }))).toBeLessThanOrEqual(2100)
  })

  it('end in time when the store refuses', async () => {
    const fleet = new Fleet()
    await fleet.link(2)
    const [a, b] = [fleet.add('a'), fleet.add('b', { rebalance: false })]
    await within(a.sessions.restoreAll())
    await within(b.sessions.restoreAll())
    fleet.lock.before = () => {
      throw new Error('down')
    }
    expect(await durationOf(() => a.sessions.drain({ timeoutMs: 3000 }))).toBeLessThanOrEqual(3100)
    fleet.lock.before = () => undefined
  })

  it('end in time in a process that was asked to drain and cannot', async () => {
    const fleet = new Fleet()
    await fleet.link(3)
    const a = fleet.add('a')
    await within(a.sessions.restoreAll())
    const b = fleet.add('b', { rebalance: false })
    await within(b.sessions.restoreAll())
    // It says that it has room, and is never ready.
    fleet.lock.before = (question) => (question === 'announce' ? never() : undefined)
    await fleet.lock.asMember('b').cluster.askToDrain('a')
    await pass(1500)
    expect(await durationOf(() => a.sessions.drain({ timeoutMs: 3000 }))).toBeLessThanOrEqual(3100)
    fleet.lock.before = () => undefined
  })

  it('tell of a session once, and only of what came of this drain', async () => {
    const fleet = new Fleet()
    await fleet.link(4)
    const a = fleet.add('a')
    await within(a.sessions.restoreAll())
    await pass(5000)
    const b = fleet.add('b')
    await within(b.sessions.restoreAll())
    await pass(30_000)
    expect(await runningIn(b)).toHaveLength(2)
    fleet.lock.die('b')
    await pass(5000)
    expect(await runningIn(a)).toHaveLength(4)
    const { closed, notDrained } = await within(a.sessions.drain())
    expect(closed).toEqual([])
    expect(notDrained.sort()).toEqual(['s0', 's1', 's2', 's3'])
  })
})

describe('the limit of a process', () => {
  it('holds for pairing codes that are asked for at the same time', async () => {
    const fleet = new Fleet()
    const worker = fleet.add('worker', { maxSessions: 1 })
    await within(worker.sessions.restoreAll())
    const asked = ['one', 'two'].map((sessionId) => codeOf(worker.sessions.requestPairingCode(sessionId, '4915112345678')))
    await pass(5000)
    expect(worker.baileys.sockets).toHaveLength(1)
    await within(worker.sessions.close())
    expect(await Promise.all(asked)).toContain('OWNED_ELSEWHERE')
  })

  it('holds when the process that ran a session is gone, before this one takes any', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const [owner, api] = [fleet.add('owner'), fleet.add('api', { maxSessions: 0 }, { restoreOnStatus: false })]
    await within(owner.sessions.restoreAll())
    expect(await within(api.sessions.restoreSession('s0'))).toMatchObject({ outcome: 'skipped', reason: 'owned_elsewhere' })
    fleet.lock.die('owner')
    await pass(30_000)
    expect(api.baileys.sockets).toHaveLength(0)
  })

  it('is 0 once a process was drained, though it never took any by itself', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const [a, b] = [fleet.add('a'), fleet.add('b')]
    await within(a.sessions.connect('s0'))
    await within(b.sessions.restoreAll())
    expect(await within(a.sessions.drain())).toEqual({ closed: ['s0'], notDrained: [] })
    fleet.lock.die('b')
    await pass(30_000)
    expect(a.baileys.sockets).toHaveLength(1)
  })
})

describe('a session that ended elsewhere', () => {
  it.each([
    ['stop', { status: 'disconnected', reason: 'stopped' }],
    ['logout', { status: 'logged_out', reason: 'logged_out' }],
  ] as const)('is not said to be restored after %s', async (verb, expected) => {
    const fleet = new Fleet()
    await fleet.link(1)
    const owner = fleet.add('owner')
    await within(owner.sessions.restoreAll())
    const other = fleet.add('other', { rebalance: false })
    await within(other.sessions.restoreAll())
    await pass(2000)
    await within<unknown>(owner.sessions[verb]('s0'))
    await pass(10_000)
    const { status, reason } = await within(other.sessions.getStatus('s0'))
    expect(other.events('status').at(-1)).toMatchObject({ status, reason })
    expect(other.events('status').map((event) => event.reason)).not.toContain('restoring')
    if (verb === 'stop') expect({ status, reason }).toEqual(expected)
  })
})

describe('what nobody runs', () => {
  it('is taken by the one that is left, though it failed there long ago', async () => {
    const fleet = new Fleet()
    await fleet.link(1)
    const a = fleet.add('a', {}, { script: (socket, index) => (index === 0 ? refusing(411)(socket, index) : undefined) })
    await within(a.sessions.restoreAll())
    fleet.lock.expire('s0')
    const b = fleet.add('b')
    await within(b.sessions.connect('s0'))
    expect(await runningIn(b)).toEqual(['s0'])
    await pass(2000)
    fleet.lock.die('b')
    await pass(10_000)
    expect(a.baileys.sockets).toHaveLength(2)
  })

  it('is not held up by sessions that cannot connect', async () => {
    const fleet = new Fleet()
    await fleet.link(6)
    const sick = new Set(['0', '1', '2', '3'])
    const a = fleet.add(
      'a',
      {},
      {
        dials: { perSecond: 1 },
        retry: () => 5000,
        script: (socket, index) => (sick.has(String(index)) ? refusing(503)(socket, index) : welcoming(socket, index)),
      },
    )
    await within(a.sessions.members())
    void a.sessions.restoreAll({ filter: () => false })
    await pass(30_000)
    expect(a.baileys.sockets.length).toBeGreaterThanOrEqual(6)
    expect(await runningIn(a)).toHaveLength(6)
  })
})

describe('the event members', () => {
  it('comes to a listener for the next time only, as to any other', async () => {
    const fleet = new Fleet()
    const a = fleet.add('a')
    const told: number[] = []
    a.sessions.once('members', ({ members }) => void told.push(members.length))
    await pass(1500)
    expect(told).toEqual([1])
  })
})
