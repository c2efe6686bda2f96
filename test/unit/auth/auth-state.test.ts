import * as baileys from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeAuthValue, encodeAuthValue } from '../../../src/auth/auth-codec.js'
import { AuthState } from '../../../src/auth/auth-state.js'
import { decodeLifecycle } from '../../../src/auth/lifecycle-record.js'
import { hashIdentity, inspectStoredCreds } from '../../../src/auth/stored-session.js'
import { SessionError } from '../../../src/errors.js'
import { fakeAuthCreds, fakeKeyPair, fakePairedCreds, pairingUpdate } from '../../../src/testing/fake-creds.js'
import { deferred, never } from '../../support/deferred.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

const TIMEOUT_MS = 1000

async function makeState({ paired = false }: { paired?: boolean } = {}): Promise<{
  state: AuthState
  store: WatchedSessionStore
  failures: string[]
  problems: string[]
}> {
  const creds = paired ? fakePairedCreds({ phone: '49151000001' }) : fakeAuthCreds()
  const store = new WatchedSessionStore()
  const lease = await store.inner.lock.acquire('s')
  const failures: string[] = []
  const problems: string[] = []
  const state = new AuthState({
    sessionId: 's',
    baileys,
    store,
    fencingToken: lease?.fencingToken ?? 0,
    timeoutMs: TIMEOUT_MS,
    creds,
    storedText: paired ? encodeAuthValue(creds) : null,
    onFailure: (error) => {
      failures.push(error.code)
    },
    onProblem: (error) => {
      problems.push(error.code)
    },
  })
  return { state, store, failures, problems }
}

