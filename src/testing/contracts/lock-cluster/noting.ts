import assert from 'node:assert/strict'
import type { SessionLease } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { AWKWARD_TEXTS, CASE_TWINS, HALF_TEXTS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { isRefusal, outcomeOf } from '../rejections.js'
import { type ClusterFixture, notedOn, ownId } from './cluster-fixture.js'
import { CLUSTER_MUST } from './cluster-musts.js'

/** What holders note beside their locks. */
export const NOTING: readonly Check<ClusterFixture>[] = [
  {
    name: 'a note is shown with its lock and its holder, to who asks and to who follows',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      assert.equal(await onlooker.cluster.holding('a'), null)
      const { fencingToken, owner } = await fixture.take(peer.lock, 'a')
      const processId = await ownId(peer)
      assert.deepEqual(await notedOn(onlooker, 'a'), { processId, text: null })
      await peer.cluster.note('a', fencingToken, 'noted')
      assert.deepEqual(await notedOn(onlooker, 'a'), { processId, text: 'noted' })
      assert.equal((await onlooker.cluster.holding('a'))?.process.owner, owner)
      await watch.until(() => watch.lockOf('a'), { processId, text: 'noted' })
    },
  },
  {
    name: 'a note replaces the last one of its lock, and no other',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const { fencingToken } = await fixture.take(peer.lock, 'a')
      const other = await fixture.take(peer.lock, 'b')
      await peer.cluster.note('b', other.fencingToken, 'of b')
      for (const text of ['one', 'two', '']) {
        await peer.cluster.note('a', fencingToken, text)
        assert.equal((await notedOn(onlooker, 'a'))?.text, text)
        await watch.until(() => [watch.lockOf('a').text, watch.lockOf('b').text], [text, 'of b'])
      }
    },
  },
  {
    name: 'of notes that are made at once the last one counts',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const { peer, onlooker } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const { fencingToken } = await fixture.take(peer.lock, 'a')
      await Promise.all(['one', 'two', 'three'].map((text) => peer.cluster.note('a', fencingToken, text)))
      assert.equal((await notedOn(onlooker, 'a'))?.text, 'three')
    },
  },
  {
    name: 'a note goes with its lease, and the next lease has none',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const first = await fixture.take(peer.lock, 'a')
      await peer.cluster.note('a', first.fencingToken, 'old')
      await watch.until(() => watch.lockOf('a').text, 'old')
      await first.release()
      assert.equal(await onlooker.cluster.holding('a'), null)
      await watch.until(() => watch.lockOf('a'), { processId: null, text: null })
      await fixture.take(peer.lock, 'a')
      const free = { processId: await ownId(peer), text: null }
      assert.deepEqual(await notedOn(onlooker, 'a'), free)
      await watch.until(() => watch.lockOf('a'), free)
    },
  },
  {
    name: 'a note under a lease that has ended changes nothing',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const first = await fixture.take(peer.lock, 'a')
      await first.release()
      await peer.cluster.note('a', first.fencingToken, 'too late')
      assert.equal(await onlooker.cluster.holding('a'), null)
      const second = await fixture.take(peer.lock, 'a')
      await peer.cluster.note('a', second.fencingToken, 'new')
      await peer.cluster.note('a', first.fencingToken, 'too late')
      await peer.cluster.note('b', second.fencingToken, 'not held')
      const expected = { processId: await ownId(peer), text: 'new' }
      assert.deepEqual(await notedOn(onlooker, 'a'), expected)
      assert.equal(await onlooker.cluster.holding('b'), null)
      await watch.until(() => watch.lockOf('a'), expected)
    },
  },
  {
    name: 'notes of look-alike ids are different notes, and come back as they were',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const leases = await takeAll(fixture, peer.lock, [...HOSTILE_TEXTS, ...CASE_TWINS, ...AWKWARD_TEXTS, ...HALF_TEXTS])
      await Promise.all([...leases].map(([id, { fencingToken }]) => peer.cluster.note(id, fencingToken, noteOf(id))))
      const expected = [...leases.keys()].map((id) => [id, noteOf(id)])
      for (const [id = '', text] of expected) assert.deepEqual([id, (await notedOn(onlooker, id))?.text], [id, text])
      await watch.until(() => [...leases.keys()].map((id) => [id, watch.lockOf(id).text]), expected)
    },
  },
]

async function takeAll(fixture: ClusterFixture, lock: Parameters<ClusterFixture['take']>[0], ids: readonly string[]): Promise<Map<string, SessionLease>> {
  const leases = new Map<string, SessionLease>()
  for (const id of new Set(ids)) {
    const outcome = await outcomeOf(() => fixture.take(lock, id))
    if ('value' in outcome) leases.set(id, outcome.value)
    // Whether it may refuse is checked by the contract of the lock.
    else if (!isRefusal(outcome, 'INVALID_SESSION_ID')) throw outcome.error
  }
  return leases
}

/** A text of an id that has only whole characters. */
function noteOf(id: string): string {
  return `${id.toWellFormed()} ${id.length}`
}
