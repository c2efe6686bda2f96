import { describe, expect, it, vi } from 'vitest'
import { decodeAuthValue } from '../../src/auth/auth-codec.js'
import { deferred, never } from '../support/deferred.js'
import { codeOf, expectConnected, inFakeTime, pass, scenario, type Scenario, within } from '../support/scenario.js'
import { failWith, hang } from '../support/store-outages.js'
import type { StoreVerb } from '../support/watched-session-store.js'

inFakeTime()

const STORE_TIMEOUT_MS = 15_000

const alive = ({ baileys }: Scenario): number => baileys.sockets.filter((socket) => !socket.isDestroyed).length
const errorCodes = (made: Scenario): string[] => made.events('error').map(({ error }) => error.code)

describe('invariant 7: a store that hangs when a session starts', () => {
  it.each<StoreVerb>(['acquire', 'read'])(
    'invariant 7: %s hangs: told at its deadline, no dial, connected when it is back; other sessions notice nothing',
    async (verb) => {
      const made = scenario()
      await made.store.seed('s')
      await made.store.seed('other', { phone: '49151000002' })
      const back = hang(made, verb)
      const restoring = made.sessions.connect('s')
      const startedAt = Date.now()
      expect(await within(made.sessions.restoreSession('other'))).toMatchObject({ outcome: 'restored' })
      expect(Date.now() - startedAt).toBeLessThan(1000)
      expect(await within(restoring)).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
      expect(Date.now() - startedAt).toBe(STORE_TIMEOUT_MS)
      expect(errorCodes(made)).toContain('STORE_TIMEOUT')
      await pass(120_000)
      expect(made.baileys.sockets).toHaveLength(1)
      await expectConnected(made, 'other')
      back()
      await pass(80_000)
      await expectConnected(made)
      expect(made.events('disconnected')).toEqual([])
    },
  )

  it('invariant 7: a restore answers within the deadlines of its retries, and goes on by itself', async () => {
    const made = scenario()
    await made.store.seed('s')
    made.store.before = ({ verb }) => (verb === 'acquire' ? never() : undefined)
    const result = await within(made.sessions.restoreSession('s'))
    expect(result).toMatchObject({ outcome: 'retrying', reason: 'storage_unavailable', error: { code: 'STORE_TIMEOUT' } })
    expect(result.durationMs).toBe(4 * STORE_TIMEOUT_MS + 1000 + 2000 + 4000)
    made.store.before = () => undefined
    await pass(30_000)
    await expectConnected(made)
  })

  it('invariant 7: a store that fails is probed with a back-off that has a cap, and never given up', async () => {
    const made = scenario()
    await made.store.seed('s')
    const back = failWith(made, 'EMFILE', 'read')
    void made.sessions.connect('s')
    await pass(600_000)
    const probes = made.store.calls.filter(({ verb }) => verb === 'read').length
    expect(probes).toBeGreaterThan(10)
    // Each probe of a session that may have to be paired reads twice.
    expect(probes).toBeLessThan(2 * 20)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    back()
    await pass(60_000)
    await expectConnected(made)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('a slow store is no store that fails', async () => {
    const made = scenario()
    await made.store.seed('s')
    made.store.before = () =>
      new Promise((resolve) => {
        setTimeout(resolve, 14_000)
      })
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    expect([made.baileys.sockets.length, errorCodes(made)]).toEqual([1, []])
  })

  it('a pairing does not begin on a store that cannot be written: an error before any QR code', async () => {
    const made = scenario()
    failWith(made, 'EROFS: read-only file system', 'write')
    await expect(within(made.sessions.connect('s'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('EROFS') })
    await pass(60_000)
    expect([made.events('qr'), made.baileys.sockets.length]).toEqual([[], 0])
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected' })
  })
})

describe('invariant 7: a store that fails under a session that is connected', () => {
  it('invariant 7: a write that hangs: one new socket, not before the store is back, and what is stored is read again', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const old = made.socket()
    const back = hang(made, 'write', 'read')
    old.updateCreds({ accountSyncCounter: 5 })
    await pass(STORE_TIMEOUT_MS + 2000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    expect([old.isDestroyed, made.sessions.getSocket('s'), errorCodes(made)[0]]).toEqual([true, undefined, 'STORE_TIMEOUT'])
    await pass(300_000)
    expect(made.baileys.sockets).toHaveLength(1)
    back()
    await pass(80_000)
    await expectConnected(made)
    expect([made.baileys.sockets.length, alive(made)]).toEqual([2, 1])
  })

  it('invariant 7: a write that lands after its deadline is fenced off: it cannot undo what came later', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const held = deferred()
    let isHeld = false
    made.store.before = ({ verb }) => {
      if (verb !== 'write' || isHeld) return
      isHeld = true
      return held.promise
    }
    made.socket().updateCreds({ accountSyncCounter: 5 })
    await pass(60_000)
    await expectConnected(made)
    expect(made.baileys.sockets).toHaveLength(2)
    made.socket().updateCreds({ accountSyncCounter: 77 })
    await pass(10)
    held.resolve()
    await pass(1000)
    expect(decodeAuthValue((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ accountSyncCounter: 77 })
    await expectConnected(made)
  })

  it('invariant 7: a read that hangs costs one new socket, and never the hearing', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.store.inner.write('s', [{ type: 'lid-mapping', id: 'a', value: '"b"' }])
    await within(made.sessions.restoreSession('s'))
    const back = hang(made, 'read')
    const reads = Promise.allSettled(Array.from({ length: 5 }, async () => made.socket().config.auth.keys.get('lid-mapping', ['a'])))
    await pass(STORE_TIMEOUT_MS + 1000)
    back()
    expect((await within(reads)).map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    await pass(120_000)
    await expectConnected(made)
    expect(made.baileys.sockets).toHaveLength(2)
    expect(await made.socket().config.auth.keys.get('lid-mapping', ['a'])).toEqual({ a: 'b' })
  })

  it('invariant 7: a write that fails for a moment is tried again, and costs nothing', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const back = failWith(made, 'EBUSY', 'write')
    made.socket().updateCreds({ accountSyncCounter: 5 })
    await pass(50)
    back()
    await pass(1000)
    expect(decodeAuthValue((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ accountSyncCounter: 5 })
    expect([made.baileys.sockets.length, errorCodes(made)]).toEqual([1, []])
  })

  it('invariant 7: a write that goes on failing is told, and the session comes back once it can be made', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.store.seed('other', { phone: '49151000002' })
    await within(Promise.all([made.sessions.restoreSession('s'), made.sessions.restoreSession('other')]))
    const socket = made.baileys.sockets.find(({ phoneNumber }) => phoneNumber !== '49151000002')
    const back = failWith(made, 'ENOSPC', 'write', 'read')
    socket?.updateCreds({ accountSyncCounter: 5 })
    await pass(20_000)
    expect(errorCodes(made)).toContain('STORE_UNAVAILABLE')
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    await expectConnected(made, 'other')
    back()
    await pass(60_000)
    await expectConnected(made)
    expect(made.baileys.sockets).toHaveLength(3)
  })

  it('invariant 7: waiting for a store starts no storm of dials', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    failWith(made, 'ENOSPC', 'write')
    made.socket().updateCreds({ accountSyncCounter: 5 })
    await pass(600_000)
    // It can be read, so it is dialled; what cannot be stored ends it again. The back-off goes on growing.
    expect(made.baileys.sockets.length).toBeLessThan(20)
    expect(made.events('connected')).toHaveLength(1)
  })
})

describe('invariant 7: a lock that fails', () => {
  it('invariant 7: a lease that comes after its deadline is given back', async () => {
    const made = scenario()
    await made.store.seed('s')
    const held = deferred()
    let isFirst = true
    made.store.before = ({ verb }) => {
      if (verb !== 'acquire' || !isFirst) return
      isFirst = false
      return held.promise
    }
    void made.sessions.connect('s')
    await pass(STORE_TIMEOUT_MS + 500)
    held.resolve()
    await pass(60_000)
    await expectConnected(made)
    await within(made.sessions.close())
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })

  it('invariant 7: a lease that cannot be given back is told, kept, and used again', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const back = failWith(made, 'EACCES', 'release')
    await within(codeOf(made.sessions.stop('s')))
    expect(errorCodes(made)).toEqual(['STORE_UNAVAILABLE'])
    back()
    await within(made.sessions.connect('s'))
    await pass(10)
    await expectConnected(made)
    await within(made.sessions.stop('s'))
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })
})

