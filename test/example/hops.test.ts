import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Tokens } from '../../examples/express/access/tokens.js'
import { notFound } from '../../examples/express/answers/problem.js'
import { problemOf } from '../../examples/express/answers/problem-of.js'
import { authenticate, callerOf } from '../../examples/express/authentication.js'
import { HopTokens } from '../../examples/express/cluster/hop-tokens.js'
import { OwnerRouting, type RoutedSessions } from '../../examples/express/cluster/owner-routing.js'
import { readBody } from '../../examples/express/request-body.js'
import { SessionError } from '../../src/index.js'
import { ApiClient, inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { SECRET } from './example-server.js'
import { StreamReader } from './stream-reader.js'

const HERE = 'http://here.example'
const HOP_SECRET = 'a secret that only these two processes know'

const tokens = new Tokens(SECRET)

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  // It listens on a port, not on a socket file.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What came to the other process. */
interface Received {
  request: IncomingMessage
  body: string
  response: ServerResponse
}

/** Another process of the cluster, which answers as it is told to. */
async function openOther(answer: (received: Received) => void = ({ response }) => response.end('{}')): Promise<{ address: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      received.push({ request, body, response })
      answer({ request, body, response })
    })
  })
  return { address: await listening(server), received }
}

/** This process, whose sessions all run at an address, as it is told. Its own routes answer with who asks. */
async function openHere(ownerAddress: string | undefined, members: readonly string[], refuse?: () => Error): Promise<{ url: string; client: ApiClient }> {
  const snapshot = { isLocal: refuse !== undefined, ...(ownerAddress === undefined ? {} : { ownerAddress }) }
  const sessions = {
    getStatus: async () => snapshot,
    members: async () => members.map((address) => ({ address, isLocal: false })),
  } as unknown as RoutedSessions
  const routing = new OwnerRouting(sessions, new HopTokens(HOP_SECRET, HERE))
  const application = express()
  application.use('/api', readBody())
  application.use('/api/whatsapp', routing.admit, authenticate(tokens), routing.toOwner)
  application.use('/api/whatsapp', (request, response) => {
    if (refuse !== undefined && request.method === 'POST') throw refuse()
    response.json({ company_id: callerOf(request).companyId, answered: 'here' })
  })
  application.use('/api/whatsapp', routing.afterRefusal)
  application.use(() => {
    throw notFound()
  })
  application.use(((error, _request, response, _next) => {
    const { status, body } = problemOf(error)
    response.status(status).json(body)
  }) satisfies express.ErrorRequestHandler)
  const url = await listening(createServer(application))
  return { url, client: new ApiClient(url, await tokens.issue({ companyId: 'acme', role: 'agent' }, 600)) }
}

describe('a request whose session runs in another process', () => {
  it('arrives there with who asks, and without what the client said of itself', async () => {
    const other = await openOther(({ response }) => {
      response
        .writeHead(202, { 'content-type': 'application/json', 'set-cookie': 'a=b', 'x-more': 'yes', 'keep-alive': 'timeout=99' })
        .end('{"answered":"there"}')
    })
    const { client } = await openHere(other.address, [other.address])
    const outside = {
      cookie: 'session=secret',
      'content-type': 'application/json; charset=utf-8',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=10.0.0.1',
      'x-real-ip': '10.0.0.1',
      te: 'trailers',
      'proxy-authorization': 'Basic eA==',
      'user-agent': 'a test',
    }
    const answer = await client.send('POST', '/api/whatsapp/connect?x=%2F', '{ "company_id": "acme" }', outside)
    expect([answer.status, answer.body]).toEqual([202, { answered: 'there' }])
    expect([answer.headers.get('x-more'), answer.headers.get('set-cookie'), answer.headers.get('keep-alive')]).toEqual([
      'yes',
      null,
      expect.not.stringMatching('99'),
    ])

    const [{ request, body } = expect.fail('Nothing arrived.')] = other.received
    expect([request.method, request.url, body]).toEqual(['POST', '/api/whatsapp/connect?x=%2F', '{"company_id":"acme"}'])
    const { authorization = '', host, ...headers } = request.headers
    expect(`http://${String(host)}`).toBe(other.address)
    expect(headers).toEqual({
      accept: '*/*',
      'accept-language': '*',
      'content-type': 'application/json',
      'content-length': String(body.length),
      'user-agent': 'a test',
      connection: 'close',
    })
    const caller = await new HopTokens(HOP_SECRET, other.address).read(authorization.replace('Hop ', ''), {
      method: 'POST',
      originalUrl: '/api/whatsapp/connect?x=%2F',
      body: { company_id: 'acme' },
    })
    expect(caller).toMatchObject({ companyId: 'acme', role: 'agent' })
  })

  it('may have no body, and may say that it has none', async () => {
    const other = await openOther()
    const { client } = await openHere(other.address, [other.address])
    for (const [method, headers] of [
      ['GET', {}],
      ['GET', { 'content-type': 'application/json' }],
      ['POST', { 'content-length': '0' }],
    ] as const)
      expect(inShort(await client.send(method, '/api/whatsapp/status', undefined, headers))).toBe('200')
    expect(other.received.map(({ body, request }) => [body, request.headers['content-type'], request.headers['transfer-encoding']])).toEqual(
      Array(3).fill(['', undefined, undefined]),
    )
  })

  it('goes nowhere for somebody who is not signed in, or asks for another company', async () => {
    const other = await openOther()
    const { url, client } = await openHere(other.address, [other.address])
    expect(inShort(await new ApiClient(url).get('/api/whatsapp/status'))).toBe('401 unauthorized')
    expect(inShort(await client.get('/api/whatsapp/status?company_id=globex'))).toBe('403 forbidden')
    expect(inShort(await client.post('/api/whatsapp/connect', { company_id: 'globex' }))).toBe('403 forbidden')
    expect(other.received).toEqual([])
  })

  it('goes to no address that is not of a member, whatever the request line says', async () => {
    const [other, outsider] = [await openOther(), await openOther()]
    const { client } = await openHere(outsider.address, [other.address])
    expect((await client.get('/api/whatsapp/status')).body).toEqual({ company_id: 'acme', answered: 'here' })

    const here = await openHere(other.address, [other.address])
    const { hostname, port } = new URL(here.url)
    const { get } = await import('node:http')
    const asked = get({ hostname, port, path: `${outsider.address}/api/whatsapp/status`, headers: here.client.headers })
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    response.resume()
    expect(outsider.received).toEqual([])
  })

  it('is sent to the process that has room, if this one has none', async () => {
    const other = await openOther()
    const refuse = (ownerAddress: string) => () => new SessionError('OWNED_ELSEWHERE', 'No room.', { sessionId: 'acme', owner: 'other', ownerAddress })
    const { client } = await openHere(undefined, [other.address], refuse(other.address))
    expect(inShort(await client.post('/api/whatsapp/connect', { company_id: 'acme' }))).toBe('200')
    expect(other.received.map(({ body }) => body)).toEqual(['{"company_id":"acme"}'])
    const { client: lost } = await openHere(undefined, [other.address], refuse('http://127.0.0.1:9'))
    expect(inShort(await lost.post('/api/whatsapp/connect'))).toBe('409 owned_elsewhere')
  })

  it('is a 503 when that process does not answer', async () => {
    const gone = createServer()
    const address = await listening(gone)
    gone.close()
    const { client } = await openHere(address, [address])
    expect(inShort(await client.get('/api/whatsapp/status'))).toBe('503 owner_unreachable')
  })
})

