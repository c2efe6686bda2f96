import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../support/deferred.js'
import { ClusterProcessModel, ClusterWorld } from './cluster-world.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('what nobody runs', () => {
  it('is taken by those who are there, each its share, at the pace of the dials', async () => {
    const world = new ClusterWorld(300)
    await Promise.all(['a', 'b', 'c'].map((owner) => world.start(owner)))
    await world.wait(15_000)
    expect(world.counts.reduce((sum, count) => sum + count)).toBe(300)
    for (const count of world.counts) expect(count).toBeGreaterThan(60)
    await world.end()
  })

  it('is spread over the survivors when a process dies, with hardly a claim refused', async () => {
    const world = new ClusterWorld(1000)
    const first = await world.start('first', { perSecond: 1000 })
    await world.wait(5000)
    const survivors = await Promise.all(['a', 'b', 'c'].map((owner) => world.start(owner, { perSecond: 20 })))
    expect(first.ids).toHaveLength(1000)
    await first.die('first')
    await world.wait(1000 + 2000 + (1000 / (3 * 20)) * 1000)
    expect(world.counts.reduce((sum, count) => sum + count)).toBe(1000)
    for (const { ids } of survivors) expect(Math.abs(ids.length - 333)).toBeLessThan(333 * 0.15)
    const refused = survivors.reduce((sum, { refusedClaims }) => sum + refusedClaims, 0)
    expect(refused).toBeLessThan(20)
    await world.end()
  })

  it('waits for room, and is taken by a process that has some', async () => {
    const world = new ClusterWorld(40)
    await Promise.all(['a', 'b', 'c'].map((owner) => world.start(owner, { maxSessions: 10 })))
    await world.wait(10_000)
    expect(world.counts).toEqual([10, 10, 10])
    expect(world.processes.get('a')?.cluster.placeOf('session-0')).toBe('full')
    const fourth = await world.start('d', { maxSessions: 10 })
    await world.wait(6000)
    expect(fourth.ids).toHaveLength(10)
    await world.end()
  })

  it('is taken by whoever had it told that it is somebody else’s, if nobody has it by then', async () => {
    const world = new ClusterWorld(1)
    const process = new ClusterProcessModel(world, 'a', {})
    // It waits for its lock already, and is answered late that somebody else has it.
    vi.spyOn(process, 'take').mockResolvedValueOnce('running')
    world.processes.set('a', process)
    await process.cluster.join()
    await world.wait(30_000)
    expect(process.ids).toEqual([])
    process.cluster.consider('session-0')
    await world.wait(3000)
    expect(process.ids).toEqual(['session-0'])
    await world.end()
  })

  it('is left alone when nobody wants it', async () => {
    const world = new ClusterWorld(5)
    for (const sessionId of world.stored) world.unwanted.add(sessionId)
    const process = await world.start('a')
    await world.wait(30_000)
    expect(process.claims).toBe(5)
    await world.end()
  })
})

describe('drain', () => {
  it('hands every session over, one at a time, each without a socket for less than two seconds', async () => {
    const world = new ClusterWorld(30)
    const leaving = await world.start('leaving', { perSecond: 1000 })
    await world.wait(3000)
    await Promise.all(['a', 'b'].map((owner) => world.start(owner, { rebalance: false })))
    const draining = leaving.cluster.drain(120_000)
    await world.wait(60_000)
    const { given, undrained } = await draining
    expect(given).toHaveLength(30)
    expect(undrained).toEqual([])
    expect(world.counts).toEqual([0, 15, 15])
    expect(world.mostAway).toBe(1)
    expect(Math.max(...world.gaps.values())).toBeLessThan(2000)
    expect([...world.connections.values()].every((times) => times === 2)).toBe(true)
    await world.end()
  })

  it('leaves none without a socket for two seconds when more are on their way than its one successor dials at once', async () => {
    const world = new ClusterWorld(800)
    const quick = { perSecond: 5000, concurrency: 5000 }
    await world.start('staying', { ...quick, maxSessions: 750 })
    const leaving = await world.start('leaving', quick)
    await world.wait(5000)
    expect(world.counts).toEqual([750, 50])
    const next = await world.start('next', { rebalance: false, perSecond: 4, concurrency: 8 })
    const drained = leaving.cluster.drain(60_000)
    await world.wait(30_000)
    expect((await drained).given).toHaveLength(50)
    expect(next.ids).toHaveLength(50)
    expect(Math.max(...world.gaps.values())).toBeLessThan(2000)
    await world.end()
  })

  it('gives nothing away before it has asked who is there now', async () => {
    const world = new ClusterWorld(8)
    const leaving = await world.start('leaving', { rebalance: false })
    await world.wait(3000)
    await world.start('old', { rebalance: false })
    const answers = deferred<undefined>()
    world.lock.after = () => answers.promise
    await world.wait(1000)
    world.lock.after = () => undefined
    await world.start('new', { rebalance: false })
    const draining = leaving.cluster.drain(60_000)
    answers.resolve(undefined)
    await world.wait(10_000)
    expect((await draining).given).toHaveLength(8)
    expect(world.counts).toEqual([0, 4, 4])
    await world.end()
  })

  it('ends at once when nobody is there, and soon when nobody has room', async () => {
    const world = new ClusterWorld(3)
    const alone = await world.start('a')
    await world.wait(3000)
    const ending = alone.cluster.drain(60_000)
    await world.wait(100)
    expect((await ending).given).toEqual([])
    await world.end()
  })

  it('is done when an operator asks for it', async () => {
    const world = new ClusterWorld(6)
    const asked = await world.start('a', { perSecond: 1000 })
    await world.wait(2000)
    const other = await world.start('b', { rebalance: false })
    await other.lock.cluster.askToDrain('a')
    await world.wait(15_000)
    expect(world.counts).toEqual([0, 6])
    expect(asked.cluster.hasRoomFor(null)).toBe(false)
    await world.end()
  })
})

describe('balance', () => {
  it('gives a newcomer its share, and then rests', async () => {
    const world = new ClusterWorld(60)
    await world.start('a', { perSecond: 1000 })
    await world.wait(5000)
    await world.start('b')
    await world.wait(120_000)
    expect(world.counts[1]).toBeGreaterThan(24)
    const moves = [...world.connections.values()].reduce((sum, times) => sum + times, 0)
    await world.wait(300_000)
    expect([...world.connections.values()].reduce((sum, times) => sum + times, 0)).toBe(moves)
    await world.end()
  })

  it('moves nothing for a process that does not want to', async () => {
    const world = new ClusterWorld(20)
    await world.start('a', { perSecond: 1000, rebalance: false })
    await world.wait(5000)
    await world.start('b', { rebalance: false })
    await world.wait(60_000)
    expect(world.counts).toEqual([20, 0])
    await world.end()
  })
})

describe('a store that cannot be asked', () => {
  it('is told once, and everything goes on when it answers again', async () => {
    const world = new ClusterWorld(4)
    const process = await world.start('a')
    await world.wait(3000)
    world.lock.before = () => Promise.reject(new Error('It is gone.'))
    await world.wait(10_000)
    expect(process.errors).toHaveLength(1)
    world.lock.before = () => undefined
    await world.wait(1500)
    expect(process.resumed).toBe(1)
    expect(process.ids).toHaveLength(4)
    await world.end()
  })
})
