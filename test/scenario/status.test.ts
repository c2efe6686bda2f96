import { describe, expect, it } from 'vitest'
import { deferred, never } from '../support/deferred.js'
import { inFakeTime, pass, refusing, scenario, silent, within } from '../support/scenario.js'

inFakeTime()

const readsOfCreds = ({ store }: ReturnType<typeof scenario>): number =>
  store.calls.filter(({ verb, keys }) => verb === 'read' && keys.some(({ type }) => type === 'creds')).length

describe('invariant 8: getStatus', () => {
  it('invariant 8: 1,000 concurrent calls cause one look-up, one restore and one dial', async () => {
    const made = scenario()
    await made.store.seed('shop', { phone: '49151000001' })
    const asking = Array.from({ length: 1000 }, () => made.sessions.getStatus('shop'))
    const snapshots = await within(Promise.all(asking))
    expect(new Set(snapshots.map(({ status }) => status))).toEqual(new Set(['connecting']))
    expect(snapshots[0]).toMatchObject({ message: 'Restoring connection from saved session...', reason: 'restoring', isConnected: false })
    await pass(1000)
    expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'connected', isConnected: true, phoneNumber: '49151000001' })
    expect(made.baileys.sockets).toHaveLength(1)
    // One by those who asked, one by the restore itself, under its lease.
    expect(readsOfCreds(made)).toBe(2)
    expect(made.store.count('acquire')).toBe(1)
    expect(made.events('restored')).toHaveLength(1)
  })

  it('invariant 8: a look alone is one look-up, and starts nothing', async () => {
    const made = scenario({ restoreOnStatus: false })
    await made.store.seed('shop', { phone: '49151000001' })
    const snapshots = await within(Promise.all(Array.from({ length: 1000 }, () => made.sessions.getStatus('shop'))))
    expect(snapshots[0]).toMatchObject({ status: 'disconnected', reason: 'not_running', phoneNumber: '49151000001', isLocal: true, owner: null })
    await pass(60_000)
    expect([readsOfCreds(made), made.baileys.sockets.length, made.store.count('acquire'), made.store.count('write')]).toEqual([1, 0, 0, 0])
  })

  it('invariant 8: the call decides over the option', async () => {
    const made = scenario({ restoreOnStatus: false })
    await made.store.seed('shop')
    expect(await within(made.sessions.getStatus('shop', { restore: true }))).toMatchObject({ status: 'connecting' })
    const other = scenario()
    await other.store.seed('shop')
    expect(await within(other.sessions.getStatus('shop', { restore: false }))).toMatchObject({ status: 'disconnected', reason: 'not_running' })
  })

  it('invariant 8: an unknown id is looked up each time, and remembered nowhere', async () => {
    const made = scenario()
    for (let time = 0; time < 3; time += 1)
      expect(await within(made.sessions.getStatus('nobody'))).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
    expect(readsOfCreds(made)).toBe(3)
    expect(await within(made.sessions.getStatuses())).toEqual([])
    expect([made.store.count('write'), made.store.count('acquire'), made.told.length, await made.repository.findAll()]).toEqual([0, 0, 0, []])
  })

  it.each([
    ['logged out', { loggedOutAt: new Date() }, 'logged_out', 'logged_out'],
    ['stopped', { desired: 'stopped' }, 'disconnected', 'stopped'],
    ['restricted', { verdict: { kind: 'restricted', until: null } }, 'failed', 'restricted'],
  ] as const)('invariant 8: one remembered as %s is not revived', async (_name, lifecycle, status, reason) => {
    const made = scenario()
    await made.store.seed('shop', {}, lifecycle)
    expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status, reason })
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(0)
  })

  it.each([
    [401, 'logged_out', 'logged_out'],
    [403, 'failed', 'restricted'],
    [411, 'failed', 'multi_device_mismatch'],
  ])('invariant 8: one that the server ended with %i is not revived', async (code, status, reason) => {
    const made = scenario({ script: refusing(code) })
    await made.store.seed('shop')
    await within(made.sessions.restoreSession('shop'))
    for (let time = 0; time < 3; time += 1) {
      expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status, reason })
      await pass(30_000)
    }
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('invariant 8: one that was stopped is not revived', async () => {
    const made = scenario()
    await made.store.seed('shop')
    await within(made.sessions.restoreSession('shop'))
    await within(made.sessions.stop('shop'))
    expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('invariant 8: one that failed before it could read anything is not revived when the store is back, but restored and connected when that is asked for', async () => {
    for (const verb of ['restoreSession', 'connect'] as const) {
      const made = scenario({ retry: { maxRetries: 0 }, reconnect: { jitter: 'none', maxRetries: 1 } })
      await made.store.seed('shop')
      made.store.before = ({ verb: called }) => {
        if (called === 'read') throw new Error('EMFILE')
      }
      await within(made.sessions.restoreSession('shop'))
      await pass(30_000)
      made.store.before = () => undefined
      for (let time = 0; time < 3; time += 1) {
        expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status: 'failed', reason: 'storage_unavailable' })
        await pass(30_000)
      }
      expect(made.baileys.sockets).toHaveLength(0)
      await within<unknown>(made.sessions[verb]('shop'))
      expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'connected' })
    }
  })

  it('invariant 8: the end of one session does not make a look at another one look twice', async () => {
    const made = scenario({ restoreOnStatus: false })
    for (const id of ['shop', 'other']) await made.store.seed(id)
    const held = deferred()
    made.store.before = ({ verb, sessionId }) => (verb === 'owner' && sessionId === 'shop' ? held.promise : undefined)
    const looking = made.sessions.getStatus('shop')
    await pass(10)
    await within(made.sessions.stop('other'))
    held.resolve()
    expect(await within(looking)).toMatchObject({ status: 'disconnected', reason: 'not_running' })
    expect(made.store.count('read', 'shop')).toBe(1)
  })

  it('invariant 8: reconnecting is left to its timer', async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 30_000 } })
    await made.store.seed('shop')
    await within(made.sessions.restoreSession('shop'))
    made.script = silent
    await made.socket().close(428)
    for (let time = 0; time < 10; time += 1) {
      expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'connection_lost', attempt: 1 })
      await pass(2900)
    }
    expect(made.baileys.sockets).toHaveLength(1)
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(2)
  })

  it('asks neither store nor repository for a session that runs', async () => {
    const made = scenario()
    await made.store.seed('shop')
    await within(made.sessions.restoreSession('shop'))
    const before = made.store.calls.length
    await Promise.all(Array.from({ length: 100 }, () => made.sessions.getStatus('shop')))
    expect(made.store.calls).toHaveLength(before)
  })

  it('does not wait for the network, nor long for a repository', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('shop')
    made.repository.find = () => never()
    const startedAt = Date.now()
    expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status: 'connecting' })
    expect(Date.now() - startedAt).toBeLessThanOrEqual(500)
  })

  it('a store that cannot be asked is told as such, and not as a session that was never paired', async () => {
    const made = scenario()
    await made.store.seed('shop')
    made.store.before = () => {
      throw new Error('EMFILE')
    }
    expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status: 'disconnected', reason: 'storage_unavailable' })
  })

  it('shows corrupt credentials, and changes nothing', async () => {
    const made = scenario()
    await made.store.inner.write('shop', [{ type: 'creds', id: '', value: '{"noiseKey":' }])
    expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status: 'failed', reason: 'credentials_corrupt' })
    await pass(60_000)
    expect([await made.store.text('shop', 'creds'), made.store.count('write'), made.baileys.sockets.length]).toEqual(['{"noiseKey":', 0, 0])
  })

  it('remembers a logout by the repository, when nothing is stored any more', async () => {
    const made = scenario()
    await made.repository.save('shop', { status: 'logged_out', reason: 'logged_out' })
    expect(await within(made.sessions.getStatus('shop'))).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
  })
})

