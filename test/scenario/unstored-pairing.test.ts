import { describe, expect, it } from 'vitest'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { codeOf, expectConnected, inFakeTime, pass, scenario, type Scenario, silent, within } from '../support/scenario.js'
import { failWith, hang } from '../support/store-outages.js'

inFakeTime()

describe('invariants 2, 7: a pairing whose credentials cannot be stored', () => {
  it.each([
    ['rejects', (made: Scenario) => failWith(made, 'ENOSPC', 'write')],
    ['hangs', (made: Scenario) => hang(made, 'write')],
  ] as const)('is not lost when the store %s: stored as soon as it is back, without another scan', async (_name, trouble) => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const pairing = made.socket()
    await pairing.writeKeys({ 'lid-mapping': { a: 'b' } })
    const back = trouble(made)
    pairing.pairSuccess({ phone: '49151000001' })
    void pairing.close(515)
    await pass(120_000)
    expect(await made.store.text('s', 'creds')).toBeUndefined()
    expect(await made.sessions.getStatus('s', { restore: false })).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    back()
    await pass(80_000)
    await expectConnected(made)
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000001' })
    expect(await made.store.text('s', 'lid-mapping', 'a')).toBe('"b"')
    expect(made.events('qr')).toHaveLength(1)
    expect(made.socket().authState.creds.noiseKey).toEqual(pairing.authState.creds.noiseKey)
  })

  it('is stored by close at the latest, when the store is back by then', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const back = failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    back()
    expect(await within(made.sessions.close())).toMatchObject({ closed: ['s'] })
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired' })
  })

  it('is told by close when it could not be stored', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    expect(await within(made.sessions.close())).toMatchObject({ closed: [], notDrained: ['s'] })
  })

  it.each(['delete', 'logout'] as const)('does not come back after %s', async (verb) => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const back = failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    await within<unknown>(made.sessions[verb]('s'))
    back()
    await pass(120_000)
    expect(await made.store.dump('s')).toEqual({})
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    expect(await made.store.text('s', 'creds')).toBeUndefined()
  })

  it('invariant 2: is stored by stop, which is remembered after it: no restart dials, and connect needs no other scan', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const back = failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    back()
    await within(made.sessions.stop('s'))
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000001' })
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped', reason: 'stopped' })
    expect(await within(next.sessions.connect('s'))).toMatchObject({ status: 'connected', phoneNumber: '49151000001' })
    expect(next.events('qr')).toEqual([])
  })

  it('invariant 2: does not come back after a deletion by another process, between a stop that could not store it and close', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const back = failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    expect(await within(codeOf(made.sessions.stop('s')))).toBe('STORE_UNAVAILABLE')
    back()
    await within(scenario({ store: made.store }).sessions.delete('s'))
    await within(made.sessions.close())
    expect(await made.store.dump('s')).toEqual({})
    expect(made.events('error').map(({ error }) => error.code)).toContain('PAIRING_FAILED')
  })

  it('invariant 2: is not lost by a stop that could not store it either', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const back = failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(2000)
    expect(await within(codeOf(made.sessions.stop('s')))).toBe('STORE_UNAVAILABLE')
    back()
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'connected', phoneNumber: '49151000001' })
    expect(made.events('qr')).toHaveLength(1)
  })

  it('takes the place of what was stored before only then', async () => {
    const made = scenario()
    const old = await made.store.seed('s', { phone: '49151000009' }, { loggedOutAt: new Date() })
    await within(made.sessions.connect('s'))
    const back = failWith(made, 'ENOSPC', 'write')
    made.socket().pairSuccess({ phone: '49151000001' })
    await pass(30_000)
    expect(await made.store.text('s', 'creds')).toBe(old)
    back()
    await pass(80_000)
    await expectConnected(made)
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ kind: 'paired', phoneNumber: '49151000001' })
  })

  it('a pairing that waits for the phone is not disturbed by a store that cannot be read', async () => {
    const made = scenario({ script: silent })
    void made.sessions.connect('s')
    await pass(10)
    made.socket().qr('the-qr')
    const back = hang(made, 'read', 'owner')
    await pass(40_000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'pairing', qr: 'the-qr' })
    back()
  })
})
