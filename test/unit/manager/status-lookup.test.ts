import { describe, expect, it } from 'vitest'
import { OwnerLookup } from '../../../src/manager/owner-lookup.js'
import { StatusLookup, type StatusLookupOptions } from '../../../src/manager/status-lookup.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

const FULL = { status: 'disconnected', reason: 'waiting_for_capacity' } as const

function lookupIn(store: WatchedSessionStore, unplaced: StatusLookupOptions['unplaced']): StatusLookup {
  return new StatusLookup({
    known: () => undefined,
    store,
    owners: new OwnerLookup({ lock: store.lock, timeoutMs: 1000 }),
    learn: async () => undefined,
    unplaced,
    repository: undefined,
    timeoutMs: 1000,
    messages: {},
    onError: (error) => {
      throw error
    },
  })
}

describe('a session that nobody runs', () => {
  it('shows what the cluster knows of it while it is wanted', async () => {
    const store = new WatchedSessionStore()
    const lookup = lookupIn(store, () => FULL)
    await store.seed('wanted', { phone: '49151000001' })
    await store.seed('cooling', {}, { verdict: { kind: 'rate_limited', until: new Date(Date.now() + 60_000) } })
    for (const sessionId of ['wanted', 'cooling']) {
      expect(lookup.view(await lookup.look(sessionId)), sessionId).toMatchObject({
        ...FULL,
        isConnected: false,
        message: 'Every process of the cluster is full. The session starts as soon as one has room.',
        owner: null,
        isLocal: true,
      })
    }
  })

  it('shows what is stored of it when it is not wanted, and its owner when somebody holds it', async () => {
    const store = new WatchedSessionStore()
    const lookup = lookupIn(store, () => FULL)
    await store.seed('stopped', {}, { desired: 'stopped' })
    await store.seed('unlinked', {}, { loggedOutAt: new Date() })
    await store.seed('held')
    await store.inner.lock.acquire('held')
    const reasons = ['stopped', 'unlinked', 'unknown', 'held'].map(async (sessionId) => lookup.view(await lookup.look(sessionId)).reason)
    expect(await Promise.all(reasons)).toEqual(['stopped', 'logged_out', 'never_paired', 'owned_elsewhere'])
  })

  it('is not running when nobody is about to start it', async () => {
    const store = new WatchedSessionStore()
    const lookup = lookupIn(store, () => null)
    await store.seed('wanted')
    expect(lookup.view(await lookup.look('wanted'))).toMatchObject({ status: 'disconnected', reason: 'not_running' })
  })
})
