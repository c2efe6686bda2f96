import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { type ClusterFixture, notedOn, ownId } from './cluster-fixture.js'
import { CLUSTER_MUST } from './cluster-musts.js'
import { ClusterWatch } from './cluster-watch.js'

/** Two processes that both do something. */
export const ANOTHER_MEMBER: readonly Check<ClusterFixture>[] = [
  {
    name: 'members see each other, each under an id of its own',
    must: CLUSTER_MUST.processes,
    check: async (fixture) => {
      const one = await fixture.openPeer()
      const other = await fixture.openPeerOf(one)
      await one.cluster.announce('one')
      await other.cluster.announce('other')
      for (const [peer, isOne] of [
        [one, true],
        [other, false],
      ] as const) {
        const watch = new ClusterWatch(peer.cluster)
        const seen = (): unknown[] => watch.processes.map(({ text, isSelf }) => [text, isSelf]).sort()
        await watch.until(seen, [
          ['one', isOne],
          ['other', !isOne],
        ])
      }
      assert.notEqual(await ownId(one), await ownId(other))
      await one.cluster.leave()
      const watch = new ClusterWatch(one.cluster)
      await watch.until(() => watch.announced, ['other'])
    },
  },
  {
    name: 'a lock that goes from hand to hand is told each time, never with the note of the last holder',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const one = await fixture.openPeer()
      const other = await fixture.openPeerOf(one)
      for (const { cluster } of [one, other]) await cluster.announce('here')
      const watches = [one, other].map(({ cluster }) => new ClusterWatch(cluster))
      for (const holder of [one, other, one]) {
        const processId = await ownId(holder)
        const lease = await fixture.take(holder.lock, 'a')
        for (const peer of [one, other]) assert.deepEqual(await notedOn(peer, 'a'), { processId, text: null })
        for (const watch of watches) await watch.until(() => watch.lockOf('a'), { processId, text: null })
        await holder.cluster.note('a', lease.fencingToken, `of ${processId}`)
        for (const watch of watches) await watch.until(() => watch.lockOf('a'), { processId, text: `of ${processId}` })
        await lease.release()
      }
      for (const watch of watches) await watch.until(() => watch.lockOf('a').processId, null)
    },
  },
  {
    name: 'a note of the last holder changes nothing for the next one',
    must: CLUSTER_MUST.notes,
    check: async (fixture) => {
      const one = await fixture.openPeer()
      const other = await fixture.openPeerOf(one)
      for (const { cluster } of [one, other]) await cluster.announce('here')
      const last = await fixture.take(one.lock, 'a')
      await last.release()
      const next = await fixture.take(other.lock, 'a')
      await one.cluster.note('a', last.fencingToken, 'too late')
      await one.cluster.note('a', next.fencingToken, 'not its own')
      const expected = { processId: await ownId(other), text: null }
      for (const peer of [one, other]) assert.deepEqual(await notedOn(peer, 'a'), expected)
      const watch = new ClusterWatch(other.cluster)
      await watch.until(() => watch.lockOf('a'), expected)
    },
  },
]
