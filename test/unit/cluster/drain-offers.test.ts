import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { encodeCard } from '../../../src/cluster/member-card.js'
import type { MemberLock } from '../../support/shared-lock.js'
import { ClusterWorld } from './cluster-world.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** One process drains, another one has room, and a third that says so never takes what it is offered. */
async function drainBesideSilentMember(maxSessions: number | null): Promise<{ world: ClusterWorld; silent: MemberLock; given: Promise<readonly string[]> }> {
  const world = new ClusterWorld(1)
  const leaving = await world.start('leaving')
  await world.wait(3000)
  const silent = world.lock.asMember('silent')
  await world.start('other', { rebalance: false })
  // It weighs as much as the other one, and comes before it.
  await silent.cluster.announce(encodeCard({ joinedAt: Date.now() + 1, address: null, maxSessions, takes: true, draining: false, ready: [] }))
  await world.lock.asMember('other').acquire('another')
  await world.wait(1500)
  const given = leaving.cluster.drain(60_000).then((outcome) => outcome.given)
  await world.wait(500)
  return { world, silent, given }
}

it('goes on draining when an offer came to nothing and somebody has room', async () => {
  const { world, silent, given } = await drainBesideSilentMember(null)
  await world.wait(11_000)
  await silent.cluster.leave()
  await world.wait(10_000)
  expect(await given).toEqual(['session-0'])
  expect(world.processes.get('other')?.ids).toEqual(['session-0'])
  await world.end()
})

it('takes an offer back from a member that is full meanwhile', async () => {
  const { world, silent, given } = await drainBesideSilentMember(1)
  await silent.acquire('somebody')
  await world.wait(3000)
  expect(await given).toEqual(['session-0'])
  expect(world.processes.get('other')?.ids).toEqual(['session-0'])
  await world.end()
})
