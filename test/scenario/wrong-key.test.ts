import { describe, expect, it } from 'vitest'
import { encrypted, type EncryptionOptions } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/index.js'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../src/store/session-store.js'
import { encodeLifecycle, freshLifecycle } from '../../src/auth/lifecycle-record.js'
import { codeOf, inFakeTime, pass, scenario, within, type Scenario } from '../support/scenario.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

const RIGHT: EncryptionOptions = { keys: { main: Buffer.alloc(32, 1) }, currentKeyId: 'main' }
const WRONG: [name: string, options: EncryptionOptions][] = [
  ['another key under the same id', { keys: { main: Buffer.alloc(32, 2) }, currentKeyId: 'main' }],
  ['a key under another id', { keys: { next: Buffer.alloc(32, 2) }, currentKeyId: 'next' }],
  ['a key under another id, and plain records allowed', { keys: { next: Buffer.alloc(32, 2) }, currentKeyId: 'next', allowPlain: true }],
]

/** Two paired sessions, and one of which there is only what is remembered. */
async function pairedStore(): Promise<WatchedSessionStore> {
  const inner = new WatchedSessionStore()
  const store = encrypted(inner, RIGHT)
  for (const [sessionId, phone] of [
    ['s', '49151000001'],
    ['t', '49151000002'],
  ] as const) {
    await store.write(sessionId, [
      { ...CREDS_KEY, value: pairedCreds({ phone }) },
      { type: 'lid-mapping', id: 'a', value: '"b"' },
    ])
  }
  await store.write('unpaired', [{ ...LIFECYCLE_KEY, value: encodeLifecycle(freshLifecycle(null)) }])
  inner.calls.length = 0
  return inner
}

const using = (options: EncryptionOptions, store: WatchedSessionStore): Scenario => scenario({ store, around: (inner) => encrypted(inner, options) })
const dumpAll = (store: WatchedSessionStore): Promise<unknown> => Promise.all(['s', 't', 'unpaired'].map((sessionId) => store.dump(sessionId)))

function expectUntouched(made: Scenario): void {
  expect(made.baileys.sockets).toHaveLength(0)
  expect(made.events('qr')).toEqual([])
  expect(made.store.calls.filter(({ verb }) => verb === 'write' || verb === 'delete')).toEqual([])
}

describe('invariant 3: keys that are missing are told, and are no reason for a new identity', () => {
  it.each(['s', 'unpaired'])('of "%s", which is encrypted, in a store without encrypted()', async (sessionId) => {
    const store = await pairedStore()
    const before = await dumpAll(store)
    const made = scenario({ store })
    expect(await within(made.sessions.getStatus(sessionId))).toMatchObject({ status: 'failed', reason: 'wrong_key' })
    expect(await within(made.sessions.restoreSession(sessionId))).toMatchObject({
      outcome: 'failed',
      reason: 'wrong_key',
      error: { code: 'WRONG_KEY', message: expect.stringMatching(/is encrypted, but you gave no keys.*encrypted\(\)/u) },
    })
    expect(await within(made.sessions.connect(sessionId))).toMatchObject({ status: 'failed', reason: 'wrong_key' })
    expectUntouched(made)
    expect(await dumpAll(store)).toEqual(before)
    await within(made.sessions.close())
  })
})

