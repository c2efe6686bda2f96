import { describe, expect, it } from 'vitest'
import { decodeLifecycle, type Lifecycle } from '../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { deferred } from '../support/deferred.js'
import { codeOf, inFakeTime, pass, scenario, type Scenario, silent, within } from '../support/scenario.js'
import type { StoreVerb } from '../support/watched-session-store.js'

inFakeTime()

const STORE_TIMEOUT_MS = 15_000
const COOL_DOWN_MS = 60_000

/** Calls of one kind hang from now on. `recover`: later ones are well again; `land`: those that hang are carried out now. */
function hold({ store }: Scenario, held: StoreVerb): { recover: () => void; land: () => Promise<void> } {
  const landing = deferred()
  store.before = ({ verb }) => (verb === held ? landing.promise : undefined)
  return {
    recover: () => {
      store.before = () => undefined
    },
    land: async () => {
      landing.resolve()
      await pass(10)
    },
  }
}

async function connected(options: Parameters<typeof scenario>[0] = {}): Promise<Scenario> {
  const made = scenario({ rateLimitCoolDownMs: COOL_DOWN_MS, ...options })
  await made.store.seed('s')
  await within(made.sessions.restoreSession('s'))
  return made
}

async function remembered({ store }: Scenario): Promise<Lifecycle | null> {
  return decodeLifecycle((await store.text('s', 'lifecycle')) ?? '')
}

describe('a rate limit that is remembered after the deadline of its write', () => {
  it('invariant 7: is fenced off before the next load: it does not come back on top of the connection that followed', async () => {
    const made = await connected()
    const { recover, land } = hold(made, 'write')
    void made.socket().close(429)
    await pass(STORE_TIMEOUT_MS + 1000)
    recover()
    await pass(COOL_DOWN_MS)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(await remembered(made)).toMatchObject({ verdict: null })
    await land()
    expect(await remembered(made)).toMatchObject({ verdict: null })
    expect(await within(made.sessions.close())).toEqual({ closed: ['s'], notDrained: [] })
  })

  it('invariant 7: is fenced off, too, when the load itself was the last to try', async () => {
    const made = await connected()
    const { recover, land } = hold(made, 'write')
    void made.socket().close(429)
    made.script = silent
    await pass(COOL_DOWN_MS + STORE_TIMEOUT_MS + 10_000)
    expect(made.baileys.sockets).toHaveLength(2)
    recover()
    const before = await made.store.dump('s')
    await land()
    expect(await made.store.dump('s')).toEqual(before)
  })

  it('invariant 4: close writes it once more, such that the late one is refused', async () => {
    const made = await connected()
    const { recover, land } = hold(made, 'write')
    void made.socket().close(429)
    await pass(STORE_TIMEOUT_MS + 1000)
    recover()
    expect(await within(made.sessions.close())).toEqual({ closed: ['s'], notDrained: [] })
    const before = await made.store.dump('s')
    await land()
    expect(await made.store.dump('s')).toEqual(before)
  })
})

describe('the note of connect that a session is wanted, when it comes after its deadline', () => {
  it.each(['stop', 'delete'] as const)('invariant 4: does not land on what %s has written', async (verb) => {
    const made = scenario()
    await made.store.seed('s', {}, { desired: 'stopped' })
    const { recover, land } = hold(made, 'write')
    const connecting = codeOf(made.sessions.connect('s'))
    await pass(10)
    const ending = made.sessions[verb]('s')
    await pass(10)
    recover()
    await within(ending)
    await within(connecting)
    const before = await made.store.dump('s')
    await land()
    expect(await made.store.dump('s')).toEqual(before)
    expect(await remembered(made)).toEqual(verb === 'delete' ? null : expect.objectContaining({ desired: 'stopped' }))
    expect(await within(made.sessions.close())).toEqual({ closed: verb === 'delete' ? [] : ['s'], notDrained: [] })
  })
})

