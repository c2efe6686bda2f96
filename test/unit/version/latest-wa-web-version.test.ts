import { fetch as undiciFetch, ProxyAgent } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import { latestWaWebVersion, type LatestVersionOptions, type VersionFetch } from '../../../src/index.js'
import { ConnectProxy } from '../../support/connect-proxy.js'
import { baileysSource, breaks, isSilent, refuses, says, VersionServer, worker, type Answer } from '../../support/version-server.js'

const OWN = [2, 3000, 1_047_506_285]
const PUBLISHED = [2, 3000, 1_035_194_821]
const HOURS = 3_600_000
const realFetch = globalThis.fetch

/** Time enough for loopback; little for what never answers. */
const QUICK: LatestVersionOptions = { timeoutMs: 500 }

describe('what WhatsApp says of itself', () => {
  it('is the version; nobody else is asked', async () => {
    await using server = await VersionServer.start()
    const latest = latestWaWebVersion({ fetch: server.fetch })
    expect(await latest()).toEqual(OWN)
    expect(await latest.lookUp()).toEqual({ version: OWN, maxAgeMs: 6 * HOURS })
    expect(server.asked).toEqual(['web.whatsapp.com', 'web.whatsapp.com'])
    expect(server.headers[0]).toMatchObject({ 'sec-fetch-site': 'none', 'user-agent': expect.stringMatching(/^Mozilla\/5\.0 .* Chrome\//u) })
  })

  it('is asked by the global fetch, where no other is given', async () => {
    await using server = await VersionServer.start()
    const { fetch } = server
    vi.stubGlobal('fetch', (url: string, init: object) => (url.startsWith('https:') ? fetch(url, init) : realFetch(url, init)))
    try {
      expect(await latestWaWebVersion()()).toEqual(OWN)
    } finally {
      vi.unstubAllGlobals()
    }
    expect(server.asked).toEqual(['web.whatsapp.com'])
  })

  it('is followed where it redirects to', async () => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = (response, request) => {
      if (request.url?.endsWith('/moved.js') === true) worker(7)(response, request)
      else response.writeHead(302, { location: server.urlFor('https://web.whatsapp.com/moved.js') }).end()
    }
    expect(await latestWaWebVersion({ fetch: server.fetch })()).toEqual([2, 3000, 7])
    expect(server.asked).toEqual(['web.whatsapp.com', 'web.whatsapp.com'])
  })

  it('may be part of a very long answer, of which no more than four MiB are read', async () => {
    await using server = await VersionServer.start()
    let sent = 0
    server.answers['web.whatsapp.com'] = (response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x')
      response.write('{"client_revision":9,"rest":"')
      const push = (): void => {
        for (let room = true; room && !response.destroyed;) {
          room = response.write(chunk)
          sent += chunk.length
        }
      }
      response.on('drain', push)
      push()
    }
    expect(await latestWaWebVersion({ fetch: server.fetch })()).toEqual([2, 3000, 9])
    await vi.waitFor(() => {
      expect(server.pending).toBe(0)
    })
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  it('is kept for as long as the option says', async () => {
    await using server = await VersionServer.start()
    expect(await latestWaWebVersion({ fetch: server.fetch, maxAgeMs: 1000 }).lookUp()).toEqual({ version: OWN, maxAgeMs: 1000 })
  })
})

describe('when WhatsApp does not say', () => {
  const TROUBLES: [name: string, answer: Answer][] = [
    ['no such file', refuses(404)],
    ['not you', refuses(403)],
    ['an error', refuses(500)],
    ['a page to log in at', says('<!doctype html><title>WhatsApp</title>')],
    ['an empty answer', says('')],
    ['half a number', says('{"client_revision":10475')],
    ['a connection that breaks', breaks],
    [
      'a body that breaks',
      (response) => {
        response.write('{"client_')
        setTimeout(() => response.destroy(), 10)
      },
    ],
    [
      'a redirect to itself',
      (response, request) => {
        response.writeHead(302, { location: request.url ?? '' }).end()
      },
    ],
    [
      'a redirect to nothing',
      (response) => {
        response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
      },
    ],
    ['silence', isSilent],
    [
      'a body that never ends',
      (response) => {
        response.write('{"client_')
      },
    ],
  ]

  it.each(TROUBLES)("(%s) the number in Baileys' repository is taken, for ten minutes", async (_name, answer) => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = answer
    expect(await latestWaWebVersion({ ...QUICK, fetch: server.fetch }).lookUp()).toEqual({ version: PUBLISHED, maxAgeMs: 600_000 })
    expect(server.asked.at(-1)).toBe('raw.githubusercontent.com')
  })

  it("nor does Baileys' repository, the look-up rejects, and says why", async () => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = refuses(403)
    server.answers['raw.githubusercontent.com'] = says('404: Not Found')
    const latest = latestWaWebVersion({ ...QUICK, fetch: server.fetch })
    await expect(latest()).rejects.toThrow('web.whatsapp.com: HTTP 403. raw.githubusercontent.com: no version in the answer.')
  })

  it('and the network is gone, the reason is that of the network', async () => {
    const gone: VersionFetch = (url) => fetch(url.replace(/^https:..[^/]*/u, 'http://127.0.0.1:1'))
    await expect(latestWaWebVersion({ fetch: gone })()).rejects.toThrow(/^web\.whatsapp\.com: .*\. raw\.githubusercontent\.com: /u)
  })

  it('the look-up ends at its deadline, and its requests with it', async () => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = isSilent
    server.answers['raw.githubusercontent.com'] = isSilent
    const latest = latestWaWebVersion({ timeoutMs: 100, fetch: server.fetch })
    await expect(latest()).rejects.toThrow('web.whatsapp.com: no answer within 60 ms. raw.githubusercontent.com: no answer within 40 ms.')
    await vi.waitFor(() => {
      expect(server.pending).toBe(0)
    })
  })

  it('with an answer that never ends, that is not waited for, nor left open', async () => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = (response) => {
      response.writeHead(403).write('<html>')
    }
    expect(await latestWaWebVersion({ fetch: server.fetch })()).toEqual(PUBLISHED)
    await vi.waitFor(() => {
      expect(server.pending).toBe(0)
    })
  })

  it('the look-up ends with its signal, and asks nobody else', async () => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = isSilent
    const ending = new AbortController()
    const looking = latestWaWebVersion({ fetch: server.fetch }).lookUp({}, ending.signal)
    await vi.waitFor(() => {
      expect(server.asked).toHaveLength(1)
    })
    ending.abort(new Error('closed'))
    await expect(looking).rejects.toThrow('closed')
    await vi.waitFor(() => {
      expect(server.pending).toBe(0)
    })
    expect(server.asked).toEqual(['web.whatsapp.com'])
  })

  it.each([
    ['older than', 1_035_194_822],
    ['the same as', 1_035_194_821],
  ])('a number in the repository that is %s the built-in one is of no use', async (_name, revision) => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = refuses(403)
    const looking = latestWaWebVersion({ fetch: server.fetch }).lookUp({ builtIn: [2, 3000, revision] })
    await expect(looking).rejects.toThrow(/HTTP 403\. Baileys' repository has 2\.3000\.1035194821, which is not newer than the installed one\./u)
  })

  it('a number in the repository that is newer than the built-in one is taken', async () => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = refuses(403)
    server.answers['raw.githubusercontent.com'] = baileysSource(8)
    expect(await latestWaWebVersion({ fetch: server.fetch, maxAgeMs: 1000 }).lookUp({ builtIn: [2, 3000, 7] })).toEqual({
      version: [2, 3000, 8],
      maxAgeMs: 1000,
    })
  })
})

