import { describe, expect, it } from 'vitest'
import { inFakeTime, pass, refusing, scenario, welcoming, within, type Scenario } from '../support/scenario.js'

inFakeTime()

/** A session whose next attempt is a minute away. */
async function reconnecting(): Promise<Scenario> {
  const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 60_000 } })
  await made.store.seed('s')
  await within(made.sessions.restoreSession('s'))
  await made.socket().close(428)
  return made
}

describe('somebody who asks for a session that waits', () => {
  it.each(['connect', 'restoreSession'] as const)('%s brings the next attempt forward', async (verb) => {
    const made = await reconnecting()
    await pass(5000)
    await within<unknown>(made.sessions[verb]('s'))
    await pass(10)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(made.baileys.sockets).toHaveLength(2)
  })

  it.each(['connect', 'restoreSession'] as const)(
    '%s does not do so within 5 s of the loss: a page that is reloaded must not become a storm (invariant 10)',
    async (verb) => {
      const made = await reconnecting()
      for (let time = 0; time < 20; time += 1) {
        await within<unknown>(made.sessions[verb]('s'))
        await pass(240)
      }
      expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting' })
      expect(made.baileys.sockets).toHaveLength(1)
    },
  )

  it('a status does not (invariant 8)', async () => {
    const made = await reconnecting()
    await pass(10_000)
    for (let time = 0; time < 20; time += 1) await made.sessions.getStatus('s')
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('an attempt that was brought forward and fails does not start the back-off over (invariant 11)', async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 10_000, maxDelayMs: 1_000_000 } })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.script = refusing(428)
    await made.socket().close(428)
    await pass(6000)
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'reconnecting' })
    await pass(10)
    const { nextRetryAt, attempt } = await made.sessions.getStatus('s')
    expect([attempt, Math.round(((nextRetryAt?.getTime() ?? 0) - Date.now()) / 1000)]).toEqual([2, 20])
  })

  it('does not hurry a session that waits out a rate limit', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await made.socket().close(429)
    await pass(30_000)
    await within(made.sessions.connect('s'))
    await within(made.sessions.restoreSession('s'))
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('does not hurry a session whose store is down: the back-off is its own, whoever asks', async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 60_000 }, retry: { jitter: 'none', initialDelayMs: 60_000, maxDelayMs: 60_000 } })
    await made.store.seed('s')
    made.store.before = ({ verb }) => {
      if (verb === 'read') throw new Error('ECONNREFUSED')
    }
    let calls = 0
    made.sessions.on('status', ({ status }) => {
      if (status === 'reconnecting' && calls++ < 50) void made.sessions.connect('s')
    })
    await within(made.sessions.connect('s'))
    const asked = made.store.count('read')
    for (let time = 0; time < 20; time += 1) {
      expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
      await pass(2000)
    }
    expect([made.store.count('read'), calls]).toEqual([asked, 1])
    made.store.before = () => undefined
    await pass(30_000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it('a logout does, at once', async () => {
    const made = await reconnecting()
    await pass(100)
    made.script = welcoming
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: true })
    expect(made.baileys.sockets).toHaveLength(2)
  })
})
