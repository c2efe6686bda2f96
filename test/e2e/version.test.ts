// @module-tag full
import * as baileys from '@whiskeysockets/baileys'
import { Agent } from 'node:https'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { fetch as undiciFetch, ProxyAgent } from 'undici'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { latestWaWebVersion, MemorySessionStore, SessionManager, type SessionManagerOptions, type VersionFetch } from '../../src/index.js'
import { ConnectProxy } from '../support/connect-proxy.js'
import { openWorld, QUICK_BACK_OFF, type World } from '../support/e2e.js'
import { isSilent, refuses, VersionServer, worker } from '../support/version-server.js'

/** Higher than any that a published Baileys has built in. */
const LOWEST: baileys.WAVersion = [2, 3000, 1_047_506_285]
const BUILT_IN = baileys.DEFAULT_CONNECTION_CONFIG.version.join('.')

/** What the server was told by those who wanted to link. */
const triedVersions = ({ server }: World): (string | null)[] => server.registrations().map(({ version }) => version)

const versionErrors = (world: World, manager: SessionManager): string[] =>
  world
    .eventsOf(manager)
    .of('error')
    .map(({ error }) => error.message)
    .filter((message) => message.startsWith('The version of WhatsApp Web'))

describe('a WhatsApp that refuses new links to the version which Baileys has built in', () => {
  it('refuses a session that leaves the version to Baileys, and the status says so', async () => {
    await using world = await openWorld({ requireVersion: LOWEST })
    const manager = world.makeManager({ version: 'baileys' })
    const refused = world.eventsOf(manager).nextStatus('shop', 'disconnected', 'client_outdated')
    await manager.connect('shop')
    expect(await refused).toMatchObject({ message: expect.stringContaining(BUILT_IN) })
    expect(triedVersions(world)).toEqual([BUILT_IN, BUILT_IN])
  })

  it("links one that looks WhatsApp's own number up", async () => {
    await using hosts = await VersionServer.start()
    await using world = await openWorld({ requireVersion: LOWEST })
    const manager = world.makeManager({ version: latestWaWebVersion({ fetch: hosts.fetch }) })
    await world.pair(manager, 'shop')
    expect(triedVersions(world)).toEqual([LOWEST.join('.')])
    expect(hosts.asked).toEqual(['web.whatsapp.com'])
  })

  it('links one whose version was good until a moment ago, after that was looked up again', async () => {
    await using hosts = await VersionServer.start()
    await using world = await openWorld({ requireVersion: LOWEST })
    hosts.answers['web.whatsapp.com'] = worker(1_047_506_284)
    const manager = world.makeManager({ version: latestWaWebVersion({ fetch: hosts.fetch }) })
    manager.once('disconnected', () => {
      hosts.answers['web.whatsapp.com'] = worker(1_047_506_285)
    })
    await world.pair(manager, 'shop')
    expect(triedVersions(world)).toEqual(['2.3000.1047506284', '2.3000.1047506285'])
  })

  it('resumes linked sessions, however old their version is', { tags: 'full' }, async () => {
    await using world = await openWorld({ requireVersion: LOWEST })
    const manager = world.makeManager({ version: 'baileys' })
    await world.link('shop')
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  })
})

describe('a look-up that gets no answer', () => {
  it('holds a pairing up for its deadline, and is told; the phone is linked with the version built in', { tags: 'full' }, async () => {
    await using hosts = await VersionServer.start()
    await using world = await openWorld()
    hosts.answers['web.whatsapp.com'] = isSilent
    hosts.answers['raw.githubusercontent.com'] = isSilent
    const manager = world.makeManager({ version: latestWaWebVersion({ fetch: hosts.fetch, timeoutMs: 100 }) })
    await world.pair(manager, 'shop')
    expect(triedVersions(world)).toEqual([BUILT_IN])
    expect(versionErrors(world, manager)).toEqual([
      expect.stringContaining('web.whatsapp.com: no answer within 60 ms. raw.githubusercontent.com: no answer within 40 ms.'),
    ])
  })

  it('holds no restore up: all are back while a pairing still waits for it', { tags: 'full' }, async () => {
    await using hosts = await VersionServer.start()
    await using world = await openWorld()
    hosts.answers['web.whatsapp.com'] = isSilent
    const manager = world.makeManager({ version: latestWaWebVersion({ fetch: hosts.fetch, timeoutMs: 600_000 }) })
    const ids = Array.from({ length: 10 }, (_, index) => `shop-${index}`)
    for (const id of ids) await world.link(id)
    const pairing = manager.connect('new').catch((error: unknown) => error)
    await vi.waitFor(() => {
      expect(hosts.asked).toHaveLength(1)
    }, 10_000)
    const results = await Promise.all(ids.map((id) => manager.restoreSession(id)))
    expect(results.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'restored'))
    expect([hosts.pending, world.server.registrations().length]).toEqual([1, 0])
    await manager.close()
    expect(await pairing).toMatchObject({ code: 'MANAGER_CLOSED' })
  })
})