describe('getStatuses', () => {
  it('tells of every session, stored, running or recorded, each once; and starts nothing', async () => {
    const made = scenario()
    await made.store.seed('stored')
    await made.store.seed('running')
    await made.store.seed('stopped', {}, { desired: 'stopped' })
    await made.repository.save('recorded', { status: 'connected' })
    await made.store.inner.write('corrupt', [{ type: 'creds', id: '', value: '{' }])
    await within(made.sessions.restoreSession('running'))
    const statuses = await within(made.sessions.getStatuses())
    expect(Object.fromEntries(statuses.map(({ sessionId, status, reason }) => [sessionId, [status, reason]]))).toEqual({
      stored: ['disconnected', 'not_running'],
      running: ['connected', null],
      stopped: ['disconnected', 'stopped'],
      recorded: ['disconnected', 'never_paired'],
      corrupt: ['failed', 'credentials_corrupt'],
    })
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('looks at no more than a few at once', async () => {
    const made = scenario()
    for (let index = 0; index < 50; index += 1) await made.store.seed(`s${index}`)
    let [looking, most] = [0, 0]
    made.store.before = async ({ verb }) => {
      if (verb !== 'read') return
      most = Math.max(most, ++looking)
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
      looking -= 1
    }
    expect(await within(made.sessions.getStatuses())).toHaveLength(50)
    expect(most).toBeLessThanOrEqual(16)
  })

  it('rejects when the store cannot list its sessions', async () => {
    const made = scenario()
    made.store.before = () => {
      throw new Error('EACCES')
    }
    await expect(made.sessions.getStatuses()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('a status while something is under way', () => {
  it('goes through connecting and pairing to connected, with the right words', async () => {
    const made = scenario()
    const held = deferred()
    made.store.before = () => held.promise
    const connecting = made.sessions.connect('shop')
    expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'connecting', reason: 'starting' })
    held.resolve()
    expect(await within(connecting)).toMatchObject({ status: 'pairing', reason: null, qr: 'the-qr' })
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass()
    expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'connecting', reason: 'restart_required' })
    await made.socket().close(515)
    await pass(10)
    expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'connected', reason: null, phoneNumber: '49151000001' })
    expect(made.statuses()).toEqual(['connecting starting', 'pairing', 'connecting restart_required', 'connected'])
  })
})

describe('a session that was just refused for good', () => {
  it('is not taken for one that runs elsewhere while its own lease is still being given back', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.store.before = ({ verb }) =>
      verb === 'release'
        ? new Promise((resolve) => {
            setTimeout(resolve, 100)
          })
        : undefined
    const find = made.repository.find.bind(made.repository)
    made.repository.find = async (sessionId) => {
      await new Promise((resolve) => {
        setTimeout(resolve, 400)
      })
      return find(sessionId)
    }
    await made.socket().close(401)
    await pass(50)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out', isLocal: true })
  })
})

