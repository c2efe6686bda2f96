import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { type ClusterFixture, ownId } from './cluster-fixture.js'
import { CLUSTER_MUST } from './cluster-musts.js'
import { ClusterWatch } from './cluster-watch.js'

const MANY = 40

/** What followers are told. */
export const FOLLOWING: readonly Check<ClusterFixture>[] = [
  {
    name: 'the first news tell every lock that a member holds, with its note',
    must: CLUSTER_MUST.news,
    check: async (fixture) => {
      const { peer, onlooker } = await fixture.openSeen()
      const before = await fixture.take(peer.lock, 'before')
      await peer.cluster.announce('here')
      await fixture.take(peer.lock, 'after')
      await peer.cluster.note('before', before.fencingToken, 'noted')
      const processId = await ownId(peer)
      const watch = new ClusterWatch(onlooker.cluster)
      const [first] = await watch.until(
        () => ['before', 'after'].map((id) => watch.lockOf(id)),
        [
          { processId, text: 'noted' },
          { processId, text: null },
        ],
      )
      assert.equal(first?.isComplete, true)
    },
  },
  {
    name: 'later news tell each lock that was taken, noted or given back since',
    must: CLUSTER_MUST.news,
    check: async (fixture) => {
      const { peer, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const processId = await ownId(peer)
      const [given, noted] = [await fixture.take(peer.lock, 'given back'), await fixture.take(peer.lock, 'noted')]
      await watch.until(() => ['given back', 'noted'].map((id) => watch.lockOf(id).processId), [processId, processId])
      await given.release()
      await fixture.take(peer.lock, 'taken')
      await peer.cluster.note('noted', noted.fencingToken, 'noted')
      const later = await watch.until(
        () => ['given back', 'noted', 'taken'].map((id) => watch.lockOf(id)),
        [
          { processId: null, text: null },
          { processId, text: 'noted' },
          { processId, text: null },
        ],
      )
      assert.deepEqual(
        later.map(({ isComplete }) => isComplete),
        later.map(() => false),
      )
    },
  },
  {
    name: 'news in which nothing happened tell no lock, and every process',
    must: CLUSTER_MUST.cost,
    check: async (fixture) => {
      const { peer, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const ids = Array.from({ length: MANY }, (_, index) => `session ${index}`)
      const leases = await Promise.all(ids.map((id) => fixture.take(peer.lock, id)))
      await Promise.all(leases.map(({ fencingToken }, index) => peer.cluster.note(ids[index] ?? '', fencingToken, 'noted')))
      await watch.until(
        () => ids.map((id) => watch.lockOf(id).text),
        ids.map(() => 'noted'),
      )
      for (let round = 0; round < 3; round++) {
        const { isComplete, locks } = await watch.next()
        assert.deepEqual({ isComplete, locks, announced: watch.announced }, { isComplete: false, locks: [], announced: ['here'] })
      }
    },
  },
  {
    name: 'each follower is told everything',
    must: CLUSTER_MUST.news,
    check: async (fixture) => {
      const { peer, onlooker } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const { fencingToken } = await fixture.take(peer.lock, 'a')
      const watches = [onlooker, onlooker, peer].map(({ cluster }) => new ClusterWatch(cluster))
      for (const text of ['one', 'two']) {
        await peer.cluster.note('a', fencingToken, text)
        for (const watch of watches) await watch.until(() => [watch.lockOf('a').text, ...watch.announced], [text, 'here'])
      }
    },
  },
]
