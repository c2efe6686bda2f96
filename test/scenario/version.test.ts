import { Agent } from 'node:https'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SocketConfig, VersionProvider } from '../../src/index.js'
import { deferred, never } from '../support/deferred.js'
import { inFakeTime, pass, refusing, scenario, welcoming, within, type Scenario, type ScenarioOptions } from '../support/scenario.js'
import { dispatcher, MANY, network, requests, seedLinked, type Version, versionsOf, WHATSAPP, worker } from '../support/version-look-ups.js'

inFakeTime()

const agent = new Agent()

const versionErrors = (made: Scenario): string[] => made.events('error').map(({ sessionId, error }) => `${String(sessionId)} ${error.code} ${error.message}`)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a provider of the application', () => {
  it('is waited for by a pairing, and gives its version', async () => {
    const answer = deferred<Version>()
    const made = scenario({ version: () => answer.promise })
    const pairing = made.sessions.connect('s')
    await pass(4000)
    expect(made.baileys.sockets).toHaveLength(0)
    answer.resolve([2, 3000, 7])
    expect(await within(pairing)).toMatchObject({ status: 'pairing' })
    expect(versionsOf(made)).toEqual([[2, 3000, 7]])
  })

  it('is asked for a pairing also where socketConfig holds a version or an address; the version of socketConfig is used', async () => {
    const version = vi.fn<VersionProvider>(() => never())
    const made = scenario({ version, socketConfig: { version: [2, 1, 1], waWebSocketUrl: 'ws://127.0.0.1:9' } })
    await within(made.sessions.connect('s'), 1000)
    expect(versionsOf(made)).toEqual([[2, 1, 1]])
    expect(version).toHaveBeenCalledTimes(1)
  })

  it('does not replace the version that socketConfig holds for a session, also when it has answered', async () => {
    const made = scenario({ version: async () => [2, 3000, 7], socketConfig: (sessionId) => (sessionId === 'own' ? { version: [2, 1, 1] } : {}) })
    for (const sessionId of ['s', 'own']) await within(made.sessions.connect(sessionId))
    expect(versionsOf(made)).toEqual([
      [2, 3000, 7],
      [2, 1, 1],
    ])
  })

  it('gives its version where socketConfig holds an undefined one', async () => {
    const made = scenario({ version: async () => [2, 3000, 7], socketConfig: { version: undefined } as unknown as SocketConfig })
    await within(made.sessions.connect('s'))
    expect(versionsOf(made)).toEqual([[2, 3000, 7]])
  })

  it('is asked once for 100 pairings at once', async () => {
    const version = vi.fn<VersionProvider>(async () => [2, 3000, 7])
    const made = scenario({ version, ...MANY })
    await within(Promise.all(Array.from({ length: 100 }, (_, index) => made.sessions.connect(`s${index}`))))
    expect(version).toHaveBeenCalledTimes(1)
    expect(versionsOf(made)).toEqual(Array.from({ length: 100 }, () => [2, 3000, 7]))
  })

  it('that hangs holds 100 restores up neither by itself nor by the pairings that wait for it', async () => {
    const answer = deferred<Version>()
    const version = vi.fn(() => answer.promise)
    const made = scenario({ version, ...MANY })
    const ids = await seedLinked(made, 100)
    // More than may dial at once.
    const pairings = Array.from({ length: 30 }, (_, index) => made.sessions.connect(`new-${index}`))
    await pass(10)
    expect([made.baileys.sockets.length, version.mock.calls.length]).toEqual([0, 1])
    const results = await within(Promise.all(ids.map((id) => made.sessions.restoreSession(id))), 1000)
    expect(results.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'restored'))
    expect(versionsOf(made)).toEqual(ids.map(() => undefined))
    answer.resolve([2, 3000, 7])
    await within(Promise.all(pairings))
    expect(versionsOf(made).slice(100)).toEqual(pairings.map(() => [2, 3000, 7]))
    expect(version).toHaveBeenCalledTimes(1)
  })

  it('is not asked for a restore, nor for a reconnect', async () => {
    const version = vi.fn<VersionProvider>(() => never())
    const made = scenario({ version })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'), 1000)
    await made.socket().close(428)
    await pass(5000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect([versionsOf(made), version.mock.calls.length]).toEqual([[undefined, undefined], 0])
  })

  it('serves linked sessions with what a pairing got last, and the restart after a pairing', async () => {
    const made = scenario({ version: async () => [2, 3000, 7] })
    await made.store.seed('linked')
    await within(made.sessions.connect('new'))
    made.socket().pairSuccess({ phone: '491510000009' })
    await made.socket().close(515)
    await within(made.sessions.waitUntilConnected('new'))
    await within(made.sessions.restoreSession('linked'))
    expect(versionsOf(made)).toEqual([
      [2, 3000, 7],
      [2, 3000, 7],
      [2, 3000, 7],
    ])
  })

  it('that hangs holds a pairing up for five seconds at most, and is told once for all of them', async () => {
    const made = scenario({ version: () => never(), ...MANY })
    const pairings = Promise.all(['a', 'b', 'c'].map((id) => made.sessions.connect(id)))
    expect(await within(pairings, 5500)).toMatchObject([{ status: 'pairing' }, { status: 'pairing' }, { status: 'pairing' }])
    expect(versionsOf(made)).toEqual([undefined, undefined, undefined])
    expect(versionErrors(made)).toEqual([expect.stringMatching(/^null SOCKET_FAILED .* The version provider did not answer within 5000 ms\.$/u)])
  })

  it('does not count as a part of the dial: that has all of connectTimeoutMs', async () => {
    const made = scenario({
      version: () => never(),
      connectTimeoutMs: 4900,
      script: (socket) => {
        setTimeout(() => {
          socket.qr('the-qr')
        }, 4000)
      },
    })
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    expect(made.events('disconnected')).toEqual([])
  })

  it('whose answer comes after the pairing was stopped makes no socket', async () => {
    const answer = deferred<Version>()
    const made = scenario({ version: () => answer.promise })
    const pairing = made.sessions.connect('s').catch(() => undefined)
    await pass(100)
    await within(made.sessions.stop('s'))
    answer.resolve([2, 3000, 7])
    await within(pairing)
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(0)
  })

  it('that hangs does not hold the end of the manager up', async () => {
    const made = scenario({ version: () => never() })
    const pairing = made.sessions.connect('s').catch(() => undefined)
    await pass(100)
    expect(await within(made.sessions.close(), 100)).toEqual({ closed: ['s'], notDrained: [] })
    await within(pairing)
    expect(vi.getTimerCount()).toBe(0)
    expect(versionErrors(made)).toEqual([])
  })
})

