import { describe, expect, it } from 'vitest'
import { codeOf, inFakeTime, pass, refusing, scenario, silent, welcoming, within, type Scenario } from '../support/scenario.js'
import { deferred, never } from '../support/deferred.js'

inFakeTime()

async function connected(): Promise<Scenario> {
  const made = scenario()
  await made.store.seed('s', { phone: '49151000001' })
  await within(made.sessions.restoreSession('s'))
  return made
}

async function expectGone(made: Scenario): Promise<void> {
  expect(await made.store.dump('s')).toEqual({})
  expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
  expect(await made.repository.find('s')).toMatchObject({ status: 'logged_out' })
  expect(await made.store.inner.lock.owner('s')).toBeNull()
  expect(made.baileys.sockets.filter((socket) => !socket.isDestroyed)).toEqual([])
}

describe('logout', () => {
  it('unlinks, waits for the answer, then deletes; the row of the repository stays', async () => {
    const made = await connected()
    await made.repository.save('s', { metadata: { shop: 1 } })
    const socket = made.socket()
    const logout = made.sessions.logout('s')
    expect(await within(logout)).toEqual({ unlinked: true })
    expect(socket.sentNodes).toMatchObject([
      { tag: 'iq', content: [{ tag: 'remove-companion-device', attrs: { jid: '49151000001:1@s.whatsapp.net', reason: 'user_initiated' } }] },
    ])
    await expectGone(made)
    expect(made.events('logged-out')).toEqual([{ sessionId: 's', cause: 'intentional_logout' }])
    expect(await made.repository.find('s')).toMatchObject({ metadata: { shop: 1 } })
  })

  it('offline, dials once', async () => {
    const made = scenario()
    await made.store.seed('s')
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: true })
    expect(made.baileys.sockets).toHaveLength(1)
    expect(made.events('connected').length).toBeLessThanOrEqual(1)
    await expectGone(made)
  })

  it.each(['stopped', 'restricted'] as const)('of a session that is %s dials once, too', async (state) => {
    const made = scenario()
    await made.store.seed('s', {}, state === 'stopped' ? { desired: 'stopped' } : { verdict: { kind: 'restricted', until: null } })
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: true })
    await expectGone(made)
  })

  it('offline without a way to WhatsApp dials once, then deletes, and says that nothing was unlinked', async () => {
    const made = scenario({ script: refusing(428) })
    await made.store.seed('s')
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: false })
    expect(made.baileys.sockets).toHaveLength(1)
    await expectGone(made)
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('with requireUnlink deletes nothing unless WhatsApp has confirmed, and goes back to where it was (invariant 2)', async () => {
    const made = scenario({ script: refusing(428) })
    const text = await made.store.seed('s')
    expect(await within(codeOf(made.sessions.logout('s', { requireUnlink: true })))).toBe('UNLINK_FAILED')
    expect(await made.store.text('s', 'creds')).toBe(text)
    expect(await made.store.inner.lock.owner('s')).toBeNull()
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(1)
    const online = await connected()
    online.socket().logoutError = new Error('refused')
    expect(await within(codeOf(online.sessions.logout('s', { requireUnlink: true })))).toBe('UNLINK_FAILED')
    expect(await online.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it.each([
    [401, { unlinked: true }],
    [428, { unlinked: false }],
  ])('that ends the connection with %i instead of an answer comes to %j', async (code, outcome) => {
    const made = await connected()
    const answer = deferred<never>()
    made.socket().answer = () => answer.promise
    made.script = silent
    const logout = made.sessions.logout('s')
    await pass(10)
    void made.socket().close(code)
    // As Baileys does: whoever waits for an answer hears of the end before anybody else.
    answer.reject(new Error('The connection was closed.'))
    expect(await within(logout)).toEqual(outcome)
    await expectGone(made)
    expect(made.events('logged-out')).toEqual([{ sessionId: 's', cause: 'intentional_logout' }])
  })

  it('of a device that is unlinked already counts as unlinked', async () => {
    const made = scenario({ script: refusing(401) })
    await made.store.seed('s')
    expect(await within(made.sessions.logout('s', { requireUnlink: true }))).toEqual({ unlinked: true })
    await expectGone(made)
    expect(made.events('logged-out')).toHaveLength(1)
  })

  it('that is answered by a close with 401 counts as unlinked', async () => {
    const made = await connected()
    const socket = made.socket()
    socket.answer = () => never()
    const logout = made.sessions.logout('s')
    await pass(100)
    void socket.close(401)
    expect(await within(logout)).toEqual({ unlinked: true })
    await expectGone(made)
    expect(made.events('logged-out')).toEqual([{ sessionId: 's', cause: 'intentional_logout' }])
  })

  it('that is never answered ends at its deadline', async () => {
    const made = await connected()
    made.socket().answer = () => never()
    const startedAt = Date.now()
    expect(await within(made.sessions.logout('s', { timeoutMs: 3000 }))).toEqual({ unlinked: false })
    expect(Date.now() - startedAt).toBeLessThanOrEqual(4500)
    await expectGone(made)
  })

  it('while it dials ends at its deadline, too', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    expect(await within(made.sessions.logout('s', { timeoutMs: 3000 }))).toEqual({ unlinked: false })
    await expectGone(made)
  })

  it.each(['nothing', 'a pairing'] as const)('of %s deletes what there is', async (what) => {
    const made = scenario()
    if (what === 'a pairing') await within(made.sessions.connect('s'))
    await within(codeOf(made.sessions.logout('s')))
    expect(await made.store.dump('s')).toEqual({})
    expect(made.baileys.sockets.filter((socket) => !socket.isDestroyed)).toEqual([])
  })

  it('twice at once unlinks once', async () => {
    const made = await connected()
    const [first, second] = await within(Promise.all([made.sessions.logout('s'), codeOf(made.sessions.logout('s'))]))
    expect([first, second]).toEqual([{ unlinked: true }, 'resolved'])
    await expectGone(made)
  })

  it('invariant 2: that the application asks of the socket itself keeps what is stored, across a restart too', async () => {
    const made = await connected()
    await made.socket().writeKeys({ 'lid-mapping': { a: 'b' } })
    const { 'lifecycle/': _before, ...records } = await made.store.dump('s')
    await made.sessions.getSocket('s')?.logout()
    await pass(60_000)
    expect(made.socket().logoutCalls).toBe(1)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    expect(made.events('logged-out')).toEqual([{ sessionId: 's', cause: 'intentional_logout' }])
    await within(made.sessions.close())
    const next = scenario({ store: made.store, repository: made.repository })
    expect(await within(next.sessions.restoreAll())).toMatchObject({ skipped: [{ sessionId: 's', reason: 'logged_out' }] })
    expect(await within(next.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    const { 'lifecycle/': lifecycle, ...kept } = await made.store.dump('s')
    expect([kept, lifecycle]).toEqual([records, expect.stringContaining('"loggedOutAt":"')])
    expect([made.baileys.sockets.length, next.baileys.sockets.length]).toEqual([1, 0])
  })

  it('that cannot delete says so, and does not dial any more (invariant 4)', async () => {
    const made = await connected()
    made.store.before = ({ verb }) => {
      if (verb === 'delete') throw new Error('EROFS')
    }
    expect(await within(codeOf(made.sessions.logout('s')))).toBe('STORE_UNAVAILABLE')
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(1)
    made.store.before = () => undefined
    await within(made.sessions.delete('s'))
    expect(await made.store.dump('s')).toEqual({})
  })

  it('a fresh pairing may follow', async () => {
    const made = await connected()
    await within(made.sessions.logout('s'))
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    made.socket().pairSuccess({ phone: '49151000002' })
    await made.socket().close(515)
    await pass(50)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000002' })
  })
})

describe('stop', () => {
  it('keeps the credentials, and stays across a restart until connect (invariant 2)', async () => {
    const made = await connected()
    await within(made.sessions.stop('s'))
    await within(made.sessions.close())
    const next = scenario({ store: made.store, repository: made.repository })
    expect(await within(next.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    expect(await within(next.sessions.restoreAll())).toMatchObject({ skipped: [{ sessionId: 's', reason: 'stopped' }] })
    expect(next.baileys.sockets).toHaveLength(0)
    await within(next.sessions.connect('s'))
    await pass(10)
    expect(await next.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    await within(next.sessions.close())
    const last = scenario({ store: made.store })
    expect(await within(last.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
  })

  it('that cannot be remembered says so, and holds in this process all the same', async () => {
    const made = await connected()
    made.store.before = ({ verb }) => {
      if (verb === 'write') throw new Error('ENOSPC')
    }
    expect(await within(codeOf(made.sessions.stop('s')))).toBe('STORE_UNAVAILABLE')
    made.store.before = () => undefined
    await pass(60_000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    expect(made.baileys.sockets).toHaveLength(1)
  })
})

describe('delete', () => {
  it('removes what is stored and the row, in any state, as often as one likes (invariant 2)', async () => {
    const made = await connected()
    await within(made.sessions.delete('s'))
    expect([await made.store.dump('s'), await made.repository.find('s')]).toEqual([{}, null])
    await within(made.sessions.delete('s'))
    await within(made.sessions.delete('never-there'))
    await pass(60_000)
    expect(await made.repository.findAll()).toEqual([])
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
    expect(made.socket().sentNodes).toEqual([])
  })

  it('of corrupt credentials is what a person can do about them', async () => {
    const made = scenario({ script: welcoming })
    await made.store.inner.write('s', [{ type: 'creds', id: '', value: '{' }])
    await within(codeOf(made.sessions.connect('s')))
    await within(made.sessions.delete('s'))
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
  })
})
