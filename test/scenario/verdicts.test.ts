import { describe, expect, it } from 'vitest'
import { decodeLifecycle } from '../../src/auth/lifecycle-record.js'
import { closeError } from '../../src/testing/fake-boom.js'
import { inFakeTime, pass, refusing, scenario, silent, welcoming, within, type Scenario } from '../support/scenario.js'

inFakeTime()

it('a cool-down lasts no longer than rateLimitCoolDownMs, though the clock was ahead by days when it began', async () => {
  const made = scenario({ rateLimitCoolDownMs: 60_000 })
  await made.store.seed('s', {}, { verdict: { kind: 'rate_limited', until: new Date(Date.now() + 10 * 86_400_000) } })
  expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'retrying', reason: 'rate_limited' })
  await pass(61_000)
  expect(made.sessions.getSocket('s')).toBeDefined()
})

const MINUTE_MS = 60_000
const status = (made: Scenario): Promise<unknown> => within(made.sessions.getStatus('s', { restore: false }))

async function restored(options: Parameters<typeof scenario>[0] = {}): Promise<Scenario> {
  const made = scenario(options)
  await made.store.seed('s')
  await within(made.sessions.restoreSession('s'))
  return made
}

describe('replaced by another connection', () => {
  it('is tried once more after its delay, then failed, with the lock given back', async () => {
    const made = await restored()
    await made.socket().close(440)
    expect(await status(made)).toMatchObject({ status: 'reconnecting', reason: 'connection_replaced', nextRetryAt: new Date(Date.now() + 5000) })
    await pass(5100)
    expect(await status(made)).toMatchObject({ status: 'connected' })
    await made.socket().close(440)
    await pass(10 * MINUTE_MS)
    expect(await status(made)).toMatchObject({ status: 'failed', reason: 'connection_replaced' })
    expect(made.baileys.sockets).toHaveLength(2)
    expect(await made.store.inner.lock.owner('s')).toBeNull()
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'connected' })
  })

  it('a second time long after the first is a first time again', async () => {
    const made = await restored()
    await made.socket().close(440)
    await pass(5 * MINUTE_MS)
    await made.socket().close(440)
    await pass(10_000)
    expect(await status(made)).toMatchObject({ status: 'connected' })
    expect(made.baileys.sockets).toHaveLength(3)
  })

  it('is not hurried', async () => {
    const made = await restored({ replacedDelayMs: 60_000 })
    await made.socket().close(440)
    await pass(20_000)
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'reconnecting', reason: 'connection_replaced' })
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(1)
  })
})

describe('a rate limit', () => {
  it('is waited for, and remembered across a restart', async () => {
    const made = await restored()
    await made.socket().close(429)
    await pass(10)
    const until = new Date(made.events('disconnected')[0]?.nextRetryAt ?? 0)
    expect(until.getTime() - Date.now()).toBeGreaterThan(4 * MINUTE_MS)
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')?.verdict).toEqual({ kind: 'rate_limited', until })
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'retrying', reason: 'rate_limited' })
    expect(await within(next.sessions.connect('s'))).toMatchObject({ status: 'reconnecting', reason: 'rate_limited', nextRetryAt: until })
    await pass(4 * MINUTE_MS)
    expect(next.baileys.sockets).toHaveLength(0)
    await pass(2 * MINUTE_MS)
    expect(await status(next)).toMatchObject({ status: 'connected' })
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')?.verdict).toBeNull()
  })

  it('whoever connects a stopped session during one is not forgotten by a restart', async () => {
    const made = await restored()
    await made.socket().close(429)
    await pass(10)
    await within(made.sessions.stop('s'))
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'reconnecting', reason: 'rate_limited' })
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.restoreAll())).toMatchObject({ retrying: [{ sessionId: 's', reason: 'rate_limited' }], skipped: [] })
    await pass(6 * MINUTE_MS)
    expect(await status(next)).toMatchObject({ status: 'connected' })
  })

  it('a restore by status that meets one answers reconnecting', async () => {
    const made = scenario()
    await made.store.seed('s', {}, { verdict: { kind: 'rate_limited', until: new Date(Date.now() + MINUTE_MS) } })
    await within(made.sessions.getStatus('s'))
    await pass(10)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting', reason: 'rate_limited' })
    await pass(MINUTE_MS)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it('while pairing ends the pairing', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    await made.socket().close(429)
    await pass(10 * MINUTE_MS)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason: 'rate_limited' })
    expect(made.baileys.sockets).toHaveLength(1)
  })
})

