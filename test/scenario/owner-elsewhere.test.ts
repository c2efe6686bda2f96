import { describe, expect, it } from 'vitest'
import { encodeCard } from '../../src/cluster/member-card.js'
import { encodeStanding, type Standing } from '../../src/cluster/standing.js'
import { CREDS_KEY } from '../../src/store/session-store.js'
import { isSessionError, type SessionError } from '../../src/index.js'
import { deferred } from '../support/deferred.js'
import { inFakeTime, pass, scenario, type Scenario, within } from '../support/scenario.js'
import { SharedLock } from '../support/shared-lock.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

const ADDRESS = 'http://10.0.0.7:3000'
const SINCE = new Date('2026-01-01T00:00:00Z')
const LATER = new Date('2026-02-01T00:00:00Z')

const CONNECTED: Standing = {
  status: 'connected',
  reason: null,
  phoneNumber: '49151000002',
  since: SINCE,
  lastDisconnect: null,
  nextRetryAt: null,
  restrictedUntil: null,
  attempt: null,
  offeredTo: null,
  moves: 0,
  movedAt: null,
}

interface Elsewhere {
  lock: SharedLock
  here: Scenario
  store: WatchedSessionStore
  /** The other process keeps something beside its lock. */
  note: (standing: Partial<Standing>) => Promise<void>
}

/** A manager, and another process that runs its session `s`. */
async function runElsewhere(as: 'as' | 'asMember' = 'asMember'): Promise<Elsewhere> {
  const lock = new SharedLock()
  const store = new WatchedSessionStore(lock[as]('here'))
  await store.seed('s', { phone: '49151000001' })
  const { fencingToken } = lock.grab('s', 'there')
  const card = encodeCard({ joinedAt: 0, address: ADDRESS, maxSessions: null, takes: true, draining: false, ready: [] })
  const there = lock.asMember('there').cluster
  await there.announce(card)
  const note = (standing: Partial<Standing>): Promise<void> => there.note('s', fencingToken, encodeStanding({ ...CONNECTED, ...standing }))
  return { lock, here: scenario({ store }), store, note }
}

async function refusalOf(work: Promise<unknown>): Promise<SessionError> {
  const error: unknown = await within(work).catch((cause: unknown) => cause)
  if (!isSessionError(error, 'OWNED_ELSEWHERE')) throw error
  return error
}

function verbs({ sessions }: Scenario): Record<string, () => Promise<unknown>> {
  return {
    connect: () => sessions.connect('s'),
    requestPairingCode: () => sessions.requestPairingCode('s', '4915112345678'),
    stop: () => sessions.stop('s'),
    logout: () => sessions.logout('s'),
    delete: () => sessions.delete('s'),
    waitUntilConnected: () => sessions.waitUntilConnected('s'),
  }
}

describe('invariant 1: what refuses a session that runs elsewhere', () => {
  it('names the process to call, and its address, whatever was asked', async () => {
    const { here } = await runElsewhere()
    for (const [verb, call] of Object.entries(verbs(here))) {
      const error = await refusalOf(call())
      expect(error, verb).toMatchObject({ sessionId: 's', owner: 'there', ownerAddress: ADDRESS })
      expect(error.message, verb).toBe(`Process there (${ADDRESS}) runs session "s". Call it there, or wait until it has ended.`)
    }
  })

  it('names the process alone where the store keeps no addresses', async () => {
    const { here } = await runElsewhere('as')
    for (const [verb, call] of Object.entries(verbs(here))) {
      const error = await refusalOf(call())
      expect([error.owner, error.ownerAddress], verb).toEqual(['there', undefined])
      expect(error.message, verb).toMatch(/^Process there runs session "s"\. Call it there/u)
    }
  })

  it('names the process alone that gave no address, or a card that nobody understands', async () => {
    const { lock, here } = await runElsewhere()
    await lock.asMember('there').cluster.announce('{"joinedAt":')
    const error = await refusalOf(here.sessions.stop('s'))
    expect([error.owner, error.ownerAddress]).toEqual(['there', undefined])
  })

  it('waits for a name no longer than half a second, and refuses without one', async () => {
    const { lock, here } = await runElsewhere()
    lock.before = (question) => (question.startsWith('holding') ? deferred().promise : undefined)
    const startedAt = Date.now()
    const error = await refusalOf(here.sessions.connect('s'))
    expect(Date.now() - startedAt).toBeLessThanOrEqual(500)
    expect([error.owner, error.ownerAddress]).toEqual([undefined, undefined])
    expect(error.message).toMatch(/^Another process runs session "s"/u)
  })

  it('names nobody when its owner is gone by then', async () => {
    const { lock, here } = await runElsewhere()
    lock.before = (question) => {
      if (question.startsWith('holding')) lock.lose('s')
    }
    const error = await refusalOf(here.sessions.connect('s'))
    expect([error.owner, error.ownerAddress]).toEqual([undefined, undefined])
    await pass(10_000)
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'here' })
  })
})