describe('an event stream of another process', () => {
  const begin = ({ response }: Received): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }).write('event: status\ndata: {"n":1}\n\n')
  }

  it('comes as it is written, and ends when that process ends it', async () => {
    const other = await openOther(begin)
    const { client } = await openHere(other.address, [other.address])
    const reader = await StreamReader.open(client, 'acme')
    expect(reader.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    for (const n of [1, 2, 3]) {
      await eventually(() => {
        expect(reader.events('status').map(({ data }) => data['n'])).toEqual([1, 2, 3].slice(0, n))
      })
      if (n < 3) other.received[0]?.response.write(`event: status\ndata: {"n":${n + 1}}\n\n`)
    }
    expect(reader.hasEnded).toBe(false)
    other.received[0]?.response.end()
    await eventually(() => {
      expect(reader.hasEnded).toBe(true)
    })
  })

  it('ends when that process dies', async () => {
    const other = await openOther(begin)
    const { client } = await openHere(other.address, [other.address])
    const reader = await StreamReader.open(client, 'acme')
    other.received[0]?.response.destroy()
    await eventually(() => {
      expect(reader.hasEnded).toBe(true)
    })
  })

  it('ends there when its client leaves', async () => {
    const other = await openOther(begin)
    const { client } = await openHere(other.address, [other.address])
    const reader = await StreamReader.open(client, 'acme')
    const [{ response } = expect.fail('Nothing arrived.')] = other.received
    const left = once(response, 'close')
    reader.close()
    await left
  })
})

describe('a request that another process has sent on', () => {
  const hop = async (path: string, companyId: string | null, secret = HOP_SECRET): Promise<Record<string, string>> => {
    const caller = { companyId, role: companyId === null ? ('admin' as const) : ('agent' as const), expiresAt: new Date(Date.now() + 60_000) }
    return { authorization: `Hop ${await new HopTokens(secret, 'http://there.example').issue({ method: 'GET', originalUrl: path }, caller, HERE)}` }
  }

  it('is answered for whoever that process has let in', async () => {
    const { url } = await openHere(undefined, [], () => new Error('Unused.'))
    const answer = await new ApiClient(url, undefined, await hop('/api/whatsapp/status', 'globex')).get('/api/whatsapp/status')
    expect(answer.body).toEqual({ company_id: 'globex', answered: 'here' })
  })

  it('is a 409 when its session is not here either, and goes no further', async () => {
    const other = await openOther()
    const { url } = await openHere(other.address, [other.address])
    const answer = await new ApiClient(url, undefined, await hop('/api/whatsapp/status', 'acme')).get('/api/whatsapp/status')
    expect(inShort(answer)).toBe('409 owned_elsewhere')
    expect(other.received).toEqual([])
  })

  it('is refused when no process has sent it on', async () => {
    const other = await openOther()
    const { url, client } = await openHere(other.address, [other.address])
    const forged = [await hop('/api/whatsapp/status', 'acme', SECRET), await hop('/api/whatsapp/history', 'acme'), { authorization: 'Hop x' }]
    for (const headers of forged) expect(inShort(await new ApiClient(url, undefined, headers).get('/api/whatsapp/status'))).toBe('403 forbidden')
    // A token of a user is no hop, and a hop is no token of a user.
    const [, userToken = ''] = /^Bearer (.+)$/u.exec(client.headers['authorization'] ?? '') ?? []
    expect(inShort(await new ApiClient(url, undefined, { authorization: `Hop ${userToken}` }).get('/api/whatsapp/status'))).toBe('403 forbidden')
    const { authorization = '' } = await hop('/api/whatsapp/status', 'acme')
    expect(inShort(await new ApiClient(url, authorization.replace('Hop ', '')).get('/api/whatsapp/status'))).toBe('401 unauthorized')
    expect(other.received).toEqual([])
  })
})
