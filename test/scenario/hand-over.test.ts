import { describe, expect, it } from 'vitest'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { deferred } from '../support/deferred.js'
import { closeLoneSessions, loneSession, type LoneSession, type LoneSessionOptions } from '../support/lone-session.js'
import { codeOf, inFakeTime, pass, scenario, silent, within } from '../support/scenario.js'
import { SharedLock } from '../support/shared-lock.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()
closeLoneSessions()

const RESTORE = { force: false, priority: 'bulk', onWaiting: () => undefined } as const
const NEVER = new AbortController().signal

interface Handed extends LoneSession {
  lock: SharedLock
  store: WatchedSessionStore
}

async function connected(options: Omit<LoneSessionOptions, 'store'> = {}): Promise<Handed> {
  const made = await stored(options)
  await within(made.session.restore(RESTORE))
  await pass(10)
  return made
}

async function stored(options: Omit<LoneSessionOptions, 'store'> = {}): Promise<Handed> {
  const lock = new SharedLock()
  const store = new WatchedSessionStore(lock.as('here'))
  await store.seed('s', { phone: '49151000001' })
  return Object.assign(loneSession({ store, ...options }), { lock, store })
}

async function ownerOf({ lock }: Handed): Promise<string | null> {
  return lock.as('somebody').owner('s')
}