describe('a session that runs elsewhere', () => {
  it('shows what its owner keeps beside the lock, without any record', async () => {
    const { here, note } = await runElsewhere()
    await note({})
    expect(await within(here.sessions.getStatus('s'))).toEqual({
      sessionId: 's',
      status: 'connected',
      reason: null,
      isConnected: true,
      message: 'Connected.',
      phoneNumber: '49151000002',
      since: SINCE,
      owner: 'there',
      ownerAddress: ADDRESS,
      isLocal: false,
    })
  })

  it('shows all that its owner knows of a loss', async () => {
    const { here, note } = await runElsewhere()
    const lastDisconnect = { code: 428, cause: 'connection_closed', message: 'Connection Closed', at: SINCE } as const
    await note({ status: 'reconnecting', reason: 'connection_lost', lastDisconnect, nextRetryAt: LATER, attempt: 3 })
    const expected = {
      status: 'reconnecting',
      reason: 'connection_lost',
      lastDisconnect,
      nextRetryAt: LATER,
      attempt: 3,
      message: 'Connection lost. Reconnecting...',
    }
    expect(await within(here.sessions.getStatus('s'))).toMatchObject(expected)
    await note({ status: 'failed', reason: 'restricted', restrictedUntil: LATER })
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'failed', reason: 'restricted', restrictedUntil: LATER })
  })

  it('fills the sentence of the application with what its owner keeps', async () => {
    const { lock, note, store } = await runElsewhere()
    const { sessions } = scenario({ store, messages: { connection_lost: '{number} is tried again at {until}.' } })
    await note({ status: 'reconnecting', reason: 'connection_lost', nextRetryAt: LATER })
    expect((await within(sessions.getStatus('s'))).message).toBe('49151000002 is tried again at 2026-02-01 00:00 UTC.')
    expect(lock.asked.filter((question) => question === 'holding s')).toHaveLength(1)
  })

  it('shows the number that is stored until its owner has read it, and the data of the application', async () => {
    const { here, note } = await runElsewhere()
    await here.repository.save('s', { metadata: { plan: 'pro' } })
    await note({ status: 'connecting', reason: 'restoring', phoneNumber: null })
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'connecting', phoneNumber: '49151000001', metadata: { plan: 'pro' } })
  })

  it('shows what its owner keeps rather than what it has recorded', async () => {
    const { here, note } = await runElsewhere()
    await here.repository.save('s', { status: 'reconnecting', reason: 'connection_lost', owner: 'there' })
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'reconnecting', reason: 'connection_lost', ownerAddress: ADDRESS })
    await note({})
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'connected', reason: null })
  })

  it('does not wait for a repository that hangs', async () => {
    const { here, note } = await runElsewhere()
    await note({})
    Object.assign(here.repository, { find: () => deferred().promise })
    const startedAt = Date.now()
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'connected' })
    expect(Date.now() - startedAt).toBeLessThanOrEqual(500)
  })

  it('without a note that anybody understands shows the last record of its owner, or that it runs elsewhere', async () => {
    const { lock, here } = await runElsewhere()
    await lock.asMember('there').cluster.note('s', 1, '{"status":"teleported"}')
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({
      status: 'disconnected',
      reason: 'owned_elsewhere',
      owner: 'there',
      ownerAddress: ADDRESS,
    })
    await here.repository.save('s', { status: 'connected', reason: null, owner: 'there' })
    expect(await within(here.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'there' })
  })

  it('invariant 8: is one look at the store and one at the lock, however many ask at once', async () => {
    const { lock, here, store, note } = await runElsewhere()
    await note({})
    lock.asked.length = 0
    store.calls.length = 0
    await within(Promise.all(Array.from({ length: 1000 }, () => here.sessions.getStatus('s'))))
    expect(lock.asked).toEqual(['holding s'])
    expect(store.calls.map(({ verb }) => verb)).toEqual(['read', 'owner'])
  })

  it('gives each caller dates of its own', async () => {
    const { here, note } = await runElsewhere()
    await note({ nextRetryAt: LATER })
    const [first, second] = await within(Promise.all([here.sessions.getStatus('s'), here.sessions.getStatus('s')]))
    first.since.setTime(0)
    first.nextRetryAt?.setTime(0)
    expect(second).toMatchObject({ since: SINCE, nextRetryAt: LATER })
  })
})