const link = (state: AuthState): void => void Object.assign(state.creds, pairingUpdate({ phone: '49151000001', device: 3 }))

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('before the phone has scanned', () => {
  it('invariant 3: nothing is stored, and keys are remembered all the same', async () => {
    const { state, store } = await makeState()
    const { keys } = state.authenticationState
    const pair = fakeKeyPair()
    await keys.set({ 'pre-key': { 1: pair, 2: pair }, 'lid-mapping': { a: 'b' } })
    await keys.set({ 'pre-key': { 2: null } })
    Object.assign(state.creds, { me: { id: '49151000001@s.whatsapp.net', name: '~' }, pairingCode: 'ABCD1234' })
    await state.saveCreds()
    await state.flushed()
    expect(await keys.get('pre-key', ['1', '2', '3'])).toEqual({ 1: pair })
    expect(store.calls).toEqual([])
    expect([state.paired, state.phoneNumber, state.unsavedPairing]).toEqual([false, undefined, null])
  })

  it('then creds, keys and a fresh lifecycle take the place of everything, in one write', async () => {
    const { state, store } = await makeState()
    await store.inner.write(
      's',
      [
        { type: 'session', id: 'old', value: '"old"' },
        { type: 'creds', id: '', value: 'old' },
      ],
      { fencingToken: 1 },
    )
    await state.authenticationState.keys.set({ 'lid-mapping': { a: 'b' } })
    link(state)
    await state.saveCreds()
    expect(store.calls).toMatchObject([{ verb: 'write', replaceAll: true }])
    const records = await store.dump('s')
    expect(Object.keys(records).sort()).toEqual(['creds/', 'lid-mapping/a', 'lifecycle/'])
    expect(inspectStoredCreds(records['creds/'] ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000001' })
    expect(decodeLifecycle(records['lifecycle/'] ?? '')).toEqual({
      desired: 'running',
      loggedOutAt: null,
      verdict: null,
      identity: hashIdentity(state.creds.noiseKey.public),
    })
    expect([state.paired, state.phoneNumber, state.unsavedPairing]).toEqual([true, '49151000001', null])
  })

  it('and keys go to the store, in order', async () => {
    const { state, store } = await makeState()
    link(state)
    const slow = deferred()
    store.before = () => slow.promise
    const pairing = state.saveCreds()
    const setting = Promise.all([state.authenticationState.keys.set({ 'lid-mapping': { a: 'b' } }), state.saveCreds()])
    slow.resolve()
    await Promise.all([pairing, setting])
    expect(store.calls.map(({ keys, replaceAll }) => [keys.map(({ type }) => type).join(' '), replaceAll])).toEqual([
      ['lifecycle creds', true],
      ['lid-mapping', false],
      ['creds', false],
    ])
  })

  it('invariant 2: what the pairing could not store is not lost', async () => {
    const { state, store, failures } = await makeState()
    await state.authenticationState.keys.set({ 'lid-mapping': { a: 'b' } })
    link(state)
    store.before = () => never()
    const saving = expect(state.saveCreds()).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    await saving
    expect(failures).toEqual(['STORE_TIMEOUT'])
    expect(state.unsavedPairing?.map(({ type }) => type)).toEqual(['lid-mapping', 'lifecycle', 'creds'])
  })
})

describe('a paired session', () => {
  it('stores keys and creds as they come, under its token', async () => {
    const { state, store } = await makeState({ paired: true })
    await state.authenticationState.keys.set({ session: { x: Buffer.from('abc') }, 'device-list': { me: ['0'] } })
    await state.saveCreds()
    expect(await store.dump('s')).toEqual({
      'session/x': encodeAuthValue(Buffer.from('abc')),
      'device-list/me': '["0"]',
      'creds/': encodeAuthValue(state.creds),
    })
    await state.authenticationState.keys.set({ session: { x: null } })
    expect(await store.text('s', 'session', 'x')).toBeUndefined()
  })

  it('writes nothing for nothing', async () => {
    const { state, store } = await makeState({ paired: true })
    await state.authenticationState.keys.set({})
    await state.authenticationState.keys.set({ session: {} })
    await state.flushed()
    expect(store.calls).toEqual([])
  })

  it('gives back what it stored, and leaves out what is not there', async () => {
    const { state } = await makeState({ paired: true })
    const { keys } = state.authenticationState
    await keys.set({ 'sender-key-memory': { g: { 'a@s.whatsapp.net': true } }, 'lid-mapping': { a: 'b' } })
    expect(await keys.get('sender-key-memory', ['g', 'h'])).toEqual({ g: { 'a@s.whatsapp.net': true } })
    expect(await keys.get('lid-mapping', [])).toEqual({})
  })

  it('invariant 6: a read waits for the writes before it', async () => {
    const { state, store } = await makeState({ paired: true })
    const { keys } = state.authenticationState
    const slow = deferred()
    store.before = ({ verb }) => (verb === 'write' ? slow.promise : undefined)
    const writing = keys.set({ 'lid-mapping': { a: 'new' } })
    const reading = keys.get('lid-mapping', ['a'])
    await vi.advanceTimersByTimeAsync(10)
    expect(store.count('read')).toBe(0)
    slow.resolve()
    await writing
    expect(await reading).toEqual({ a: 'new' })
  })

  it('invariant 6: never shows what was not stored', async () => {
    const { state, store } = await makeState({ paired: true })
    const { keys } = state.authenticationState
    await keys.set({ 'lid-mapping': { a: 'old' } })
    store.before = ({ verb }) => {
      if (verb === 'write') throw new SessionError('RECORD_CORRUPT', 'no')
    }
    await expect(keys.set({ 'lid-mapping': { a: 'new' } })).rejects.toMatchObject({ code: 'RECORD_CORRUPT' })
    expect(await keys.get('lid-mapping', ['a'])).toEqual({ a: 'old' })
  })

  it('is flushed only when creds that were changed in place are stored, too', async () => {
    const { state, store } = await makeState({ paired: true })
    state.creds.nextPreKeyId = 4711
    await state.flushed()
    expect(decodeAuthValue((await store.text('s', 'creds')) ?? '')).toMatchObject({ nextPreKeyId: 4711 })
    await state.flushed()
    expect(store.count('write')).toBe(1)
  })

  it('refuses writes once it is sealed', async () => {
    const { state, store } = await makeState({ paired: true })
    state.seal()
    await expect(state.authenticationState.keys.set({ 'lid-mapping': { a: 'b' } })).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await expect(state.saveCreds()).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(store.calls).toEqual([])
  })

  it('invariant 13: a record that cannot be read is named, not shown, and left as it is', async () => {
    const { state, store } = await makeState({ paired: true })
    await store.inner.write('s', [{ type: 'session', id: 'x', value: '{"secret":"AAECAwQ' }], { fencingToken: 1 })
    const reading = Promise.resolve(state.authenticationState.keys.get('session', ['x']))
    await expect(reading).rejects.toMatchObject({ code: 'RECORD_CORRUPT', sessionId: 's' })
    const error: unknown = await reading.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error instanceof SessionError && `${error.message} ${String(error.cause)}`).not.toContain('AAECAwQ')
    expect(await store.text('s', 'session', 'x')).toBe('{"secret":"AAECAwQ')
  })
})

describe('reads that fail', () => {
  it('a store that hiccups is asked again, and nobody is told', async () => {
    const { state, store, failures } = await makeState({ paired: true })
    let calls = 0
    store.before = () => {
      if (++calls < 3) throw new Error('EMFILE')
    }
    const reading = expect(state.authenticationState.keys.get('session', ['x'])).resolves.toEqual({})
    await vi.advanceTimersByTimeAsync(600)
    await reading
    expect(calls).toBe(3)
    expect(failures).toEqual([])
  })

  it('invariant 7: a store that cannot be reached is told before Baileys hears of it, once', async () => {
    const { state, store, failures } = await makeState({ paired: true })
    store.before = () => {
      throw new Error('EMFILE')
    }
    for (let times = 0; times < 2; times += 1) {
      const told: string[][] = []
      const reading = Promise.resolve(state.authenticationState.keys.get('session', ['x'])).catch(() => {
        told.push([...failures])
      })
      await vi.advanceTimersByTimeAsync(600)
      await reading
      expect(told).toEqual([['STORE_UNAVAILABLE']])
    }
    expect(failures).toEqual(['STORE_UNAVAILABLE'])
  })

  it('one that hangs is told after its deadline, and not asked again', async () => {
    const { state, store, failures } = await makeState({ paired: true })
    let calls = 0
    store.before = () => {
      calls += 1
      return never()
    }
    const reading = expect(state.authenticationState.keys.get('session', ['x'])).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    await reading
    expect(calls).toBe(1)
    expect(failures).toEqual(['STORE_TIMEOUT'])
  })

  it('invariant 4: none is made once it is sealed, not even one that waited for a write; that is no failure of the store', async () => {
    const { state, store, failures } = await makeState({ paired: true })
    const { keys } = state.authenticationState
    const slow = deferred()
    store.before = () => slow.promise
    const writing = keys.set({ 'lid-mapping': { a: 'b' } })
    const waiting = expect(keys.get('lid-mapping', ['a'])).rejects.toMatchObject({ code: 'STALE_WRITER', sessionId: 's' })
    await vi.advanceTimersByTimeAsync(1)
    state.seal()
    slow.resolve()
    await Promise.all([writing, waiting])
    await expect(keys.get('lid-mapping', ['a'])).rejects.toMatchObject({ code: 'STALE_WRITER', sessionId: 's' })
    expect([store.count('read'), failures]).toEqual([0, []])
  })

  it('invariant 4: one that is being made again when it is sealed is not made yet again', async () => {
    const { state, store } = await makeState({ paired: true })
    store.before = () => {
      throw new Error('EMFILE')
    }
    const reading = expect(state.authenticationState.keys.get('session', ['x'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await vi.advanceTimersByTimeAsync(50)
    state.seal()
    await vi.advanceTimersByTimeAsync(50)
    await reading
    expect(vi.getTimerCount()).toBe(0)
    expect(store.count('read')).toBeLessThanOrEqual(2)
  })
})

describe('a device whose owner is overwritten', () => {
  it.each([
    ['stored', true],
    ['linked here', false],
  ])('%s: invariant 5: goes on storing, under the number of the pairing, and says so', async (_how, paired) => {
    const { state, store, problems } = await makeState({ paired })
    if (!paired) link(state)
    await state.saveCreds()
    const owner = state.creds.me
    // As Baileys does when somebody asks for a pairing code.
    state.creds.me = { id: '49151999999@s.whatsapp.net', name: '~' }
    state.creds.nextPreKeyId = 900
    expect([state.paired, state.phoneNumber]).toEqual([true, '49151000001'])
    await state.saveCreds()
    expect(JSON.parse((await store.text('s', 'creds')) ?? '')).toMatchObject({ me: { id: owner?.id }, nextPreKeyId: 900 })
    expect(state.creds.me).toEqual(owner)
    expect(problems).toEqual(['ALREADY_PAIRED'])
  })
})