describe('a delete after its deadline', () => {
  it('invariant 4: is named by close, as long as it may still land', async () => {
    const made = await connected()
    const { recover, land } = hold(made, 'delete')
    expect(await within(codeOf(made.sessions.delete('s')))).toBe('STORE_TIMEOUT')
    recover()
    expect(await within(made.sessions.close())).toEqual({ closed: [], notDrained: ['s'] })
    await land()
  })

  it.each(['stop', 'logout'] as const)('invariant 4: is fenced off by %s, also where nothing is stored', async (verb) => {
    const made = scenario()
    const { recover, land } = hold(made, 'delete')
    expect(await within(codeOf(made.sessions.delete('s')))).toBe('STORE_TIMEOUT')
    recover()
    const ending: Promise<unknown> = made.sessions[verb]('s')
    await within(ending)
    // A backup, say.
    const text = await made.store.seed('s')
    await land()
    expect(await made.store.text('s', 'creds')).toBe(text)
    expect(await within(made.sessions.close())).toMatchObject({ notDrained: [] })
  })

  it('invariant 2: does not take the credentials of a session that was connected since', async () => {
    const made = await connected()
    const { recover, land } = hold(made, 'delete')
    expect(await within(codeOf(made.sessions.delete('s')))).toBe('STORE_TIMEOUT')
    recover()
    await within(made.sessions.connect('s'))
    await pass(10)
    await land()
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired' })
    expect(await within(made.sessions.close())).toEqual({ closed: ['s'], notDrained: [] })
  })
})

describe('a lifecycle write that lands after WhatsApp has judged', () => {
  it.each([
    [401, { status: 'logged_out' }],
    [403, { status: 'failed', reason: 'restricted' }],
  ] as const)('invariant 7: a verdict of WhatsApp (%i) is not undone by a lifecycle write before it that lands late', async (code, status) => {
    const made = scenario()
    await made.store.seed('s', {}, { verdict: { kind: 'rate_limited', until: new Date(Date.now() - 1000) } })
    const landing = deferred()
    let isFirst = true
    made.store.before = ({ verb, keys }) => {
      if (!isFirst || verb !== 'write' || !keys.some(({ type }) => type === 'lifecycle')) return
      isFirst = false
      return landing.promise
    }
    await within(made.sessions.restoreSession('s'))
    await pass(60_000)
    await made.socket().close(code)
    await pass(1000)
    const before = decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')
    landing.resolve()
    await pass(10)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject(status)
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')).toEqual(before)
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(1)
  })
})

describe('a lease that comes after its deadline', () => {
  it('invariant 4: is named by close as long as it may still come, also for a session that was deleted meanwhile', async () => {
    const made = scenario()
    await made.store.seed('s')
    const { recover, land } = hold(made, 'acquire')
    expect(await within(codeOf(made.sessions.stop('s')))).toBe('STORE_TIMEOUT')
    recover()
    await within(made.sessions.delete('s'))
    expect(await within(made.sessions.close())).toEqual({ closed: [], notDrained: ['s'] })
    await land()
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })
})

describe('a delete of what is left, without a lease', () => {
  it('invariant 4: is named by close as long as it may still land', async () => {
    const made = scenario()
    const { recover, land } = hold(made, 'delete')
    expect(await within(codeOf(made.sessions.logout('s')))).toBe('STORE_TIMEOUT')
    recover()
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: false })
    expect(await within(made.sessions.close())).toEqual({ closed: [], notDrained: ['s'] })
    await land()
  })

  it('is done once it has landed', async () => {
    const made = scenario()
    const { recover, land } = hold(made, 'delete')
    expect(await within(codeOf(made.sessions.logout('s')))).toBe('STORE_TIMEOUT')
    recover()
    await land()
    expect((await within(made.sessions.close())).notDrained).toEqual([])
  })
})

describe('a pairing that could not be stored', () => {
  it('invariant 2: is stored before its lease is given back for a new one: in that moment another process may log out', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const { recover, land } = hold(made, 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(STORE_TIMEOUT_MS)
    const stored: boolean[] = []
    recover()
    made.store.before = async ({ verb }) => {
      if (verb === 'release') stored.push((await made.store.text('s', 'creds')) !== undefined)
    }
    await pass(STORE_TIMEOUT_MS)
    expect(stored).toContain(true)
    expect(stored).not.toContain(false)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000001' })
    const before = await made.store.dump('s')
    await land()
    expect(await made.store.dump('s')).toEqual(before)
  })
})
