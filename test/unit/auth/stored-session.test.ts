import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeLifecycle, freshLifecycle } from '../../../src/auth/lifecycle-record.js'
import { readStoredSession } from '../../../src/auth/stored-session.js'
import { isSessionError, SessionError, type SessionErrorCode } from '../../../src/errors.js'
import { asStoreError } from '../../../src/store/store-failure.js'
import { pairedCreds } from '../../../src/testing/index.js'
import { never } from '../../support/deferred.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

const TIMEOUT_MS = 1000
const AT = new Date('2026-01-02T03:04:05Z')
const read = (store: WatchedSessionStore): ReturnType<typeof readStoredSession> => readStoredSession(store, 's', TIMEOUT_MS)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('what a store holds of a session', () => {
  it('nothing', async () => {
    expect(await read(new WatchedSessionStore())).toEqual({ kind: 'absent', lifecycle: freshLifecycle(null), isPairingBegun: false })
  })

  it('a lifecycle record alone', async () => {
    const store = new WatchedSessionStore()
    await store.remember('s', { verdict: { kind: 'restricted', until: AT } })
    expect(await read(store)).toMatchObject({ kind: 'absent', lifecycle: { verdict: { kind: 'restricted', until: AT } } })
  })

  it('creds and what is remembered, in one call', async () => {
    const store = new WatchedSessionStore()
    const text = await store.seed('s', { phone: '49151000001' }, { loggedOutAt: AT })
    expect(await read(store)).toMatchObject({
      kind: 'readable',
      text,
      creds: { kind: 'paired', phoneNumber: '49151000001' },
      lifecycle: { loggedOutAt: AT, desired: 'running' },
    })
    expect(store.calls).toHaveLength(1)
  })

  it('what is remembered of another identity is void: somebody paired again with stock Baileys', async () => {
    const store = new WatchedSessionStore()
    await store.seed('s', {}, { loggedOutAt: AT, desired: 'stopped', verdict: { kind: 'restricted', until: null } })
    await store.inner.write('s', [{ type: 'creds', id: '', value: pairedCreds() }])
    expect(await read(store)).toMatchObject({ kind: 'readable', lifecycle: { loggedOutAt: null, desired: 'running', verdict: null } })
  })

  it('what is remembered and cannot be read is void, too, and no reason not to connect', async () => {
    const store = new WatchedSessionStore()
    await store.seed('s')
    for (const value of ['', '{"desired":', encodeLifecycle({ ...freshLifecycle(null), desired: 'stopped' })]) {
      await store.inner.write('s', [{ type: 'lifecycle', id: '', value }])
      expect(await read(store)).toMatchObject({ kind: 'readable', lifecycle: { desired: 'running' } })
    }
  })

  it('creds under another key: told, and neither missing nor out of reach', async () => {
    const store = new WatchedSessionStore()
    const error = new SessionError('WRONG_KEY', 'give the other key')
    store.before = () => {
      throw error
    }
    expect(await read(store)).toEqual({ kind: 'wrong-key', error })
  })

  it('creds that are corrupt: told, not touched', async () => {
    const store = new WatchedSessionStore()
    await store.inner.write('s', [{ type: 'creds', id: '', value: '{"noiseKey":{"private":"SECRET"' }])
    const found = await read(store)
    expect(found).toMatchObject({
      kind: 'corrupt',
      error: { code: 'RECORD_CORRUPT', sessionId: 's', message: expect.stringMatching(/it is not a complete JSON object.*Nothing was changed/) },
    })
    expect(JSON.stringify(found)).not.toContain('SECRET')
    expect(store.count('write')).toBe(0)
  })

  it.each<[code: SessionErrorCode, kind: string]>([
    ['RECORD_CORRUPT', 'corrupt'],
    ['LEGACY_SESSION', 'legacy'],
    ['STORE_UNAVAILABLE', 'unavailable'],
    ['STALE_WRITER', 'unavailable'],
  ])('a store that says %s: %s', async (code, kind) => {
    const store = new WatchedSessionStore()
    const error = new SessionError(code, 'it failed', { sessionId: 's' })
    store.before = () => {
      throw error
    }
    expect(await read(store)).toEqual({ kind, error })
  })

  it("a store that cannot keep this id is the caller's to mend", async () => {
    const store = new WatchedSessionStore()
    store.before = () => {
      throw new SessionError('INVALID_SESSION_ID', 'it differs only by case')
    }
    await expect(read(store)).rejects.toMatchObject({ code: 'INVALID_SESSION_ID' })
  })

  it('a store that throws anything else, or hangs, cannot be asked: never "absent"', async () => {
    const store = new WatchedSessionStore()
    store.before = () => {
      throw new Error('ENOSPC')
    }
    expect(await read(store)).toMatchObject({ kind: 'unavailable', error: { code: 'STORE_UNAVAILABLE', message: 'The store of session "s" failed: ENOSPC' } })
    store.before = () => never()
    const reading = read(store)
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    expect(await reading).toMatchObject({ kind: 'unavailable', error: { code: 'STORE_TIMEOUT' } })
  })
})

describe('asStoreError', () => {
  it('keeps what is a SessionError, also of a second copy of the package, and wraps the rest', () => {
    const own = new SessionError('STALE_WRITER', 'old')
    const foreign = Object.assign(new Error('other copy'), { name: 'SessionError', code: 'LEGACY_SESSION' })
    expect([asStoreError('s', own), asStoreError('s', foreign)]).toEqual([own, foreign])
    const cause = new Error('EIO')
    expect(asStoreError(undefined, cause)).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'The store failed: EIO', cause })
    expect(asStoreError('s', 'text')).toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 's', cause: 'text' })
    expect(isSessionError(asStoreError('s', null), 'STORE_UNAVAILABLE')).toBe(true)
  })
})