describe('the way', () => {
  const [own, ofSession] = [{ name: 'own' }, { name: 'session' }]

  it.each([
    ['none', {}, {}, undefined],
    ['the dispatcher of the session', {}, { dispatcher: ofSession }, ofSession],
    ['its own dispatcher', { dispatcher: own }, {}, own],
    ['its own dispatcher before that of the session', { dispatcher: own }, { dispatcher: ofSession }, own],
  ])('is %s, for both hosts', async (_name, options, question, expected) => {
    await using server = await VersionServer.start()
    server.answers['web.whatsapp.com'] = refuses(403)
    const ways: unknown[] = []
    const fetch: VersionFetch = (url, init) => {
      const { dispatcher, ...rest } = init as { dispatcher?: unknown }
      ways.push(dispatcher)
      return server.fetch(url, rest)
    }
    await latestWaWebVersion({ ...options, fetch }).lookUp(question)
    expect(ways).toEqual([expected, expected])
  })

  it.each([
    ['a session without a proxy', {}, {}, false],
    ['a session with a proxy', {}, { isProxied: true }, true],
    ['a session with a proxy and a dispatcher', {}, { isProxied: true, dispatcher: ofSession }, false],
    ['a session with a proxy, by a dispatcher of its own', { dispatcher: own }, { isProxied: true }, false],
    ['a session with a proxy, by a fetch of its own alone', { fetch: () => Promise.reject(new Error('unused')) }, { isProxied: true }, true],
  ])('for %s', (_name, options, question, bypasses) => {
    expect(latestWaWebVersion(options).bypassesProxy(question)).toBe(bypasses)
  })

  it('through a ProxyAgent of undici is never left: not by the second host, and not by a redirect', async () => {
    await using server = await VersionServer.start()
    await using proxy = await ConnectProxy.start(server.port)
    server.answers['web.whatsapp.com'] = (response) => {
      response.writeHead(302, { location: 'http://moved.example/sw.js' }).end()
    }
    const dispatcher = new ProxyAgent(proxy.url)
    try {
      // Without TLS: who looks into the tunnels is no part of this.
      const fetch: VersionFetch = (url, init) => undiciFetch(url.replace('https:', 'http:'), init)
      expect(await latestWaWebVersion({ fetch, dispatcher })()).toEqual(PUBLISHED)
    } finally {
      await dispatcher.close()
    }
    expect(proxy.tunnels).toEqual(['web.whatsapp.com:80', 'moved.example:80', 'raw.githubusercontent.com:80'])
    expect(server.asked).toEqual(['web.whatsapp.com', 'moved.example', 'raw.githubusercontent.com'])
  })

  it('through a proxy that is down leads nowhere', async () => {
    const dispatcher = new ProxyAgent('http://127.0.0.1:1')
    try {
      await expect(latestWaWebVersion({ fetch: undiciFetch, dispatcher })()).rejects.toThrow(
        'web.whatsapp.com: ECONNREFUSED. raw.githubusercontent.com: ECONNREFUSED.',
      )
    } finally {
      await dispatcher.close()
    }
  })

  it('of another undici than the fetch is told as that', async () => {
    const mixed: VersionFetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('invalid onRequestStart method'), { code: 'UND_ERR_INVALID_ARG' }) }))
    await expect(latestWaWebVersion({ fetch: mixed, dispatcher: {} })()).rejects.toThrow(
      /web\.whatsapp\.com: UND_ERR_INVALID_ARG \(the dispatcher and the fetch come from different versions of undici/u,
    )
  })
})

describe('options that make no sense', () => {
  it.each<[options: unknown, error: typeof TypeError | typeof RangeError, message: RegExp]>([
    [null, TypeError, /"options" must be an object, but is null/u],
    [5, TypeError, /"options" must be an object, but is 5/u],
    [{ fetch: 'fetch' }, TypeError, /"fetch" must be a function, but is "fetch"/u],
    [{ dispatcher: 'http://proxy:3128' }, TypeError, /"dispatcher" must be an object/u],
    [{ timeoutMs: '5' }, TypeError, /"timeoutMs" must be a number, but is "5"/u],
    [{ timeoutMs: 0 }, RangeError, /"timeoutMs" must be at least 1/u],
    [{ timeoutMs: Infinity }, RangeError, /"timeoutMs".*but is Infinity/u],
    [{ maxAgeMs: -1 }, RangeError, /"maxAgeMs" must be at least 0/u],
    [{ maxAgeMs: NaN }, RangeError, /"maxAgeMs".*but is NaN/u],
  ])('%j', (options, error, message) => {
    expect(() => latestWaWebVersion(options as LatestVersionOptions)).toThrow(error)
    expect(() => latestWaWebVersion(options as LatestVersionOptions)).toThrow(message)
  })
})