describe('a restriction', () => {
  const banned = { code: 403, data: { reason: '403', expire: '3600' } }

  it.each([402, 403, 406])('%i: failed, remembered, not dialled by a restart', async (code) => {
    const made = scenario({ script: refusing(code) })
    await made.store.seed('s')
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'restricted' })
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'restricted' })
    expect(next.baileys.sockets).toHaveLength(0)
  })

  it('with a date is over then', async () => {
    const made = await restored()
    const until = new Date(Date.now() + 3_600_000)
    await made.socket().close(closeError(banned))
    await pass(10)
    expect(await status(made)).toMatchObject({ status: 'failed', reason: 'restricted', restrictedUntil: until })
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.getStatus('s'))).toMatchObject({ status: 'failed', reason: 'restricted', restrictedUntil: until })
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'restricted' })
    await pass(3_600_000)
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
  })

  it('a person may try, and force', async () => {
    const made = scenario({ script: refusing(403) })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'failed', reason: 'restricted' })
    expect(await within(made.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'failed', reason: 'restricted' })
    expect(made.baileys.sockets).toHaveLength(3)
    made.script = welcoming
    expect(await within(made.sessions.restoreSession('s', { force: true }))).toMatchObject({ outcome: 'restored' })
    expect(decodeLifecycle((await made.store.text('s', 'lifecycle')) ?? '')?.verdict).toBeNull()
  })
})

describe('an outdated client', () => {
  it('that is linked: dials with what is there, asks for the version once, backs off slowly, and gives up', async () => {
    let asked = 0
    const made = scenario({
      script: refusing(405),
      retry: { jitter: 'none', maxRetries: 0 },
      version: async () => {
        asked += 1
        return [2, 3000, asked]
      },
    })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(60 * MINUTE_MS)
    expect(await status(made)).toMatchObject({ status: 'failed', reason: 'client_outdated' })
    expect(made.baileys.sockets).toHaveLength(5)
    expect(made.baileys.configs.map(({ version }) => version?.[2])).toEqual([undefined, 1, 1, 1, 1])
    expect(asked).toBe(1)
  })

  it('goes on with a version that is accepted', async () => {
    let newest = 1
    const made = scenario({ version: async () => [2, 3000, newest] })
    made.script = (socket, index) => {
      ;(socket.config.version?.[2] === 1 ? refusing(405) : welcoming)(socket, index)
    }
    await made.store.seed('s')
    const restoring = made.sessions.restoreSession('s')
    newest = 2
    expect(await within(restoring)).toMatchObject({ outcome: 'restored' })
  })
})

describe('what only a person can mend', () => {
  it('a multi-device mismatch', async () => {
    const made = await restored()
    await made.socket().close(411)
    await pass(10 * MINUTE_MS)
    expect(await status(made)).toMatchObject({ status: 'failed', reason: 'multi_device_mismatch' })
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('a pairing that nobody scans', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    await made.socket().expireQr()
    await pass(10 * MINUTE_MS)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason: 'pairing_expired' })
    expect(made.baileys.sockets).toHaveLength(1)
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
  })

  it('a pairing that is cut off by the network goes on, within its bounds', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    await made.socket().close(428)
    await pass(1100)
    expect(await status(made)).toMatchObject({ status: 'pairing' })
    made.script = refusing(428)
    await made.socket().close(428)
    await pass(10 * MINUTE_MS)
    expect(await status(made)).toMatchObject({ status: 'disconnected' })
    expect(made.baileys.sockets.length).toBeLessThanOrEqual(5)
  })
})

describe('an answer to the upgrade', () => {
  it.each([401, 429, 503])('HTTP %i is trouble of the transport, whatever its number', async (statusCode) => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(10)
    made.socket().ws.emit('unexpected-response', {}, { statusCode, resume: () => undefined })
    await pass(10)
    expect(made.events('disconnected')).toMatchObject([{ cause: 'transport_failed', code: statusCode, willRetry: true }])
    made.script = welcoming
    await pass(5000)
    expect(await status(made)).toMatchObject({ status: 'connected' })
  })
})

describe('what failed in this process', () => {
  const atOnce = { replacedDelayMs: 0, restore: { delayMs: 0 }, retry: { initialDelayMs: 0 }, reconnect: { initialDelayMs: 0 } }

  it.each([
    [440, 'connection_replaced'],
    [411, 'multi_device_mismatch'],
    [405, 'client_outdated'],
  ] as const)('%i: restoreAll leaves it, with the reason; a person and a new process try again', async (code, reason) => {
    const made = scenario({ ...atOnce, script: refusing(code) })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await pass(1000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'failed', reason })
    const dials = made.baileys.sockets.length
    made.script = welcoming
    expect(await within(made.sessions.restoreAll())).toMatchObject({ total: 1, skipped: [{ sessionId: 's', outcome: 'skipped', reason }] })
    expect(made.baileys.sockets).toHaveLength(dials)
    const next = scenario({ ...atOnce, store: made.store })
    await within(made.sessions.close())
    expect(await within(next.sessions.restoreAll())).toMatchObject({ restored: [{ sessionId: 's' }] })
  })
})