describe('without the option', () => {
  it("a pairing looks WhatsApp's own number up, once for 100 at once", async () => {
    const fetch = network(async () => worker(777))
    const made = scenario({ defaults: WHATSAPP, ...MANY })
    await within(Promise.all(Array.from({ length: 100 }, (_, index) => made.sessions.connect(`s${index}`))))
    expect(versionsOf(made)).toEqual(Array.from({ length: 100 }, () => [2, 3000, 777]))
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(['https://web.whatsapp.com/sw.js'])
  })

  it.each<[name: string, options: ScenarioOptions]>([
    ['with a Baileys that says nothing of its address, as FakeBaileys', {}],
    ['with a Baileys that dials another address by itself', { defaults: { ...WHATSAPP, waWebSocketUrl: 'ws://127.0.0.1:9' } }],
    ["with a Baileys that dials an address which only looks like WhatsApp's", { defaults: { ...WHATSAPP, waWebSocketUrl: 'wss://notwhatsapp.com/' } }],
    ['with a Baileys whose address is none', { defaults: { ...WHATSAPP, waWebSocketUrl: 'nowhere' } }],
    ['when socketConfig holds a version', { defaults: WHATSAPP, socketConfig: { version: [2, 1, 1] } }],
    ['when socketConfig holds an address', { defaults: WHATSAPP, socketConfig: { waWebSocketUrl: 'wss://web.whatsapp.com/ws/chat' } }],
    ['when the version is left to Baileys', { defaults: WHATSAPP, version: 'baileys' }],
  ])('nothing is asked %s: not for a pairing, and not after a 405', async (_name, options) => {
    const fetch = network(async () => worker(777))
    const made = scenario({
      ...options,
      script: (socket, index) => {
        ;(index === 0 ? refusing(405) : welcoming)(socket, index)
      },
    })
    await within(made.sessions.connect('s'))
    await pass(60_000)
    expect(made.baileys.sockets.length).toBeGreaterThan(1)
    expect(fetch).not.toHaveBeenCalled()
    expect(versionErrors(made)).toEqual([])
  })

  it('nothing is asked for restores', async () => {
    const fetch = network(() => never())
    const made = scenario({ defaults: WHATSAPP, ...MANY, restore: { delayMs: 0, concurrency: 100 } })
    await seedLinked(made, 100)
    expect(await within(made.sessions.restoreAll(), 1000)).toMatchObject({ total: 100, failed: [], retrying: [] })
    expect(fetch).not.toHaveBeenCalled()
  })

  it('a network that is down is told once a minute at most, however many phones are to be linked', async () => {
    network(() => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }) })))
    const made = scenario({ defaults: WHATSAPP, ...MANY })
    for (let index = 0; index < 20; index += 1) await within(made.sessions.connect(`s${index}`))
    expect(versionsOf(made)).toEqual(Array.from({ length: 20 }, () => undefined))
    expect(versionErrors(made)).toEqual([
      'null SOCKET_FAILED The version of WhatsApp Web could not be looked up, so the last good one is used, or else the one built into Baileys. web.whatsapp.com: ENOTFOUND. raw.githubusercontent.com: ENOTFOUND.',
    ])
  })

  it("a number in Baileys' repository that is older than the installed Baileys lowers nothing", async () => {
    network(async (url) => (url.includes('whatsapp') ? new Response('', { status: 403 }) : new Response('const version = [2, 3000, 99]')))
    const made = scenario({ defaults: WHATSAPP })
    await within(made.sessions.connect('s'))
    expect(versionsOf(made)).toEqual([undefined])
    expect(versionErrors(made)).toHaveLength(1)
  })

  it('the end of the manager ends the requests', async () => {
    const fetch = network(
      (_url, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'))
          })
        }),
    )
    const made = scenario({ defaults: WHATSAPP })
    const pairing = made.sessions.connect('s').catch(() => undefined)
    await pass(100)
    await within(made.sessions.close(), 100)
    await within(pairing)
    expect(fetch.mock.calls.map(([, { signal }]) => signal.aborted)).toEqual([true])
  })
})

