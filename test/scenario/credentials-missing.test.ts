import { describe, expect, it } from 'vitest'
import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import type { ConnectionRecord } from '../../src/index.js'
import { codeOf, inFakeTime, pass, refusing, scenario, type Scenario, silent, welcoming, within } from '../support/scenario.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

const MISSING = { status: 'failed', reason: 'credentials_missing' }

/** Somebody removes all that is stored of a session, past the library. */
async function wipe({ store }: Scenario, sessionId = 's'): Promise<void> {
  // Newer than any token that the lock has handed out.
  await store.inner.delete(sessionId, { fencingToken: Number.MAX_SAFE_INTEGER })
}

const errors = (made: Scenario): string[] => made.events('error').map(({ error }) => error.code)

/** A session that is connected, and then loses everything that is stored of it. */
async function wiped(options: Parameters<typeof scenario>[0] = {}): Promise<Scenario> {
  const made = scenario(options)
  await made.store.seed('s', { phone: '49151000001' })
  await within(made.sessions.restoreSession('s'))
  await pass(10)
  await wipe(made)
  return made
}

/** A repository that tells nothing: as if there was none. */
function forgetful(): MemoryConnectionRepository {
  const repository = new MemoryConnectionRepository()
  repository.find = () => Promise.resolve(null)
  repository.findAll = () => Promise.resolve([])
  return repository
}

/** A manager on an empty store whose repository has a row. */
async function recorded(row: Partial<ConnectionRecord>): Promise<Scenario> {
  const made = scenario()
  await made.repository.save('s', row)
  return made
}

