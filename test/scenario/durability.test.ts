import { describe, expect, it } from 'vitest'
import { decodeAuthValue } from '../../src/auth/auth-codec.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { deferred } from '../support/deferred.js'
import { inFakeTime, pass, scenario, type Scenario, silent, welcoming, within } from '../support/scenario.js'

inFakeTime()

const slowWrites = (made: Scenario, delayMs: number): void => {
  made.store.before = ({ verb }) =>
    verb === 'write'
      ? new Promise((resolve) => {
          setTimeout(resolve, delayMs)
        })
      : undefined
}
const instant = { reconnect: { jitter: 'none', initialDelayMs: 0, maxDelayMs: 0 } } as const

describe('invariant 5: connected means durable', () => {
  it('invariant 5: it is not announced before the credentials are stored', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    const restoring = made.sessions.restoreSession('s')
    await pass(10)
    const held = deferred()
    made.store.before = ({ verb }) => (verb === 'write' ? held.promise : undefined)
    made.socket().updateCreds({ accountSyncCounter: 42 })
    made.socket().open()
    await pass(5000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connecting', isConnected: false })
    expect([made.events('connected'), made.sessions.getSocket('s')]).toEqual([[], undefined])
    held.resolve()
    expect(await within(restoring)).toMatchObject({ outcome: 'restored' })
    expect(decodeAuthValue((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ accountSyncCounter: 42 })
    expect(made.sessions.getSocket('s')).toBe(made.socket())
  })

  it('invariant 5: creds that Baileys changed in place, without a word, are stored before it is announced', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    const restoring = made.sessions.restoreSession('s')
    await pass(10)
    made.socket().authState.creds.nextPreKeyId = 4711
    made.socket().open()
    await within(restoring)
    expect(decodeAuthValue((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ nextPreKeyId: 4711 })
  })

  it('invariant 5: a socket that is lost before they are stored was never connected', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(10)
    slowWrites(made, 1000)
    made.socket().open()
    await pass(100)
    await made.socket().close(428)
    await pass(500)
    expect(made.events('connected')).toEqual([])
    expect(made.statuses()).not.toContain('connected')
    await pass(1000)
  })
})

describe('invariant 5: the restart after a pairing', () => {
  it('invariant 5: creds.update and 515 in one tick, with a slow store: the next socket runs on what was paired', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    slowWrites(made, 3000)
    const pairing = made.socket()
    await pairing.writeKeys({ 'lid-mapping': { a: 'b' } })
    pairing.pairSuccess({ phone: '49151000001' })
    void pairing.close(515)
    await pass(2900)
    expect(made.baileys.sockets).toHaveLength(1)
    await pass(10_000)
    expect(made.baileys.sockets).toHaveLength(2)
    expect(made.socket().authState.creds.me?.id).toBe('49151000001:1@s.whatsapp.net')
    expect(made.socket().authState.creds.noiseKey).toEqual(pairing.authState.creds.noiseKey)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000001' })
    expect(made.events('connected')).toEqual([{ sessionId: 's', phoneNumber: '49151000001', restored: false }])
    expect(made.store.done.filter(({ replaceAll }) => replaceAll)).toHaveLength(1)
  })

  it('does not wait for a back-off, and is no loss that anybody has to worry about', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    made.socket().pairSuccess()
    await made.socket().close(515)
    await pass(5)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(made.events('disconnected')).toMatchObject([{ cause: 'restart_required', code: 515, willRetry: true, nextRetryAt: null }])
  })

  it('is dialled at once two times in a row; after that it backs off', async () => {
    const made = scenario({
      script: (socket) => {
        void socket.close(515)
      },
    })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(10)
    expect(made.baileys.sockets).toHaveLength(3)
    await pass(900)
    expect(made.baileys.sockets).toHaveLength(3)
    await pass(200)
    expect(made.baileys.sockets).toHaveLength(4)
  })

  it('should it never come, the watchdog dials again with what was stored', async () => {
    const made = scenario({ connectTimeoutMs: 60_000 })
    await within(made.sessions.connect('s'))
    const pairing = made.socket()
    pairing.pairSuccess({ phone: '49151000001' })
    for (let time = 0; time < 5; time += 1) {
      await pass(10_000)
      pairing.qr('another-qr')
    }
    expect(made.events('qr')).toHaveLength(1)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connecting' })
    await pass(11_000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '49151000001' })
    expect(pairing.isDestroyed).toBe(true)
  })
})