describe('getStatuses', () => {
  it('is one question to the lock for all that other processes keep, and a look at each of the others', async () => {
    const { lock, here, store, note } = await runElsewhere()
    await note({})
    const there = lock.asMember('there').cluster
    const creds = (await store.text('s', 'creds')) ?? ''
    for (let index = 0; index < 1000; index++) {
      await store.inner.write(`many-${index}`, [{ ...CREDS_KEY, value: creds }])
      const { fencingToken } = lock.grab(`many-${index}`, 'there')
      await there.note(`many-${index}`, fencingToken, encodeStanding(CONNECTED))
    }
    await store.seed('silent')
    lock.grab('silent', 'old')
    await store.seed('free')
    await store.seed('mine')
    await within(here.sessions.restoreSession('mine'))
    lock.asked.length = 0
    store.calls.length = 0
    const statuses = new Map((await within(here.sessions.getStatuses())).map((status) => [status.sessionId, status]))
    expect(lock.asked.sort()).toEqual(['holding free', 'holding silent', 'next'])
    expect(store.calls.filter(({ verb }) => verb === 'read').map(({ sessionId }) => sessionId)).toEqual(['silent', 'free'])
    expect(statuses.size).toBe(1004)
    expect(statuses.get('s')).toMatchObject({ status: 'connected', owner: 'there', ownerAddress: ADDRESS, isLocal: false, phoneNumber: '49151000002' })
    expect(statuses.get('many-999')).toMatchObject({ status: 'connected', owner: 'there' })
    expect(statuses.get('silent')).toMatchObject({ status: 'disconnected', reason: 'owned_elsewhere', owner: 'old' })
    expect(statuses.get('free')).toMatchObject({ status: 'disconnected', reason: 'not_running', owner: null })
    expect(statuses.get('mine')).toMatchObject({ status: 'connected', owner: 'here', isLocal: true })
  })

  it('adds the data of the application to what the owner keeps', async () => {
    const { here, note } = await runElsewhere()
    await here.repository.save('s', { metadata: { plan: 'pro' } })
    await note({})
    expect(await within(here.sessions.getStatuses())).toMatchObject([{ status: 'connected', metadata: { plan: 'pro' } }])
  })

  it('asks nobody when all sessions run here', async () => {
    const { lock, here, store } = await runElsewhere()
    await store.inner.delete('s')
    await store.seed('mine')
    await within(here.sessions.restoreSession('mine'))
    lock.asked.length = 0
    expect(await within(here.sessions.getStatuses())).toMatchObject([{ sessionId: 'mine', status: 'connected' }])
    expect(lock.asked).toEqual([])
  })

  it('looks at each session when the lock cannot tell of all', async () => {
    const { lock, here, note } = await runElsewhere()
    await note({})
    lock.before = (question) => {
      if (question === 'next') throw new Error('the engine is down')
    }
    expect(await within(here.sessions.getStatuses())).toMatchObject([{ sessionId: 's', status: 'connected', owner: 'there' }])
  })

  it('believes what came to run here meanwhile', async () => {
    const { lock, here } = await runElsewhere()
    const held = deferred()
    lock.before = (question) => (question === 'next' ? held.promise : undefined)
    const asking = here.sessions.getStatuses()
    await pass(10)
    lock.lose('s')
    await within(here.sessions.restoreSession('s'))
    const { fencingToken } = lock.grab('s', 'there')
    await lock.asMember('there').cluster.note('s', fencingToken, encodeStanding(CONNECTED))
    held.resolve()
    expect(await within(asking)).toMatchObject([{ sessionId: 's', status: 'connected', owner: 'here', isLocal: true }])
  })
})