describe('the report of close', () => {
  it('counts a session as not drained when its last write was refused', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    failWith(made, 'ENOSPC', 'write')
    made.socket().updateCreds({ accountSyncCounter: 5 })
    expect(await within(made.sessions.close())).toEqual({ closed: [], notDrained: ['s'] })
  })
})

describe('a key that could not be read', () => {
  it('invariant 4: a read that waits to be made again leaves no timer and makes no call after close', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.store.before = ({ verb }) => {
      if (verb === 'read') throw new Error('EMFILE')
    }
    const read = (): Promise<string> => codeOf(Promise.resolve(made.socket().config.auth.keys.get('session', ['x'])))
    const first = read()
    await pass(550)
    const second = read()
    await pass(51)
    await made.sessions.close()
    const reads = made.store.count('read')
    expect(vi.getTimerCount()).toBe(0)
    await pass(1000)
    expect(made.store.count('read')).toBe(reads)
    await Promise.all([first, second])
  })
})

describe('a look while the store is down', () => {
  it('promises no attempt that nobody makes; the next look after the outage restores', async () => {
    const made = scenario()
    await made.store.seed('s')
    made.store.before = () => {
      throw new Error('ECONNREFUSED')
    }
    const look = await within(made.sessions.getStatus('s'))
    expect(look).toMatchObject({
      status: 'disconnected',
      reason: 'storage_unavailable',
      message: 'The session store could not be reached. Connect again once it is back.',
    })
    expect(look).not.toHaveProperty('nextRetryAt')
    made.store.before = () => undefined
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connecting', reason: 'restoring' })
  })
})