describe('a session behind a proxy', () => {
  /** Makes connections through a proxy, which ends TLS, too: what is wss at this end is ws at the other. */
  class TunnelAgent extends Agent {
    readonly #proxy: ConnectProxy

    constructor(proxy: ConnectProxy) {
      super()
      this.#proxy = proxy
    }

    override createConnection(_options: object, callback: (error: Error | null, socket: Duplex) => void): undefined {
      const { hostname, port } = new URL(this.#proxy.url)
      const socket = connect(Number(port), hostname, () => {
        socket.write('CONNECT web.whatsapp.com:443 HTTP/1.1\r\n\r\n')
      })
      socket.once('error', (error) => {
        callback(error, socket)
      })
      socket.once('data', () => {
        callback(null, socket)
      })
    }
  }

  /** A manager whose sockets go where Baileys sends them, by an agent. */
  function behind(proxy: ConnectProxy, options: Partial<SessionManagerOptions> = {}, requests: object = {}): SessionManager {
    const agent = new TunnelAgent(proxy)
    const manager = new SessionManager({
      store: new MemorySessionStore(),
      baileys,
      retry: QUICK_BACK_OFF,
      socketConfig: { agent, options: requests },
      ...options,
    })
    onTestFinished(async () => {
      await manager.close()
      agent.destroy()
    })
    return manager
  }

  it('links without a look-up around the proxy, and says how to make one', { tags: 'full' }, async () => {
    await using world = await openWorld()
    await using proxy = await ConnectProxy.start(Number(new URL(world.server.url).port))
    const manager = behind(proxy)
    const told: string[] = []
    manager.on('error', ({ error }) => {
      told.push(error.message)
    })
    // Anything around the proxy would leave this machine, which no test may.
    expect(await manager.connect('a')).toMatchObject({ status: 'pairing' })
    expect(await manager.connect('b')).toMatchObject({ status: 'pairing' })
    expect(proxy.tunnels).toEqual(['web.whatsapp.com:443', 'web.whatsapp.com:443'])
    expect(triedVersions(world)).toEqual([BUILT_IN, BUILT_IN])
    expect(told).toEqual([expect.stringContaining('version: latestWaWebVersion({ fetch, dispatcher })')])
    await manager.close()
  })

  it.each(['of the look-up', 'of the session'])('looks the version up through the proxy with a dispatcher %s, and links', async (whose) => {
    await using hosts = await VersionServer.start()
    await using world = await openWorld({ requireVersion: LOWEST })
    await using toWhatsApp = await ConnectProxy.start(Number(new URL(world.server.url).port))
    await using toHosts = await ConnectProxy.start(hosts.port)
    hosts.answers['web.whatsapp.com'] = refuses(403)
    hosts.answers['raw.githubusercontent.com'] = (response) => {
      response.end('const version = [2, 3000, 1047506285]')
    }
    const dispatcher = new ProxyAgent(toHosts.url)
    onTestFinished(() => dispatcher.close())
    // Without TLS: who looks into the tunnels is no part of this.
    const fetch: VersionFetch = (url, init) => undiciFetch(url.replace('https:', 'http:'), init)
    const isOwn = whose === 'of the look-up'
    const manager = behind(toWhatsApp, { version: latestWaWebVersion({ fetch, ...(isOwn ? { dispatcher } : {}) }) }, isOwn ? {} : { dispatcher })
    expect(await manager.connect('shop')).toMatchObject({ status: 'pairing' })
    expect(triedVersions(world)).toEqual([LOWEST.join('.')])
    expect(toHosts.tunnels).toEqual(['web.whatsapp.com:80', 'raw.githubusercontent.com:80'])
    expect(hosts.asked).toEqual(['web.whatsapp.com', 'raw.githubusercontent.com'])
    await manager.close()
  })
})