describe('a session that is handed over', () => {
  it('has closed its socket, written everything and given its lease back when that is told', async () => {
    const made = await connected()
    const { session, store, baileys } = made
    const token = session.lease?.fencingToken
    expect(token).toBeGreaterThan(0)
    baileys.lastSocket?.updateCreds({ accountSyncCounter: 9 })
    expect(await within(session.handOver())).toBe(true)
    expect(baileys.lastSocket?.isDestroyed).toBe(true)
    expect(await store.text('s', 'creds')).toContain('"accountSyncCounter":9')
    expect([await ownerOf(made), session.lease, session.owner]).toEqual([null, null, null])
    expect(session.snapshot).toMatchObject({ status: 'disconnected', reason: 'owned_elsewhere', owner: null, isLocal: false })
    expect(made.statuses.at(-1)).toMatchObject({ status: 'disconnected', reason: 'owned_elsewhere', previous: 'connected' })
    expect([made.losses(), made.errors]).toEqual([0, []])
  })

  it('leaves its record to whoever takes it over', async () => {
    const { session, repository } = await connected()
    expect(await within(session.handOver())).toBe(true)
    await pass(1000)
    expect(await repository.find('s')).toMatchObject({ status: 'connected', owner: 'here' })
    await within(session.close())
    await pass(1000)
    expect(await repository.find('s')).toMatchObject({ status: 'connected', owner: 'here' })
  })

  it('can be taken by another process at once, which finds what was written last', async () => {
    const made = await connected({ isClustered: true })
    const second = new WatchedSessionStore(made.lock.as('there'))
    Object.assign(second, { inner: made.store.inner })
    const there = scenario({ store: second })
    made.baileys.lastSocket?.updateCreds({ accountSyncCounter: 9 })
    await within(made.session.handOver())
    expect(await within(there.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    expect(there.socket().authState.creds.accountSyncCounter).toBe(9)
    await pass(60_000)
    expect([await ownerOf(made), made.baileys.sockets.length]).toEqual(['there', 1])
  })

  it('refuses whoever waits for it here', async () => {
    const made = await stored()
    made.script = silent
    const { session } = made
    const waiting = codeOf(session.waitUntilConnected(NEVER))
    session.beginRestore('bulk')
    await within(session.handOver())
    expect(await within(waiting)).toBe('OWNED_ELSEWHERE')
  })

  it('comes back by itself when nobody takes it, where sessions watch their locks', async () => {
    const { session } = await connected()
    await within(session.handOver())
    await pass(10_000)
    expect(session.snapshot).toMatchObject({ status: 'connected', owner: 'here' })
  })

  it('watches nothing where somebody else does that, and is back with the next start', async () => {
    const { session, store } = await connected({ isClustered: true })
    await within(session.handOver())
    store.calls.length = 0
    await pass(600_000)
    expect([store.calls, session.snapshot.status]).toEqual([[], 'disconnected'])
    session.beginRestore('bulk')
    await pass(10)
    expect(session.snapshot).toMatchObject({ status: 'connected', owner: 'here' })
  })

  it('invariant 1: that is started meanwhile dials only once its old socket is gone and its lease was given back', async () => {
    const made = await connected({ isClustered: true })
    const { session, store, baileys } = made
    const held = deferred()
    store.before = ({ verb }) => (verb === 'release' ? held.promise : undefined)
    const handing = session.handOver()
    await pass(10)
    session.beginRestore('person')
    await pass(1000)
    expect(baileys.sockets).toHaveLength(1)
    held.resolve()
    expect(await within(handing)).toBe(true)
    await pass(10)
    expect(session.snapshot).toMatchObject({ status: 'connected', owner: 'here', isLocal: true })
    expect(baileys.sockets.map(({ isDestroyed }) => isDestroyed)).toEqual([true, false])
  })

  it('may be handed over by a listener that is told of its status', async () => {
    const handed: Promise<boolean>[] = []
    const made = await connected({
      isClustered: true,
      onStatus: ({ session, statuses }) => {
        if (statuses.at(-1)?.status === 'connected') handed.push(session.handOver())
      },
    })
    expect(await within(Promise.all(handed))).toEqual([true])
    expect([await ownerOf(made), made.session.snapshot.reason]).toEqual([null, 'owned_elsewhere'])
  })
})

describe('a session that is handed over on its way', () => {
  it('gives back the lease that it gets only then', async () => {
    const made = await stored({ isClustered: true })
    const held = deferred()
    made.store.before = ({ verb }) => (verb === 'acquire' ? held.promise : undefined)
    made.session.beginRestore('bulk')
    await pass(10)
    const handing = made.session.handOver()
    held.resolve()
    expect(await within(handing)).toBe(true)
    expect([await ownerOf(made), made.baileys.sockets.length, made.session.snapshot.reason]).toEqual([null, 0, 'owned_elsewhere'])
  })

  it('does not dial any more while it waits for the next attempt', async () => {
    const made = await connected({ isClustered: true })
    made.script = silent
    await made.baileys.lastSocket?.close(428)
    await pass(10)
    expect(made.session.snapshot.status).toBe('reconnecting')
    expect(await within(made.session.handOver())).toBe(true)
    await pass(600_000)
    expect([await ownerOf(made), made.baileys.sockets.length]).toEqual([null, 1])
  })

  it('invariant 2: stores a pairing that could not be stored before', async () => {
    const lock = new SharedLock()
    const store = new WatchedSessionStore(lock.as('here'))
    const { session, baileys, errors } = loneSession({ store, isClustered: true })
    await within(session.connect(undefined, NEVER))
    store.before = ({ verb }) => {
      if (verb === 'write') throw new Error('ENOSPC')
    }
    baileys.lastSocket?.pairSuccess({ phone: '49151000001' })
    await pass(2000)
    store.before = () => undefined
    expect(await within(session.handOver())).toBe(true)
    expect(inspectStoredCreds((await store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000001' })
    expect(errors).not.toContain('PAIRING_FAILED')
    expect(await lock.as('somebody').owner('s')).toBeNull()
  })
})

describe('what is not handed over, or not whole', () => {
  it('a pairing goes on', async () => {
    const store = new WatchedSessionStore()
    const { session } = loneSession({ store })
    await within(session.connect(undefined, NEVER))
    expect(await within(session.handOver())).toBe(false)
    expect(session.snapshot).toMatchObject({ status: 'pairing', isLocal: true })
  })

  it('a session that is being stopped, unlinked or closed comes to that end', async () => {
    const made = await connected()
    const held = deferred()
    made.store.before = ({ verb }) => (verb === 'write' ? held.promise : undefined)
    const stopping = made.session.stop()
    await pass(10)
    expect(await within(made.session.handOver())).toBe(false)
    held.resolve()
    await within(stopping)
    expect(made.session.snapshot.reason).toBe('stopped')

    const unlinked = await connected()
    const unlinking = unlinked.session.logout({ timeoutMs: 1000, requireUnlink: true })
    expect(await within(unlinked.session.handOver())).toBe(false)
    await within(unlinking)
    expect(unlinked.session.snapshot.reason).toBe('logged_out')

    const closed = await connected()
    const closing = closed.session.close()
    expect(await within(closed.session.handOver())).toBe(false)
    expect(await within(closing)).toBe(true)
    expect(closed.session.snapshot.reason).toBe('not_running')
  })

  it('a session at rest, or elsewhere, stays where it is', async () => {
    const made = await connected({ isClustered: true })
    await within(made.session.stop())
    expect(await within(made.session.handOver())).toBe(false)
    expect(made.session.snapshot.reason).toBe('stopped')

    const handed = await connected({ isClustered: true })
    await within(handed.session.handOver())
    expect(await within(handed.session.handOver())).toBe(false)
  })

  it('a lease that cannot be given back is told, and given back later', async () => {
    const made = await connected({ isClustered: true })
    made.store.before = ({ verb }) => {
      if (verb === 'release') throw new Error('the engine is down')
    }
    expect(await within(made.session.handOver())).toBe(false)
    expect([made.session.isRunning, made.baileys.lastSocket?.isDestroyed, await ownerOf(made)]).toEqual([false, true, 'here'])
    expect(made.errors).toContain('STORE_UNAVAILABLE')
    made.store.before = () => undefined
    await pass(6000)
    expect(await ownerOf(made)).toBeNull()
  })

  it('writes that are not finished in time are told, and the socket is closed all the same', async () => {
    const made = await connected({ isClustered: true })
    const held = deferred()
    made.store.before = ({ verb }) => (verb === 'write' ? held.promise : undefined)
    made.baileys.lastSocket?.updateCreds({ accountSyncCounter: 9 })
    await pass(10)
    expect(await within(made.session.handOver())).toBe(false)
    expect([made.baileys.lastSocket?.isDestroyed, await ownerOf(made)]).toEqual([true, null])
    held.resolve()
  })
})