describe('invariant 3: credentials that vanish while the session runs', () => {
  it('are told as missing at the next reconnect: no QR, no new identity', async () => {
    const made = await wiped()
    await made.socket().close(428)
    await pass(60_000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ ...MISSING, phoneNumber: '49151000001' })
    expect(errors(made)).toEqual(['CREDENTIALS_MISSING'])
    expect([made.baileys.sockets.length, made.events('qr')]).toEqual([1, []])
    expect(await made.repository.find('s')).toMatchObject({ ...MISSING, phoneNumber: '49151000001' })
    expect(await made.store.dump('s')).toEqual({})
  })

  it('are told without a repository, too', async () => {
    const made = await wiped({ repository: forgetful() })
    await made.socket().close(428)
    await pass(60_000)
    expect(await made.sessions.getStatus('s')).toMatchObject(MISSING)
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'credentials_missing' })
  })

  it('stay missing, whoever asks, until a person connects', async () => {
    const made = await wiped()
    await made.socket().close(428)
    await pass(60_000)
    const error = { code: 'CREDENTIALS_MISSING' }
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'credentials_missing', error })
    expect(await within(made.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'failed', reason: 'credentials_missing' })
    expect((await within(made.sessions.restoreAll())).failed).toMatchObject([{ sessionId: 's', reason: 'credentials_missing', error }])
    expect(await within(codeOf(made.sessions.waitUntilConnected('s')))).toBe('CREDENTIALS_MISSING')
    for (let poll = 0; poll < 5; poll += 1) expect(await within(made.sessions.getStatus('s'))).toMatchObject(MISSING)
    await within(made.sessions.stop('s'))
    expect(await within(made.sessions.getStatus('s'))).toMatchObject(MISSING)
    expect(errors(made)).toEqual(['CREDENTIALS_MISSING'])
    expect([made.baileys.sockets.length, made.events('qr')]).toEqual([1, []])
  })

  it('are linked anew by connect, and the error comes before the QR', async () => {
    const made = await wiped()
    await made.socket().close(428)
    await pass(60_000)
    made.told.length = 0
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing', qr: 'the-qr' })
    expect(made.told.map(({ name }) => name).filter((name) => name === 'error' || name === 'qr')).toEqual(['error', 'qr'])
    made.socket().pairSuccess({ phone: '49151000002' })
    await made.socket().close(515)
    await pass(5000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000002' })
    expect(await made.repository.find('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000002' })
  })

  it('are no longer missing once a person has begun a pairing, in this process or the next', async () => {
    const made = await wiped()
    await made.socket().close(428)
    await pass(60_000)
    await within(made.sessions.connect('s'))
    await made.socket().expireQr()
    await pass(1000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'disconnected', reason: 'pairing_expired' })
    await within(made.sessions.close())
    const next = scenario({ store: made.store, repository: made.repository })
    expect(await within(next.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
    expect(errors(next)).toEqual([])
  })

  it('are back once they are put back', async () => {
    const made = await wiped()
    await made.socket().close(428)
    await pass(60_000)
    await made.store.seed('s')
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
  })

  it('are missing from the moment on in which the phone was linked', async () => {
    const made = scenario({ repository: forgetful() })
    await within(made.sessions.connect('s'))
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(10)
    await wipe(made)
    await made.socket().close(515)
    await pass(60_000)
    expect(await made.sessions.getStatus('s')).toMatchObject(MISSING)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('are missing, too, when the store had remembered a logout that a dial has proved wrong', async () => {
    const made = scenario({ repository: forgetful() })
    await made.store.seed('s', {}, { loggedOutAt: new Date() })
    expect(await within(made.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'restored' })
    await pass(10)
    await wipe(made)
    await made.socket().close(428)
    await pass(60_000)
    expect(await made.sessions.getStatus('s')).toMatchObject(MISSING)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('are found missing by whoever takes the session over', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.repository.save('s', { status: 'connected', phoneNumber: '49151000001', owner: 'another process' })
    const lease = await made.store.inner.lock.acquire('s')
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ reason: 'owned_elsewhere' })
    await wipe(made)
    await lease?.release()
    await pass(20_000)
    expect(await made.sessions.getStatus('s')).toMatchObject(MISSING)
    expect([errors(made), made.baileys.sockets]).toEqual([['CREDENTIALS_MISSING'], []])
  })
})

describe('invariant 3: credentials that are missing at a start', () => {
  it.each(['connected', 'connecting', 'reconnecting', 'disconnected', 'failed'] as const)('of a row that is %s, with a phone number', async (status) => {
    const made = await recorded({ status, phoneNumber: '49151000001', owner: 'long gone' })
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ ...MISSING, phoneNumber: '49151000001', isLocal: true })
    expect(await within(made.sessions.getStatus('s'))).toMatchObject(MISSING)
    expect(await within(made.sessions.getStatuses())).toMatchObject([MISSING])
    expect(errors(made)).toEqual(['CREDENTIALS_MISSING'])
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'credentials_missing' })
    expect((await within(made.sessions.restoreAll())).failed).toMatchObject([{ sessionId: 's', reason: 'credentials_missing' }])
    await pass(10)
    expect(await made.repository.find('s')).toMatchObject({ ...MISSING, owner: null, phoneNumber: '49151000001' })
    expect([made.baileys.sockets, await made.store.dump('s')]).toEqual([[], {}])
  })

  it('are linked anew by connect, and the error comes before the QR', async () => {
    const made = await recorded({ status: 'connected', phoneNumber: '49151000001' })
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing', qr: 'the-qr' })
    expect(made.told.map(({ name }) => name).filter((name) => name === 'error' || name === 'qr')).toEqual(['error', 'qr'])
    expect(errors(made)).toEqual(['CREDENTIALS_MISSING'])
  })

  it('do not keep the QR waiting for a repository that hangs', async () => {
    const made = scenario()
    made.repository.find = () => new Promise(() => undefined)
    const startedAt = Date.now()
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    expect(Date.now() - startedAt).toBeLessThanOrEqual(1000)
    await pass(20_000)
  })

  it.each([
    ['is logged out', { status: 'logged_out', phoneNumber: '49151000001' }],
    ['has no phone number', { status: 'connected', phoneNumber: null }],
  ] as const)('are none where the row %s', async (_name, row) => {
    const made = await recorded(row)
    expect(await within(made.sessions.getStatus('s'))).not.toMatchObject(MISSING)
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped', reason: 'never_paired' })
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    expect(errors(made)).toEqual([])
  })

  it('are none while another process runs the session: it may be linking a phone', async () => {
    const made = await recorded({ status: 'pairing', phoneNumber: '49151000001' })
    await made.store.inner.lock.acquire('s')
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'owned_elsewhere' })
    expect(errors(made)).toEqual([])
  })
})

