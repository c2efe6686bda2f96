import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Caller } from '../../examples/express/access/caller.js'
import { HopTokens, type Vouched } from '../../examples/express/cluster/hop-tokens.js'

const HERE = 'http://127.0.0.1:3000'
const THERE = 'http://127.0.0.1:3001'
const SECRET = 'a secret that only the processes of a cluster know'
const REQUEST: Vouched = { method: 'POST', originalUrl: '/api/whatsapp/connect?x=1', body: { company_id: 'acme' } }
const AGENT: Caller = { companyId: 'acme', role: 'agent', expiresAt: new Date('2030-01-01T00:00:00Z') }
const REFUSED = expect.objectContaining({ status: 403, code: 'forbidden' })

const sender = new HopTokens(SECRET, HERE)
const receiver = new HopTokens(SECRET, THERE)

function at(time: string): void {
  vi.useFakeTimers({ now: new Date(time), toFake: ['Date'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

describe('what one process vouches for to another', () => {
  it('is the request, and who makes it until when', async () => {
    const admin: Caller = { companyId: null, role: 'admin', expiresAt: new Date('2031-01-01T00:00:00Z') }
    for (const caller of [AGENT, admin]) {
      expect(await receiver.read(await sender.issue(REQUEST, caller, THERE), { ...REQUEST, body: { ...(REQUEST.body as object) } })).toEqual(caller)
    }
    const looking: Vouched = { method: 'GET', originalUrl: '/api/whatsapp/status' }
    expect(await receiver.read(await sender.issue(looking, AGENT, THERE), looking)).toEqual(AGENT)
  })

  it.each<[what: string, request: Partial<Vouched>]>([
    ['method', { method: 'GET' }],
    ['path', { originalUrl: '/api/whatsapp/logout?x=1' }],
    ['query', { originalUrl: '/api/whatsapp/connect?x=2' }],
    ['body', { body: { company_id: 'globex' } }],
    ['missing body', { body: undefined }],
  ])('is good for no request with another %s', async (_what, change) => {
    const token = await sender.issue(REQUEST, AGENT, THERE)
    await expect(receiver.read(token, { ...REQUEST, ...change })).rejects.toEqual(REFUSED)
  })

  it('is good at no other process, and not with another secret', async () => {
    await expect(new HopTokens(SECRET, 'http://127.0.0.1:3002').read(await sender.issue(REQUEST, AGENT, THERE), REQUEST)).rejects.toEqual(REFUSED)
    const stranger = new HopTokens('a secret of somebody else, who wants to get in', HERE)
    await expect(receiver.read(await stranger.issue(REQUEST, AGENT, THERE), REQUEST)).rejects.toEqual(REFUSED)
    for (const text of ['', 'x', 'a.b.c']) await expect(receiver.read(text, REQUEST)).rejects.toEqual(REFUSED)
  })

  it('is good for seconds only', async () => {
    at('2029-01-01T00:00:00Z')
    const token = await sender.issue(REQUEST, AGENT, THERE)
    at('2029-01-01T00:00:12Z')
    expect(await receiver.read(token, REQUEST)).toEqual(AGENT)
    at('2029-01-01T00:00:16Z')
    await expect(receiver.read(token, REQUEST)).rejects.toEqual(REFUSED)
  })
})
