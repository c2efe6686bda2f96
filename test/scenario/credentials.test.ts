import { describe, expect, it } from 'vitest'
import { encodeAuthValue } from '../../src/auth/auth-codec.js'
import { decodeLifecycle } from '../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { fakeAuthCreds } from '../../src/testing/fake-creds.js'
import { codeOf, inFakeTime, pass, refusing, scenario, silent, welcoming, within } from '../support/scenario.js'

inFakeTime()

const CODES = [400, 401, 402, 403, 405, 406, 408, 409, 411, 419, 428, 429, 440, 500, 503, 515, 516]

describe('invariant 2: credentials outlive every close', () => {
  it.each(CODES)('invariant 2: %i leaves creds and keys as they were, byte for byte', async (code) => {
    const made = scenario({ script: refusing(code) })
    await made.store.seed('s')
    await made.store.inner.write('s', [{ type: 'session', id: 'x', value: '"ratchet"' }])
    const before = await made.store.dump('s')
    await within(codeOf(made.sessions.restoreSession('s')))
    await pass(600_000)
    const { 'lifecycle/': _lifecycle, ...after } = await made.store.dump('s')
    expect(after).toEqual(before)
    expect(made.store.calls.filter(({ verb, replaceAll }) => verb === 'delete' || replaceAll)).toEqual([])
  })

  it('invariant 2: after logged_out they stay until a new pairing has succeeded, and are then replaced in one write', async () => {
    const made = scenario({ script: refusing(401) })
    const old = await made.store.seed('s', { phone: '49151000001' })
    await made.store.inner.write('s', [{ type: 'session', id: 'x', value: '"ratchet"' }])
    await within(made.sessions.restoreSession('s'))
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')?.loggedOutAt).toBeInstanceOf(Date)
    made.script = welcoming
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing', qr: 'the-qr' })
    expect([await made.store.text('s', 'creds'), await made.store.text('s', 'session', 'x')]).toEqual([old, '"ratchet"'])
    await made.socket().expireQr()
    await pass(1000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'disconnected', reason: 'pairing_expired' })
    expect([await made.store.text('s', 'creds'), await made.store.text('s', 'session', 'x')]).toEqual([old, '"ratchet"'])
    await within(made.sessions.connect('s'))
    await made.socket().writeKeys({ 'lid-mapping': { a: 'b' } })
    made.store.calls.length = 0
    made.socket().pairSuccess({ phone: '49151000002' })
    await pass(10)
    expect(made.store.calls.filter(({ verb }) => verb === 'write' || verb === 'delete')).toMatchObject([{ verb: 'write', replaceAll: true }])
    const records = await made.store.dump('s')
    expect(Object.keys(records).sort()).toEqual(['creds/', 'lid-mapping/a', 'lifecycle/'])
    expect(inspectStoredCreds(records['creds/'] ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000002' })
    expect(decodeLifecycle(records['lifecycle/'] ?? '')).toMatchObject({ loggedOutAt: null, desired: 'running' })
  })

  it('invariant 2: a logout at the phone is remembered, so that no restart dials', async () => {
    const made = scenario({ script: refusing(401) })
    await made.store.seed('s')
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped', reason: 'logged_out' })
    expect(await within(next.sessions.getStatus('s'))).toMatchObject({ status: 'logged_out' })
    expect(next.baileys.sockets).toHaveLength(0)
    expect(await within(next.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'restored' })
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')?.loggedOutAt).toBeNull()
  })

  it('invariant 2: a logout that cannot be remembered at once is remembered later', async () => {
    const made = scenario({ script: refusing(401) })
    await made.store.seed('s')
    made.store.before = ({ verb }) => {
      if (verb === 'write') throw new Error('ENOSPC')
    }
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'logged_out' })
    await pass(12_000)
    expect(await made.store.text('s', 'lifecycle')).toBeUndefined()
    expect(made.events('error').map(({ error }) => error.code)).toContain('STORE_UNAVAILABLE')
    made.store.before = () => undefined
    await pass(6000)
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')?.loggedOutAt).toBeInstanceOf(Date)
    expect(made.baileys.sockets).toHaveLength(1)
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })
})

