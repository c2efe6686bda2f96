import { describe, expect, it } from 'vitest'
import { encodeCard } from '../../src/cluster/member-card.js'
import { isSessionError, type SessionError } from '../../src/index.js'
import { deferred } from '../support/deferred.js'
import { inFakeTime, pass, scenario, type Scenario, within } from '../support/scenario.js'
import { SharedLock } from '../support/shared-lock.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

const ADDRESS = 'http://10.0.0.7:3000'

/** A manager, and another process that runs its session `s`. */
async function runElsewhere(as: 'as' | 'asMember' = 'asMember'): Promise<{ lock: SharedLock; here: Scenario; store: WatchedSessionStore }> {
  const lock = new SharedLock()
  const store = new WatchedSessionStore(lock[as]('here'))
  await store.seed('s')
  lock.grab('s', 'there')
  const card = encodeCard({ joinedAt: 0, address: ADDRESS, maxSessions: null, takes: true, draining: false, ready: [] })
  await lock.asMember('there').cluster.announce(card)
  return { lock, here: scenario({ store }), store }
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
