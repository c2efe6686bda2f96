import { describe, expect, it } from 'vitest'
import { deferred } from '../support/deferred.js'
import { inFakeTime, pass, scenario, within, type Scenario } from '../support/scenario.js'

inFakeTime()

/** From now on a look at what is stored has read, and waits for the lock to say who runs the session. Returns what ends that. */
function holdLooks({ store }: Scenario): () => void {
  const held = deferred()
  let isHeld = true
  store.before = ({ verb }) => (verb === 'owner' && isHeld ? held.promise : undefined)
  return () => {
    isHeld = false
    held.resolve()
  }
}

function breakReads({ store }: Scenario): void {
  store.before = ({ verb }) => {
    if (verb === 'read') throw new Error('EMFILE')
  }
}

async function expectNoDial(made: Scenario): Promise<void> {
  made.store.before = () => undefined
  await pass(600_000)
  expect(made.baileys.sockets.filter(({ isEnded }) => !isEnded)).toEqual([])
  expect(made.events('connected')).toEqual([])
}

describe('a session that is ended while somebody looks at what was stored of it', () => {
  it.each([
    ['stop', 'stopped'],
    ['delete', 'never_paired'],
  ] as const)('invariant 4: is not started by a restore once %s has resolved', async (verb, reason) => {
    const made = scenario()
    await made.store.seed('s')
    const letGo = holdLooks(made)
    const restoring = made.sessions.restoreSession('s')
    await pass(10)
    await within(made.sessions[verb]('s'))
    letGo()
    expect(await within(restoring)).toMatchObject({ outcome: 'skipped', reason })
    await expectNoDial(made)
  })

  it('invariant 4: is not started by a restore with force either; one that is asked for later is', async () => {
    const made = scenario()
    await made.store.seed('s')
    const letGo = holdLooks(made)
    const restoring = made.sessions.restoreSession('s', { force: true })
    await pass(10)
    await within(made.sessions.stop('s'))
    letGo()
    expect(await within(restoring)).toMatchObject({ outcome: 'skipped', reason: 'aborted' })
    await expectNoDial(made)
    await within(made.sessions.connect('s'))
    await made.socket().close(403)
    expect(await within(made.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'restored' })
  })

  it.each(['delete', 'logout'] as const)('invariant 4: is not started after %s when the store cannot be read again', async (verb) => {
    const made = scenario()
    await made.store.seed('s')
    const letGo = holdLooks(made)
    const restoring = made.sessions.restoreSession('s')
    await pass(10)
    await within<unknown>(made.sessions[verb]('s'))
    const dials = made.baileys.sockets.length
    letGo()
    breakReads(made)
    expect(await within(restoring)).toMatchObject({ outcome: 'skipped', reason: 'aborted' })
    await pass(60_000)
    made.store.before = () => undefined
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(dials)
  })

  it.each(['stop', 'logout'] as const)('invariant 4: is not started after %s of an id that nobody knows, when the look comes to nothing', async (verb) => {
    const made = scenario()
    const held = deferred()
    let isFirst = true
    made.store.before = ({ verb: asked }) => {
      if (asked !== 'read' || !isFirst) return
      isFirst = false
      return held.promise
    }
    const restoring = made.sessions.restoreSession('s')
    await pass(10)
    await within<unknown>(made.sessions[verb]('s'))
    held.reject(new Error('EMFILE'))
    expect(await within(restoring)).toMatchObject({ outcome: 'skipped' })
    expect(made.store.count('acquire')).toBe(0)
    await expectNoDial(made)
  })

  it('invariant 8: is looked at again, so that its status is not that of before', async () => {
    const made = scenario()
    await made.store.seed('s')
    const letGo = holdLooks(made)
    const looking = made.sessions.getStatus('s')
    await pass(10)
    await within(made.sessions.stop('s'))
    letGo()
    expect(await within(looking)).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    await expectNoDial(made)
  })
})

describe('a session that was stopped', () => {
  it.each(['restoreSession', 'restoreAll', 'getStatus'] as const)('invariant 4: is not started by %s when the store cannot be read', async (verb) => {
    const made = scenario({ restore: { delayMs: 0 } })
    await made.store.seed('s')
    await within(made.sessions.stop('s'))
    breakReads(made)
    const result = await within<unknown>(verb === 'restoreAll' ? made.sessions.restoreAll() : made.sessions[verb]('s'))
    const stopped = { sessionId: 's', reason: 'stopped' }
    expect(result).toMatchObject(verb === 'restoreAll' ? { total: 1, skipped: [{ ...stopped, outcome: 'skipped' }] } : stopped)
    await expectNoDial(made)
  })
})