describe('invariant 3: a new identity', () => {
  it('invariant 3: is not made while the store cannot be asked', async () => {
    const made = scenario()
    const before = await made.store.seed('s')
    for (const failure of [
      () => {
        throw new Error('EMFILE')
      },
      () => {
        throw new Error('EACCES')
      },
    ]) {
      made.store.before = ({ verb }) => {
        if (verb === 'read') failure()
      }
      expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
      expect(made.baileys.sockets).toHaveLength(0)
      await within(codeOf(made.sessions.stop('s')))
    }
    made.store.before = () => undefined
    await within(made.sessions.connect('s'))
    await pass(1000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ identity: idOf(before) })
  })

  it.each(['', '{', '[]', '{"noiseKey":1}', '\u0000\u0000'])('invariant 3: is not made over corrupt creds (%j)', async (text) => {
    const made = scenario()
    await made.store.inner.write('s', [
      { type: 'creds', id: '', value: text },
      { type: 'session', id: 'x', value: '"kept"' },
    ])
    const before = await made.store.dump('s')
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'failed', reason: 'credentials_corrupt' })
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({
      outcome: 'failed',
      reason: 'credentials_corrupt',
      error: { code: 'RECORD_CORRUPT' },
    })
    await pass(60_000)
    expect([await made.store.dump('s'), made.baileys.sockets.length]).toEqual([before, 0])
  })

  it('invariant 3: is not stored before the phone has scanned', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    await pass(30_000)
    made.socket().qr('the-second-qr')
    expect(Object.keys(await made.store.dump('s'))).toEqual(['lifecycle/'])
    await made.socket().expireQr()
    await pass(60_000)
    expect(await made.store.text('s', 'creds')).toBeUndefined()
  })

  it('invariant 3: no restore makes one, whatever is stored', async () => {
    const made = scenario()
    await made.store.inner.write('half', [
      { type: 'creds', id: '', value: encodeAuthValue({ ...fakeAuthCreds(), me: { id: '49151000001@s.whatsapp.net', name: '~' } }) },
    ])
    await made.store.inner.write('unpaired', [{ type: 'creds', id: '', value: encodeAuthValue(fakeAuthCreds()) }])
    const before = [await made.store.dump('half'), await made.store.dump('unpaired')]
    expect(await within(made.sessions.restoreSession('half'))).toMatchObject({ outcome: 'skipped', reason: 'pairing_incomplete' })
    expect(await within(made.sessions.restoreSession('unpaired'))).toMatchObject({ outcome: 'skipped', reason: 'never_paired' })
    expect(await within(made.sessions.restoreSession('absent'))).toMatchObject({ outcome: 'skipped', reason: 'never_paired' })
    for (const id of ['half', 'unpaired', 'absent'])
      expect(await within(made.sessions.restoreSession(id, { force: true }))).toMatchObject({ outcome: 'skipped' })
    await pass(60_000)
    expect([await made.store.dump('half'), await made.store.dump('unpaired')]).toEqual(before)
    expect([made.baileys.sockets.length, made.events('qr').length]).toEqual([0, 0])
  })

  it('invariant 3: credentials that vanish while it reconnects are no reason for a pairing that nobody asked for', async () => {
    for (const begin of ['connect', 'restoreSession'] as const) {
      const made = scenario()
      await made.store.seed('s')
      await within<unknown>(made.sessions[begin]('s'))
      await pass(10)
      const before = made.baileys.sockets.length
      await made.socket().close(428)
      made.store.before = async ({ verb }) => {
        if (verb === 'read') await made.store.inner.write('s', [], { replaceAll: true, fencingToken: 99 })
      }
      await pass(60_000)
      expect(await made.sessions.getStatus('s', { restore: false })).toMatchObject({ status: 'failed', reason: 'credentials_missing' })
      expect([made.events('qr').length, made.baileys.sockets.length]).toEqual([0, before])
      expect(await made.store.text('s', 'creds')).toBeUndefined()
    }
  })

  it('a half paired one is used again without what the unfinished pairing left in it', async () => {
    const made = scenario({ script: silent })
    const half = { ...fakeAuthCreds(), me: { id: '49151000001@s.whatsapp.net', name: '~' }, pairingCode: 'ABCD1234' }
    await made.store.inner.write('s', [{ type: 'creds', id: '', value: encodeAuthValue(half) }])
    const connecting = codeOf(made.sessions.connect('s'))
    await pass(10)
    const { creds } = made.socket().authState
    expect([creds.me, creds.pairingCode, creds.registered]).toEqual([undefined, undefined, false])
    expect(creds.noiseKey.public).toEqual(half.noiseKey.public)
    made.socket().qr()
    expect(await within(connecting)).toBe('resolved')
  })

  it('401 while it is being paired is a refused link, not a logout', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    await made.socket().close(401)
    await pass(10)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'disconnected', reason: 'pairing_refused' })
    expect(made.events('logged-out')).toEqual([])
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
  })
})

function idOf(text: string): string {
  const found = inspectStoredCreds(text)
  return 'identity' in found ? found.identity : ''
}

describe('credentials that the store took from its own copy', () => {
  async function damaged(): Promise<ReturnType<typeof scenario>> {
    const made = scenario()
    await made.store.seed('s', { phone: '49151000001' })
    const { store } = made
    const read = store.inner.read.bind(store.inner)
    let isDamaged = true
    store.inner.read = async (sessionId, keys) =>
      (await read(sessionId, keys)).map((record) => (isDamaged && record.type === 'creds' ? { ...record, restoredFrom: 'backup' as const } : record))
    const write = store.inner.write.bind(store.inner)
    store.inner.write = async (sessionId, changes, options) => {
      await write(sessionId, changes, options)
      if (changes.some(({ type }) => type === 'creds')) isDamaged = false
    }
    return made
  }

  it('are announced, dialled with, and written anew once WhatsApp has taken them (invariant 2)', async () => {
    const made = await damaged()
    const text = await made.store.text('s', 'creds')
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    expect(made.events('creds-restored')).toEqual([{ sessionId: 's', error: expect.objectContaining({ code: 'RECORD_CORRUPT', sessionId: 's' }) }])
    expect(made.events('error')).toEqual([])
    expect(made.store.done.filter(({ verb, keys }) => verb === 'write' && keys.some(({ type }) => type === 'creds'))).toHaveLength(1)
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toEqual(inspectStoredCreds(text ?? ''))
    await made.socket().close(428)
    await pass(10_000)
    expect(made.baileys.sockets).toHaveLength(2)
    expect(made.events('creds-restored')).toHaveLength(1)
  })

  it('are not announced by a look, nor where nothing is dialled', async () => {
    const made = await damaged()
    await made.store.remember('s', { desired: 'stopped' })
    await within(made.sessions.getStatus('s'))
    await within(made.sessions.restoreSession('s'))
    expect(made.events('creds-restored')).toEqual([])
  })
})