describe('what a person has ended on purpose has no credentials missing', () => {
  it.each(['logout', 'delete'] as const)('after %s', async (verb) => {
    const made = scenario()
    await made.store.seed('s', { phone: '49151000001' })
    await within(made.sessions.restoreSession('s'))
    await within<unknown>(made.sessions[verb]('s'))
    await pass(1000)
    const expected = verb === 'logout' ? { status: 'logged_out' } : { status: 'disconnected', reason: 'never_paired' }
    expect(await within(made.sessions.getStatus('s'))).toMatchObject(expected)
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped' })
    await within(made.sessions.connect('s'))
    await within(made.sessions.close())
    const next = scenario({ store: made.store, repository: made.repository })
    expect(await within(next.sessions.getStatus('s'))).not.toMatchObject(MISSING)
    expect([errors(made), errors(next)]).toEqual([[], []])
  })

  it('after a logout, though the repository could not be told', async () => {
    const made = scenario()
    await made.store.seed('s', { phone: '49151000001' })
    await within(made.sessions.restoreSession('s'))
    await pass(10)
    made.repository.save = () => Promise.reject(new Error('database is down'))
    await within(made.sessions.logout('s'))
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out' })
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped' })
    expect(errors(made)).not.toContain('CREDENTIALS_MISSING')
  })

  it.each(['with', 'without'])('after a logout at the phone, should what is left be removed (%s a repository)', async (kind) => {
    const made = scenario({ script: refusing(401), ...(kind === 'with' ? {} : { repository: forgetful() }) })
    await made.store.seed('s', { phone: '49151000001' })
    await within(made.sessions.restoreSession('s'))
    await pass(10)
    await wipe(made)
    made.script = welcoming
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out' })
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    expect(errors(made)).toEqual([])
  })

  it('after a logout of one whose credentials were missing', async () => {
    const made = await recorded({ status: 'connected', phoneNumber: '49151000001' })
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: false })
    await pass(10)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out' })
    expect(await made.repository.find('s')).toMatchObject({ status: 'logged_out' })
    await within(made.sessions.close())
    const next = scenario({ store: made.store, repository: made.repository })
    expect(await within(next.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out' })
  })

  it('after a logout in another process, in one that had stopped it', async () => {
    const store = new WatchedSessionStore()
    const [one, two] = [scenario({ store, repository: forgetful() }), scenario({ store })]
    await store.seed('s')
    await within(one.sessions.restoreSession('s'))
    await within(one.sessions.stop('s'))
    await within(two.sessions.connect('s'))
    await within(two.sessions.logout('s'))
    expect(await within(one.sessions.getStatus('s'))).not.toMatchObject(MISSING)
    one.script = silent
    expect(await within(one.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped', reason: 'never_paired' })
    expect(errors(one)).toEqual([])
  })
  it('after a logout in another process, in one that had found it there', async () => {
    const store = new WatchedSessionStore()
    const [one, two] = [scenario({ store, repository: forgetful(), script: refusing(411) }), scenario({ store })]
    await store.seed('s')
    expect(await within(one.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'multi_device_mismatch' })
    await within(two.sessions.connect('s'))
    expect(await within(codeOf(one.sessions.connect('s')))).toBe('OWNED_ELSEWHERE')
    await within(two.sessions.logout('s'))
    expect(await within(one.sessions.getStatus('s'))).not.toMatchObject(MISSING)
    await pass(20_000)
    expect(await within(one.sessions.getStatus('s'))).not.toMatchObject(MISSING)
    expect(errors(one)).toEqual([])
  })
})
