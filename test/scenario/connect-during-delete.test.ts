import { describe, expect, it } from 'vitest'
import { deferred } from '../support/deferred.js'
import { codeOf, inFakeTime, pass, scenario, type Scenario, within } from '../support/scenario.js'

inFakeTime()

describe('connect while the session is being deleted', () => {
  /** A session that was connected, and lost its socket once. */
  async function tenant(): Promise<Scenario> {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 1 } })
    await made.store.seed('s', { phone: '49151000001' })
    await within(made.sessions.connect('s', { metadata: { tenant: 'old' } }))
    await within(made.sessions.waitUntilConnected('s'))
    await made.socket().close(428)
    await pass(10)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', lastDisconnect: { code: 428 }, metadata: { tenant: 'old' } })
    return made
  }

  it.each([
    [{ tenant: 'new' }, { tenant: 'new' }],
    [undefined, undefined],
  ])('waits for it, then begins anew: nothing of the old tenant is left (metadata %j)', async (metadata, shown) => {
    const made = await tenant()
    made.store.before = ({ verb }) =>
      verb === 'delete'
        ? new Promise((resolve) => {
            setTimeout(resolve, 1000)
          })
        : undefined
    const gone = made.sessions.delete('s')
    const [status] = await within(Promise.all([made.sessions.connect('s', { metadata }), gone]))
    expect(status).toMatchObject({ status: 'pairing' })
    expect([status.metadata, status.lastDisconnect, status.phoneNumber]).toEqual([shown, undefined, undefined])
    await pass(1000)
    const row = await made.repository.find('s')
    expect([row?.status, row?.metadata ?? {}, row?.lastDisconnect ?? null, row?.phoneNumber ?? null]).toEqual(['pairing', shown ?? {}, null, null])
    expect(await made.sessions.getStatus('s')).not.toHaveProperty('lastDisconnect')
    const [old, fresh] = [made.events('socket').at(0), made.events('socket').at(-1)]
    expect(fresh?.shared).not.toBe(old?.shared)
    expect(Object.keys(await made.store.dump('s'))).toEqual(['lifecycle/'])
  })

  it.each([
    ['stop', 'of a tenant', tenant],
    ['stop', 'that nobody knows', scenario],
    ['logout', 'that nobody knows', scenario],
  ] as const)('does not outlive a %s that was called after it, of an id %s (invariant 4)', async (verb, _whose, make) => {
    const made = await make()
    made.store.before = ({ verb: asked }) =>
      asked === 'acquire' || asked === 'delete'
        ? new Promise((resolve) => {
            setTimeout(resolve, 1000)
          })
        : undefined
    await within(Promise.allSettled([made.sessions.delete('s'), made.sessions.connect('s'), made.sessions[verb]('s')]))
    const dials = made.baileys.sockets.length
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(dials)
    expect(made.baileys.sockets.filter((socket) => !socket.isDestroyed)).toEqual([])
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })

  it('goes on with what is there when nothing could be deleted', async () => {
    const made = await tenant()
    made.store.before = ({ verb }) => {
      if (verb === 'delete') throw new Error('EROFS')
    }
    const [code] = await within(Promise.all([codeOf(made.sessions.delete('s')), made.sessions.connect('s')]))
    expect(code).toBe('STORE_UNAVAILABLE')
    await within(made.sessions.waitUntilConnected('s'))
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000001', metadata: { tenant: 'old' } })
  })

  it('is released by its signal, and then begins nothing', async () => {
    const made = await tenant()
    const held = deferred()
    made.store.before = ({ verb }) => (verb === 'delete' ? held.promise : undefined)
    const caller = new AbortController()
    const gone = made.sessions.delete('s')
    const connecting = made.sessions.connect('s', { metadata: { tenant: 'new' }, signal: caller.signal }).catch((error: unknown) => error)
    await pass(10)
    caller.abort(new Error('no longer'))
    expect(await within(connecting)).toMatchObject({ message: 'no longer' })
    held.resolve()
    await within(gone)
    await pass(1000)
    expect([await made.repository.find('s'), await within(made.sessions.getStatuses())]).toEqual([null, []])
  })
})