describe('a snapshot', () => {
  it("is the caller's own: what a caller or a listener does to it reaches nobody else", async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 5000 } })
    await made.store.seed('s')
    const metadata = { plan: 'pro', tags: ['a'] }
    made.sessions.on('status', (event) => {
      event.since.setTime(0)
      event.nextRetryAt?.setTime(0)
    })
    await within(made.sessions.connect('s', { metadata }))
    await pass(1000)
    await made.socket().close(428)
    await pass(1)
    const before = await within(made.sessions.getStatus('s'))
    const untouched = structuredClone(before)
    expect(untouched).toMatchObject({ status: 'reconnecting', metadata: { plan: 'pro', tags: ['a'] } })
    expect(untouched.since.getTime()).toBeGreaterThan(0)
    for (const date of [before.since, before.nextRetryAt, before.lastDisconnect?.at]) date?.setTime(1)
    if (before.lastDisconnect !== undefined) before.lastDisconnect.cause = 'restricted'
    metadata.tags.push('b')
    expect(() => {
      ;(before.metadata?.['tags'] as string[]).push('c')
    }).toThrow(TypeError)
    expect(() => {
      Object.assign(before.metadata ?? {}, { plan: 'free' })
    }).toThrow(TypeError)
    expect(await within(made.sessions.getStatus('s'))).toEqual(untouched)
  })

  it('of a session at rest has the same since at each look: of a logout its time, else when the manager was made', async () => {
    const loggedOutAt = new Date(Date.now() - 3_600_000)
    const made = scenario()
    const madeAt = new Date()
    await made.store.seed('idle')
    await made.store.seed('gone', {}, { loggedOutAt })
    await pass(1000)
    const since = async (id: string): Promise<Date> => (await within(made.sessions.getStatus(id, { restore: false }))).since
    expect([await since('idle'), await since('gone'), await since('nobody')]).toEqual([madeAt, loggedOutAt, madeAt])
    await pass(1000)
    expect(await since('idle')).toEqual(madeAt)
  })
})