describe('invariant 5: a reconnect waits for the generation before', () => {
  it('invariant 5: keys that are still being written are stored before the next socket reads', async () => {
    const made = scenario(instant)
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const old = made.socket()
    slowWrites(made, 2000)
    const writing = old.writeKeys({ session: { x: Buffer.from('new ratchet') } })
    void old.close(428)
    await pass(1900)
    expect(made.baileys.sockets).toHaveLength(1)
    await pass(10_000)
    await writing
    expect(made.baileys.sockets).toHaveLength(2)
    expect(await made.socket().config.auth.keys.get('session', ['x'])).toEqual({ x: Buffer.from('new ratchet') })
    const order = made.store.done.filter(({ verb }) => verb !== 'owner').map(({ verb, keys }) => `${verb} ${keys.map(({ type }) => type).join(' ')}`)
    expect(order.lastIndexOf('write session')).toBeLessThan(order.lastIndexOf('read creds lifecycle'))
  })

  it('invariant 5: a transaction of Baileys that commits after the close is waited for', async () => {
    const made = scenario(instant)
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const old = made.socket()
    const sending = deferred()
    const me = old.authState.creds.me?.id ?? ''
    const transaction = old.authState.keys.transaction(async () => {
      await sending.promise
      await old.authState.keys.set({ session: { x: Buffer.from('sent') } })
    }, me)
    void old.close(428)
    await pass(3000)
    expect(made.baileys.sockets).toHaveLength(1)
    sending.resolve()
    await transaction
    // The keys must have been left alone for a moment.
    await pass(100)
    expect(made.baileys.sockets).toHaveLength(2)
    expect(await made.socket().config.auth.keys.get('session', ['x'])).toEqual({ x: Buffer.from('sent') })
  })

  it('invariant 5: one that never ends is waited for until its deadline, and refused afterwards', async () => {
    const made = scenario({ ...instant, storeTimeoutMs: 5000 })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const old = made.socket()
    const sending = deferred()
    const transaction = old.authState.keys.transaction(async () => {
      await sending.promise
      await old.authState.keys.set({ session: { x: Buffer.from('late') } })
    }, old.authState.creds.me?.id ?? '')
    void old.close(428)
    await pass(4900)
    expect(made.baileys.sockets).toHaveLength(1)
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(2)
    sending.resolve()
    await expect(transaction).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(await made.store.text('s', 'session', 'x')).toBeUndefined()
  })
})

describe('invariant 6: writes', () => {
  it('invariant 6: never two at once for one session, in order, also across reconnects', async () => {
    const made = scenario({ ...instant, script: welcoming })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    let [running, most] = [0, 0]
    const order: string[] = []
    made.store.before = async ({ verb, keys }) => {
      if (verb !== 'write') return
      most = Math.max(most, ++running)
      order.push(...keys.filter(({ type }) => type === 'lid-mapping').map(({ id }) => id))
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
      running -= 1
    }
    const written: string[] = []
    for (let index = 0; index < 20; index += 1) {
      const socket = made.socket()
      const {
        keys,
        creds: { me },
      } = socket.authState
      // As Baileys sends: in a transaction of the account.
      void keys.transaction(async () => keys.set({ 'lid-mapping': { [String(index)]: 'x' } }), me?.id ?? '').then(() => written.push(String(index)))
      socket.updateCreds({ accountSyncCounter: index })
      if (index % 7 === 6) {
        void socket.close(428)
        await pass(500)
      }
    }
    await pass(5000)
    expect(most).toBe(1)
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
    expect(written).toEqual(order)
    expect(decodeAuthValue((await made.store.text('s', 'creds')) ?? '')).toMatchObject({ accountSyncCounter: 19 })
  })

  it('invariant 6: 812 pre-keys are one write', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.store.calls.length = 0
    await made.socket().uploadPreKeys(812)
    await pass()
    const writes = made.store.calls.filter(({ verb }) => verb === 'write')
    expect(writes.map(({ keys }) => keys.length)).toEqual([1, 812])
    expect(inspectStoredCreds((await made.store.text('s', 'creds')) ?? '').kind).toBe('paired')
  })
})