describe('with a proxy', () => {
  it.each<[name: string, config: SocketConfig]>([
    ['an agent', { agent }],
    ['an agent for media', { fetchAgent: agent }],
    ['an agent of axios', requests({ httpsAgent: agent })],
    ['a proxy of axios', requests({ proxy: { host: '127.0.0.1', port: 3128 } })],
  ])('and no dispatcher (%s) nothing is looked up around it; that is told once, and how to mend it', async (_name, config) => {
    const fetch = network(async () => worker(777))
    const made = scenario({ defaults: WHATSAPP, socketConfig: config, ...MANY })
    for (let index = 0; index < 5; index += 1) await within(made.sessions.connect(`s${index}`))
    expect(fetch).not.toHaveBeenCalled()
    expect(versionsOf(made)).toEqual(Array.from({ length: 5 }, () => undefined))
    expect(versionErrors(made)).toEqual([
      expect.stringMatching(/^null SOCKET_FAILED .*an agent.*`version: latestWaWebVersion\(\{ fetch, dispatcher \}\)`.*`version: 'baileys'`/u),
    ])
  })

  it.each<[name: string, config: SocketConfig]>([
    ['options', { agent, ...requests({ dispatcher }) }],
    ['fetchAgent', { agent, fetchAgent: dispatcher as unknown as Agent }],
  ])('and a dispatcher in %s both hosts are asked by that', async (_name, config) => {
    const fetch = network(async (url) => (url.includes('whatsapp') ? new Response('', { status: 403 }) : new Response('const version = [2, 3000, 888]')))
    const made = scenario({ defaults: WHATSAPP, socketConfig: config })
    await within(made.sessions.connect('s'))
    expect(versionsOf(made)).toEqual([[2, 3000, 888]])
    expect(fetch.mock.calls.map(([, init]) => init.dispatcher)).toEqual([dispatcher, dispatcher])
    expect(versionErrors(made)).toEqual([])
  })

  it('of one session, another without one may ask, and the first takes what that got', async () => {
    const fetch = network(async () => worker(777))
    const made = scenario({ defaults: WHATSAPP, socketConfig: (sessionId) => (sessionId === 'direct' ? {} : { agent }) })
    await within(made.sessions.connect('proxied'))
    expect(fetch).not.toHaveBeenCalled()
    await within(made.sessions.connect('direct'))
    await within(made.sessions.connect('proxied too'))
    expect(versionsOf(made)).toEqual([undefined, [2, 3000, 777], [2, 3000, 777]])
    expect(fetch.mock.calls.map(([, init]) => init.dispatcher)).toEqual([undefined])
  })

  it('and two sessions that ask at once, one look-up goes through the proxy of the first', async () => {
    const fetch = network(async () => worker(777))
    const others = { dispatch: () => true }
    const made = scenario({
      defaults: WHATSAPP,
      socketConfig: (sessionId) => ({ agent, ...requests({ dispatcher: sessionId === 'a' ? dispatcher : others }) }),
    })
    await within(Promise.all([made.sessions.connect('a'), made.sessions.connect('b')]))
    expect(fetch.mock.calls.map(([, init]) => init.dispatcher)).toEqual([dispatcher])
    expect(versionsOf(made)).toEqual([
      [2, 3000, 777],
      [2, 3000, 777],
    ])
  })

  it('a 405 of a linked session does not make anybody ask around it', async () => {
    const fetch = network(async () => worker(777))
    const made = scenario({ defaults: WHATSAPP, socketConfig: { agent }, script: refusing(405) })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(60_000)
    expect(fetch).not.toHaveBeenCalled()
  })
})
