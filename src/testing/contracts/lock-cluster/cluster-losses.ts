import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import { aborts } from '../session-lock/lock-fixture.js'
import { type ClusterFixture, notedOn, ownId } from './cluster-fixture.js'
import { CLUSTER_MUST } from './cluster-musts.js'
import { ClusterWatch } from './cluster-watch.js'

/** A lock that another one takes while its holder goes on. */
export const CLUSTER_TAKE_OVER: readonly Check<ClusterFixture>[] = [
  {
    name: 'what a holder noted that was replaced is shown to nobody, and it can note no more',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const peer = await fixture.openPeer()
      const onlooker = await fixture.openPeerOf(peer)
      await peer.cluster.announce('here')
      const { fencingToken } = await fixture.take(peer.lock, 'a')
      await peer.cluster.note('a', fencingToken, 'old')
      const { owner } = await fixture.takeOver(peer.lock, 'a')
      await peer.cluster.note('a', fencingToken, 'too late')
      const holding = await onlooker.cluster.holding('a')
      assert.deepEqual([holding?.process.owner, holding?.text], [owner, null])
    },
  },
]

/** Leases whose time runs out. */
export const CLUSTER_EXPIRY: readonly Check<ClusterFixture>[] = [
  {
    name: 'a member whose lease ran out is shown no more, with all that it noted, until it announces itself again',
    must: CLUSTER_MUST.shown,
    check: async (fixture) => {
      const peer = await fixture.openPeer()
      await peer.cluster.announce('here')
      const { fencingToken, lost } = await fixture.take(peer.lock, 'a')
      await peer.cluster.note('a', fencingToken, 'old')
      await fixture.runOut(peer.lock)
      const onlooker = await fixture.openPeerOf(peer)
      const watch = new ClusterWatch(onlooker.cluster)
      await watch.until(() => [watch.processes, watch.lockOf('a').processId], [[], null])
      assert.equal(await onlooker.cluster.holding('a'), null)
      assert.ok(await aborts(lost), 'lost was not aborted')
      await peer.cluster.note('a', fencingToken, 'too late')
      await peer.cluster.announce('back')
      await watch.until(() => watch.announced, ['back'])
      await fixture.take(peer.lock, 'a')
      const expected = { processId: await ownId(peer), text: null }
      assert.deepEqual(await notedOn(onlooker, 'a'), expected)
      await watch.until(() => watch.lockOf('a'), expected)
    },
  },
  {
    name: 'the lease of a member that holds no lock runs out, too',
    must: CLUSTER_MUST.shown,
    check: async (fixture) => {
      const peer = await fixture.openPeer()
      await peer.cluster.announce('here')
      const { processes } = await peer.cluster.follow().next()
      assert.equal(typeof processes[0]?.leaseLeftMs, 'number')
      await fixture.runOut(peer.lock)
      const onlooker = await fixture.openPeerOf(peer)
      const watch = new ClusterWatch(onlooker.cluster)
      await watch.until(() => watch.processes, [])
    },
  },
]

/** An engine that cannot be reached. */
export const CLUSTER_OUTAGE: readonly Check<ClusterFixture>[] = [
  {
    name: 'an engine that cannot be asked tells nothing, and takes nothing in',
    must: CLUSTER_MUST.outage,
    check: async (fixture) => {
      const { cluster, lock } = await fixture.openPeer()
      await cluster.announce('here')
      const { fencingToken } = await fixture.take(lock, 'a')
      const watch = new ClusterWatch(cluster)
      await watch.until(() => watch.announced, ['here'])
      const id = await ownId({ cluster, lock })
      const reconnect = await fixture.disconnect(lock)
      await assertRejects('STORE_UNAVAILABLE', {
        announce: () => cluster.announce('still here'),
        note: () => cluster.note('a', fencingToken, 'noted'),
        holding: () => cluster.holding('a'),
        'the next news': () => watch.next(),
        'the first news': () => cluster.follow().next(),
        askToDrain: () => cluster.askToDrain(id),
        leave: () => cluster.leave(),
      })
      await reconnect()
      await cluster.announce('still here')
      await cluster.note('a', fencingToken, 'noted')
      await watch.until(() => [watch.lockOf('a').text, ...watch.announced], ['noted', 'still here'])
    },
  },
]
