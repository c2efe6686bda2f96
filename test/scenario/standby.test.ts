import { describe, expect, it } from 'vitest'
import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { SessionError } from '../../src/errors.js'
import { deferred } from '../support/deferred.js'
import { codeOf, inFakeTime, pass, scenario, type Scenario, silent, welcoming, within } from '../support/scenario.js'
import { SharedLock } from '../support/shared-lock.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

/** Two managers on one store, as two processes are. The memory store checks tokens of its own lock only, so these run unfenced. */
function twoProcesses(): { lock: SharedLock; one: Scenario; two: Scenario; store: WatchedSessionStore } {
  const lock = new SharedLock()
  const repository = new MemoryConnectionRepository()
  const store = new WatchedSessionStore(lock.as('one'))
  const second = new WatchedSessionStore(lock.as('two'))
  Object.assign(second, { inner: store.inner })
  return { lock, store, one: scenario({ store, repository }), two: scenario({ store: second, repository }) }
}

describe('invariant 1: a session that another process runs', () => {
  it('is neither stopped nor logged out from here while another process links it', async () => {
    const { one, two } = twoProcesses()
    expect(await within(one.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    expect(await within(codeOf(two.sessions.stop('s')))).toBe('OWNED_ELSEWHERE')
    expect(await within(codeOf(two.sessions.logout('s')))).toBe('OWNED_ELSEWHERE')
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'pairing' })
  })

  it('is connected by a person while this process looks whether it may take over', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    await within(two.sessions.restoreSession('s'))
    await within(one.sessions.stop('s'))
    const looking = deferred()
    two.store.before = ({ verb }) => (verb === 'read' ? looking.promise : undefined)
    await pass(10_000)
    expect(two.store.calls.at(-1)).toMatchObject({ verb: 'read' })
    await within(one.sessions.connect('s'))
    looking.resolve()
    await pass(10_000)
    expect(await within(one.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'one' })
    expect(two.baileys.sockets).toEqual([])
  })

  it('stays stopped when it was stopped there during a look here that began before, and that ends after this process knows of it', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    await within(two.sessions.restoreSession('s'))
    const asking = deferred()
    const calls = two.store.calls.length
    two.store.before = ({ verb }) =>
      verb === 'owner' && two.store.calls.slice(calls).filter((call) => call.verb === 'owner').length === 1 ? asking.promise : undefined
    const looked = two.sessions.getStatus('s')
    await pass(0)
    await within(one.sessions.stop('s'))
    await pass(10_000)
    expect(two.events('status').at(-1)).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    const told = two.events('status').length
    asking.resolve()
    expect(await within(looked)).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    await pass(1000)
    expect(two.events('status')).toHaveLength(told)
  })

  it('shows the record of its owner, from wherever it is asked', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s', { phone: '49151000001' })
    await within(one.sessions.restoreSession('s'))
    await pass(10)
    expect(await within(two.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'one', isLocal: false, phoneNumber: '49151000001' })
    expect(await within(two.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped', reason: 'owned_elsewhere' })
    expect(await within(two.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'one', isLocal: false })
    expect(await two.repository.find('s')).toMatchObject({ status: 'connected', owner: 'one' })
    expect(two.baileys.sockets).toHaveLength(0)
    one.script = silent
    await one.socket().close(428)
    await pass(10)
    expect(await within(two.sessions.getStatus('s'))).toMatchObject({ status: 'reconnecting', owner: 'one', isLocal: false })
  })

  it('without a record is disconnected, owned elsewhere', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.store.inner.lock.acquire('s')
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({
      status: 'disconnected',
      reason: 'owned_elsewhere',
      isLocal: false,
      owner: expect.any(String),
    })
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(0)
  })

  it('refuses every verb', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    const before = await store.dump('s')
    const { sessions } = two
    const verbs = [
      () => sessions.connect('s'),
      () => sessions.stop('s'),
      () => sessions.logout('s'),
      () => sessions.delete('s'),
      () => sessions.requestPairingCode('s', '4915112345678'),
      () => sessions.waitUntilConnected('s'),
    ]
    for (const verb of verbs) expect(await within(codeOf(verb()))).toBe('OWNED_ELSEWHERE')
    expect([await store.dump('s'), two.baileys.sockets.length]).toEqual([before, 0])
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it('is taken over when its owner has gone, and not before', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    await within(two.sessions.restoreSession('s'))
    await pass(120_000)
    expect(two.baileys.sockets).toHaveLength(0)
    await within(one.sessions.close())
    await pass(10_000)
    expect(await within(two.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'two', isLocal: true })
    expect(await two.repository.find('s')).toMatchObject({ status: 'connected', owner: 'two' })
  })

  it('that was stopped or logged out there is not taken over', async () => {
    for (const verb of ['stop', 'logout'] as const) {
      const { one, two, store } = twoProcesses()
      await store.seed('s')
      await within(one.sessions.restoreSession('s'))
      await within(codeOf(two.sessions.connect('s')))
      await within<unknown>(one.sessions[verb]('s'))
      await pass(60_000)
      expect([two.baileys.sockets.length, two.events('qr').length]).toEqual([0, 0])
    }
  })

  it('is not taken over after a close', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    await within(two.sessions.restoreSession('s'))
    await within(two.sessions.close())
    await within(one.sessions.close())
    await pass(60_000)
    expect(two.baileys.sockets).toHaveLength(0)
  })

  it('of which nobody can say who runs it is left alone', async () => {
    const { one, two, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    await within(two.sessions.restoreSession('s'))
    two.store.before = ({ verb }) => {
      if (verb === 'owner') throw new Error('the lock is down')
    }
    await pass(60_000)
    expect(two.baileys.sockets).toHaveLength(0)
  })
})

