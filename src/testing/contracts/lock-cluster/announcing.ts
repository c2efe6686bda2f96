import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { AWKWARD_TEXTS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { type ClusterFixture, ownId } from './cluster-fixture.js'
import { CLUSTER_MUST } from './cluster-musts.js'

/** Who is a member, and what it says of itself. */
export const ANNOUNCING: readonly Check<ClusterFixture>[] = [
  {
    name: 'a process that announces itself is shown with its name and its text',
    must: CLUSTER_MUST.shown,
    check: async (fixture) => {
      const { peer, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      await watch.until(() => watch.announced, ['here'])
      const { owner } = await fixture.take(peer.lock, 'a')
      await watch.until(() => watch.processes.map((process) => [process.owner, process.text]), [[owner, 'here']])
      assert.equal(watch.processes[0]?.id, await ownId(peer))
    },
  },
  {
    name: 'what a process announces replaces what it said before',
    must: CLUSTER_MUST.shown,
    check: async (fixture) => {
      const { peer, watch } = await fixture.openSeen()
      for (const text of ['one', 'two', 'three']) {
        await peer.cluster.announce(text)
        await watch.until(() => watch.announced, [text])
      }
      assert.equal(watch.processes.length, 1)
    },
  },
  {
    name: 'a process that leaves is shown no more, until it announces itself again',
    must: CLUSTER_MUST.shown,
    check: async (fixture) => {
      const { peer, watch } = await fixture.openSeen()
      await peer.cluster.leave()
      await peer.cluster.announce('here')
      await watch.until(() => watch.announced, ['here'])
      await peer.cluster.leave()
      await watch.until(() => watch.processes, [])
      await peer.cluster.leave()
      await peer.cluster.announce('back')
      await watch.until(() => watch.announced, ['back'])
    },
  },
  {
    name: 'a process that leaves keeps its locks',
    must: CLUSTER_MUST.processes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      const lease = await fixture.take(peer.lock, 'a')
      await watch.until(() => watch.announced, ['here'])
      await peer.cluster.leave()
      await watch.until(() => watch.processes.map(({ owner, text }) => [owner, text]), [[lease.owner, null]])
      assert.equal(await findOwner(onlooker.lock, 'a'), lease.owner)
      assert.equal(lease.lost.aborted, false)
    },
  },
  {
    name: 'a process that only holds locks is named, without a text',
    must: CLUSTER_MUST.processes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      const lease = await fixture.take(peer.lock, 'a')
      await watch.until(() => watch.processes.map(({ owner, text }) => [owner, text]), [[lease.owner, null]])
      const holding = await onlooker.cluster.holding('a')
      assert.deepEqual([holding?.process.owner, holding?.process.text, holding?.text], [lease.owner, null, null])
      await lease.release()
      await watch.until(() => watch.processes, [])
    },
  },
  {
    name: 'a process that reads the news knows itself',
    must: CLUSTER_MUST.processes,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await peer.cluster.announce('here')
      assert.equal((await ownId(peer)).length > 0, true)
      await watch.until(() => watch.processes.map(({ isSelf }) => isSelf), [onlooker === peer])
    },
  },
  {
    name: 'texts that processes announce come back as they were',
    must: CLUSTER_MUST.shown,
    check: async (fixture) => {
      const { peer, watch } = await fixture.openSeen()
      for (const text of ['', '{"a":[1,null]}', [...HOSTILE_TEXTS, ...AWKWARD_TEXTS].join('')]) {
        await peer.cluster.announce(text)
        await watch.until(() => watch.announced, [text])
      }
    },
  },
]

/** Members that are to hand their sessions over. */
export const DRAINING: readonly Check<ClusterFixture>[] = [
  {
    name: 'a member that is asked to drain is told so, until it leaves',
    must: CLUSTER_MUST.drain,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      const asked = (): boolean[] => watch.processes.map(({ isAskedToDrain }) => isAskedToDrain)
      await peer.cluster.announce('here')
      await watch.until(asked, [false])
      assert.equal(await onlooker.cluster.askToDrain(await ownId(peer)), true)
      await watch.until(asked, [true])
      await peer.cluster.announce('still here')
      await watch.until(() => [...watch.announced, ...asked()], ['still here', true])
      const { processes } = await peer.cluster.follow().next()
      assert.deepEqual(
        processes.map(({ isAskedToDrain }) => isAskedToDrain),
        [true],
      )
      await peer.cluster.leave()
      await peer.cluster.announce('back')
      await watch.until(() => [...watch.announced, ...asked()], ['back', false])
    },
  },
  {
    name: 'a process that is no member cannot be asked to drain',
    must: CLUSTER_MUST.drain,
    check: async (fixture) => {
      const { peer, onlooker, watch } = await fixture.openSeen()
      await fixture.take(peer.lock, 'a')
      const id = await ownId(peer)
      assert.equal(await onlooker.cluster.askToDrain(id), false)
      assert.equal(await onlooker.cluster.askToDrain('nobody'), false)
      await peer.cluster.announce('here')
      await watch.until(() => watch.processes.map(({ text, isAskedToDrain }) => [text, isAskedToDrain]), [['here', false]])
      await peer.cluster.leave()
      assert.equal(await onlooker.cluster.askToDrain(id), false)
    },
  },
]