describe('invariant 3: a wrong key is told, and is no reason for a new identity', () => {
  it.each(WRONG)(
    'invariant 3: %s: failed wrong_key by every way to start, no dial, no QR code, no write; the right key brings it back',
    async (_name, options) => {
      const store = await pairedStore()
      const before = await dumpAll(store)
      const made = using(options, store)
      expect(await within(made.sessions.getStatus('s'))).toMatchObject({
        status: 'failed',
        reason: 'wrong_key',
        message: expect.stringContaining('its key is missing or wrong'),
      })
      expect(await within(made.sessions.restoreSession('s'))).toMatchObject({
        outcome: 'failed',
        reason: 'wrong_key',
        error: { code: 'WRONG_KEY', message: expect.stringMatching(/Nothing was changed\. (Give|Add)/) },
      })
      expect(await within(made.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'failed', reason: 'wrong_key' })
      expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'failed', reason: 'wrong_key' })
      expect(await within(made.sessions.connect('unpaired'))).toMatchObject({ status: 'failed', reason: 'wrong_key' })
      const report = await within(made.sessions.restoreAll())
      expect(report.failed.map(({ sessionId, reason, error }) => [sessionId, reason, error?.code]).sort()).toEqual([
        ['s', 'wrong_key', 'WRONG_KEY'],
        ['t', 'wrong_key', 'WRONG_KEY'],
        ['unpaired', 'wrong_key', 'WRONG_KEY'],
      ])
      expect([report.restored, report.retrying, report.skipped]).toEqual([[], [], []])
      expect(await within(codeOf(made.sessions.waitUntilConnected('s')))).toBe('WRONG_KEY')
      expect(await within(codeOf(made.sessions.requestPairingCode('s', '49151000001')))).toBe('WRONG_KEY')
      expect(await within(made.sessions.getStatus('s', { restore: false }))).toMatchObject({ status: 'failed', reason: 'wrong_key' })
      await pass(3_600_000)
      expectUntouched(made)
      expect(await dumpAll(store)).toEqual(before)
      // Another process that has the key is not kept out.
      expect([await store.inner.lock.owner('s'), await store.inner.lock.owner('unpaired')]).toEqual([null, null])
      await within(made.sessions.close())
      const next = using(RIGHT, store)
      expect(await within(next.sessions.restoreAll())).toMatchObject({ restored: [{ sessionId: 's' }, { sessionId: 't' }], failed: [] })
      expect(next.events('qr')).toEqual([])
      expect(await next.baileys.sockets[0]?.config.auth.keys.get('lid-mapping', ['a'])).toEqual({ a: 'b' })
    },
  )

  it('invariant 3: stop and logout say so, and change nothing; delete is what a person decides', async () => {
    const store = await pairedStore()
    const before = await dumpAll(store)
    const made = using({ keys: { main: Buffer.alloc(32, 2) }, currentKeyId: 'main' }, store)
    expect(await within(codeOf(made.sessions.stop('s')))).toBe('WRONG_KEY')
    expect(made.statuses('s').at(-1)).toBe('failed wrong_key')
    expect(await within(codeOf(made.sessions.logout('s')))).toBe('WRONG_KEY')
    expect(await within(codeOf(made.sessions.logout('s', { requireUnlink: true })))).toBe('WRONG_KEY')
    expectUntouched(made)
    expect(await dumpAll(store)).toEqual(before)
    await within(made.sessions.delete('s'))
    expect(await store.dump('s')).toEqual({})
  })

  it('one Signal key under a key that is gone costs only what needed it', async () => {
    const store = await pairedStore()
    await encrypted(store, { keys: { gone: Buffer.alloc(32, 3) }, currentKeyId: 'gone' }).write('s', [{ type: 'lid-mapping', id: 'x', value: '"y"' }])
    const made = using(RIGHT, store)
    await within(made.sessions.restoreSession('s'))
    expect(await codeOf(Promise.resolve(made.socket().config.auth.keys.get('lid-mapping', ['x'])))).toBe('WRONG_KEY')
    await pass(60_000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connected' })
    expect(made.baileys.sockets).toHaveLength(1)
  })
})

describe('invariant 3: a session in an encrypted store', () => {
  it('invariant 3: pairs, writes and comes back as in any other, and nothing of it lies there in the clear', async () => {
    const store = new WatchedSessionStore()
    const made = using(RIGHT, store)
    await within(made.sessions.connect('s'))
    await made.socket().writeKeys({ 'lid-mapping': { a: 'SECRET' } })
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(10)
    await within(made.sessions.close())
    const records = await store.dump('s')
    expect(Object.keys(records).sort()).toEqual(['creds/', 'lid-mapping/a', 'lifecycle/'])
    for (const text of Object.values(records)) expect(text).toMatch(/^\{"encrypted":1,"keyId":"main",/)
    expect(JSON.stringify(records)).not.toMatch(/SECRET|noiseKey|49151000001/)
    const next = using({ keys: { ...RIGHT.keys, next: Buffer.alloc(32, 4) }, currentKeyId: 'next' }, store)
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    next.socket().updateCreds({ accountSyncCounter: 5 })
    await pass(10)
    expect(JSON.parse((await store.text('s', 'creds')) ?? '')).toMatchObject({ keyId: 'next' })
  })

  it.each(['altered', 'cut off', 'of another session', 'not encrypted'])(
    'invariant 3: credentials that are %s are failed credentials_corrupt, and stay as they are',
    async (what) => {
      const store = await pairedStore()
      const text = (await store.text('s', 'creds')) ?? ''
      const bad: Record<string, string> = {
        altered: text.replace(/"data":"./u, (found) => `${found.slice(0, -1)}${found.endsWith('A') ? 'B' : 'A'}`),
        'cut off': text.slice(0, 500),
        'of another session': (await store.text('t', 'creds')) ?? '',
        'not encrypted': pairedCreds(),
      }
      await store.inner.write('s', [{ ...CREDS_KEY, value: bad[what] ?? '' }])
      const made = using(RIGHT, store)
      expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'failed', reason: 'credentials_corrupt' })
      expectUntouched(made)
      expect(await store.text('s', 'creds')).toBe(bad[what])
    },
  )
})