describe('invariants 1, 2: a lease that is lost', () => {
  it('closes the socket, touches no credentials, and stands by', async () => {
    const { lock, one, store } = twoProcesses()
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    const before = await store.dump('s')
    lock.lose('s')
    lock.grab('s', 'three')
    await pass(10)
    expect(one.socket().isEnded).toBe(true)
    expect(one.sessions.getSocket('s')).toBeUndefined()
    await pass(60_000)
    expect([await store.dump('s'), one.baileys.sockets.length]).toEqual([before, 1])
    expect(await within(one.sessions.getStatus('s'))).toMatchObject({ isLocal: false, owner: 'three' })
    lock.lose('s')
    await pass(10_000)
    expect(await within(one.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'one' })
  })

  it('in the middle of a pairing ends the pairing, and begins no other', async () => {
    const { lock, one } = twoProcesses()
    await within(one.sessions.connect('s'))
    lock.lose('s')
    await pass(60_000)
    expect([one.baileys.sockets.length, one.events('qr').length]).toEqual([1, 1])
    expect(one.socket().isEnded).toBe(true)
  })

  it('with a pairing that could not be stored tells that it is lost, and does not write it over what another process has paired since', async () => {
    const { lock, one, store } = twoProcesses()
    await within(one.sessions.connect('s'))
    store.before = ({ verb }) => {
      if (verb === 'write') throw new Error('ENOSPC')
    }
    one.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    lock.lose('s')
    lock.grab('s', 'three')
    await pass(1000)
    await store.seed('s', { phone: '49151000002' })
    store.before = () => undefined
    lock.lose('s')
    await pass(60_000)
    expect(one.events('error').map(({ error }) => error.code)).toContain('PAIRING_FAILED')
    expect(await within(one.sessions.getStatus('s'))).toMatchObject({ status: 'connected', phoneNumber: '49151000002' })
    expect(inspectStoredCreds((await store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000002' })
  })

  it('a write that the store refuses as stale is a lease that was lost', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await (await made.store.inner.lock.acquire('other'))?.release()
    made.store.before = async ({ verb }) => {
      if (verb !== 'write') return
      // Somebody else was handed a newer token.
      await made.store.inner.write('s', [], { fencingToken: 0 }).catch((error: unknown) => {
        throw error
      })
    }
    made.socket().updateCreds({ accountSyncCounter: 9 })
    await pass(10)
    expect(made.socket().isEnded).toBe(true)
    expect(made.events('error').map(({ error }) => error.code)).toContain('STALE_WRITER')
    made.store.before = () => undefined
    await pass(10_000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connected' })
  })
})

describe('invariant 1: a lease that ran out unrenewed', () => {
  const errors = (made: Scenario): string[] => made.events('error').map(({ error }) => error.code)

  async function connected(): Promise<ReturnType<typeof twoProcesses> & { fail: (verb: string | null) => void }> {
    const made = twoProcesses()
    await made.store.seed('s', { phone: '49151000001' })
    await within(made.one.sessions.restoreSession('s'))
    await pass(10)
    made.one.told.length = 0
    const fail = (failing: string | null): void => {
      made.store.before = ({ verb }) => {
        if (verb === failing) throw new Error('the engine cannot be reached')
      }
    }
    return { ...made, fail }
  }

  it('is an outage of the store: the socket is closed, and the session comes back by itself', async () => {
    const { lock, one, store, fail } = await connected()
    const before = await store.dump('s')
    fail('acquire')
    lock.expire('s')
    await pass(10)
    expect(one.socket().isEnded).toBe(true)
    expect(await one.sessions.getStatus('s')).toMatchObject({
      status: 'reconnecting',
      reason: 'storage_unavailable',
      owner: null,
      isLocal: true,
      lastDisconnect: { cause: 'storage_failed' },
    })
    expect(errors(one)).toEqual(['LEASE_EXPIRED'])
    expect(one.events('disconnected')).toMatchObject([{ cause: 'storage_failed', willRetry: true }])
    await pass(120_000)
    expect([await store.dump('s'), one.baileys.sockets.length]).toEqual([before, 1])
    fail(null)
    await pass(61_000)
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'connected', owner: 'one' })
    expect(one.statuses('s').filter((status) => status.includes('owned_elsewhere'))).toEqual([])
  })

  it('is one that somebody else has, when that is so by the time the store answers', async () => {
    const { lock, one } = await connected()
    lock.expire('s')
    lock.grab('s', 'three')
    await pass(60_000)
    expect(one.baileys.sockets).toHaveLength(1)
    expect(await within(one.sessions.getStatus('s'))).toMatchObject({ isLocal: false, owner: 'three' })
    lock.lose('s')
    await pass(10_000)
    expect(await within(one.sessions.getStatus('s'))).toMatchObject({ status: 'connected', owner: 'one' })
  })

  it('while the session waits is taken again when its time has come, and changes nothing before', async () => {
    const { lock, one, fail } = await connected()
    fail('acquire')
    one.script = silent
    await one.socket().close(428)
    await pass(10)
    const { nextRetryAt } = await one.sessions.getStatus('s')
    lock.expire('s')
    await pass(10)
    expect(await one.sessions.getStatus('s')).toMatchObject({
      status: 'reconnecting',
      reason: 'connection_lost',
      nextRetryAt,
      lastDisconnect: { cause: 'connection_closed' },
    })
    one.script = welcoming
    fail(null)
    await pass(60_000)
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'connected', owner: 'one' })
  })

  it('is found out by a write that the store refuses for it', async () => {
    const { one, store } = await connected()
    store.before = ({ verb }) => {
      if (verb === 'write') throw new SessionError('LEASE_EXPIRED', 'Its time ran out.')
    }
    one.socket().updateCreds({ accountSyncCounter: 9 })
    await pass(10)
    expect(one.socket().isEnded).toBe(true)
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    expect(new Set(errors(one))).toEqual(new Set(['LEASE_EXPIRED']))
    store.before = () => undefined
    await pass(60_000)
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it('before the session was loaded is tried again', async () => {
    const { lock, one, store } = twoProcesses()
    await store.seed('s')
    let isFirst = true
    store.before = ({ verb }) => {
      if (verb === 'read' && isFirst && store.count('acquire') > 0) lock.expire('s')
    }
    const restoring = one.sessions.restoreSession('s')
    await pass(100)
    isFirst = false
    expect(await within(restoring)).toMatchObject({ outcome: 'restored' })
    expect(errors(one)).not.toContain('STALE_WRITER')
  })

  it('in the middle of a pairing ends the pairing, as an outage does', async () => {
    const { lock, one } = twoProcesses()
    await within(one.sessions.connect('s'))
    lock.expire('s')
    await pass(60_000)
    expect([one.baileys.sockets.length, one.events('qr').length]).toEqual([1, 1])
    expect(await one.sessions.getStatus('s')).toMatchObject({ status: 'disconnected', reason: 'storage_unavailable' })
  })

  it('and whose session another process has logged out since has no credentials missing', async () => {
    const { lock, one, store } = await connected()
    one.repository.find = () => Promise.resolve(null)
    lock.expire('s')
    lock.grab('s', 'three')
    await pass(30_000)
    await store.inner.delete('s', { fencingToken: Number.MAX_SAFE_INTEGER })
    lock.lose('s')
    await pass(30_000)
    expect(errors(one)).not.toContain('CREDENTIALS_MISSING')
    expect(one.events('qr')).toEqual([])
  })
})
