import { expect, it } from 'vitest'
import { ClusterView } from '../../../src/cluster/cluster-view.js'
import { encodeStanding, type Standing } from '../../../src/cluster/standing.js'
import { Successions } from '../../../src/cluster/successions.js'
import { DialLimiter } from '../../../src/disconnect/dial-limiter.js'
import type { ClusterNews } from '../../../src/lease/lock-cluster.js'

const OWNER = { id: 'owner', owner: 'owner', text: null, isSelf: false, isAskedToDrain: false, leaseLeftMs: null }

function newsOf(offeredTo: string | null): ClusterNews {
  const standing: Standing = {
    status: 'connected',
    reason: null,
    phoneNumber: null,
    since: new Date(0),
    lastDisconnect: null,
    nextRetryAt: null,
    restrictedUntil: null,
    attempt: null,
    offeredTo,
    moves: 0,
    movedAt: null,
  }
  return { isComplete: false, processes: [OWNER], locks: [{ sessionId: 'a', processId: 'owner', text: encodeStanding(standing) }] }
}

it('drops a place whose offer was taken back while nobody looked', async () => {
  const limiter = new DialLimiter({ concurrency: 1, perSecond: 10 })
  const successions = new Successions({ limiter, hasRoom: () => true, onChange: () => undefined, take: async () => undefined })
  const view = new ClusterView()
  for (const change of view.apply(newsOf('self')).sessions) successions.see(change, 'self')
  await Promise.resolve()
  expect(successions.ready).toEqual(['a'])
  // This process was no member then, so that nobody told it.
  view.apply(newsOf(null))
  successions.check(view, 'self')
  expect(successions.ready).toEqual([])
  // Its turn to dial is free for others.
  await limiter.request('bulk').turn
})

it('keeps a place as long as the session is offered', async () => {
  const limiter = new DialLimiter({ concurrency: 1, perSecond: 10 })
  const successions = new Successions({ limiter, hasRoom: () => true, onChange: () => undefined, take: async () => undefined })
  const view = new ClusterView()
  for (const change of view.apply(newsOf('self')).sessions) successions.see(change, 'self')
  await Promise.resolve()
  successions.check(view, 'self')
  expect(successions.ready).toEqual(['a'])
})
