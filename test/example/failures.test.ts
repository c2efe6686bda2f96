import { request } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { MemoryConnectionRepository, MemorySessionStore, SessionError, SessionManager, type SessionErrorCode } from '../../src/index.js'
import { SESSION_ERROR_ANSWERS } from '../../examples/express/answers/session-error-answers.js'
import { inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { FRAMEWORKS, openExample } from './example-server.js'

const INSIDE = '/srv/inside/of/the/server'
/** Whose own sentences are about a session alone; those of all others may name files. */
const ABOUT_SESSIONS = [
  'NOT_PAIRED',
  'ALREADY_PAIRED',
  'LOGGED_OUT',
  'OWNED_ELSEWHERE',
  'ABORTED',
  'CONNECT_FAILED',
  'CONNECT_TIMEOUT',
  'UNLINK_FAILED',
  'PAIRING_FAILED',
  'PAIRING_CODE_REFUSED',
  'PAIRING_CODE_TIMEOUT',
]

describe.each(FRAMEWORKS)('failures on %s', (_name, start) => {
  it('are answered as the table says, and those of the server without its details', async () => {
    const { agent, sessions, failures } = await openExample({ start })
    const acme = await agent('acme')
    for (const [code, { status, code: name }] of Object.entries(SESSION_ERROR_ANSWERS)) {
      // The keys of the table are its codes.
      const error = new SessionError(code as SessionErrorCode, `What happened is in ${INSIDE}.`)
      vi.spyOn(sessions, 'getStatus').mockRejectedValueOnce(error)
      const answer = await acme.get('/api/whatsapp/status')
      expect.soft(inShort(answer)).toBe(`${status} ${name}`)
      if (!ABOUT_SESSIONS.includes(code)) expect.soft(JSON.stringify(answer.body), code).not.toContain(INSIDE)
      if (status >= 500) expect.soft(failures.at(-1)).toBe(error)
    }
    const unexpected = new Error(`Something broke in ${INSIDE}.`)
    vi.spyOn(sessions, 'getStatus').mockRejectedValueOnce(unexpected)
    const answer = await acme.get('/api/whatsapp/status')
    expect(inShort(answer)).toBe('500 internal')
    expect(JSON.stringify(answer.body)).not.toContain(INSIDE)
    expect(failures.at(-1)).toBe(unexpected)
  })

  it('are in the history without the details of the server', async () => {
    const repository = new MemoryConnectionRepository()
    vi.spyOn(repository, 'save').mockRejectedValue(new SessionError('REPOSITORY_FAILED', `The disk of ${INSIDE} is full.`))
    const { agent, failures } = await openExample({ start, manager: { repository } })
    const acme = await agent('acme')
    await acme.post('/api/whatsapp/connect')
    await eventually(() => {
      expect(failures).toContainEqual(expect.objectContaining({ message: expect.stringContaining(INSIDE) }))
    })
    const { body } = await acme.get('/api/whatsapp/history')
    expect(body['events']).toContainEqual(
      expect.objectContaining({ kind: 'error', code: 'REPOSITORY_FAILED', message: SESSION_ERROR_ANSWERS.REPOSITORY_FAILED.message }),
    )
    expect(JSON.stringify(body)).not.toContain(INSIDE)
  })

  it('to show something in time are no errors: the events tell the rest', async () => {
    const { agent, sessions } = await openExample({ start })
    const acme = await agent('acme')
    vi.spyOn(sessions, 'connect').mockRejectedValueOnce(new SessionError('CONNECT_TIMEOUT', 'It goes on.'))
    const answer = await acme.post('/api/whatsapp/connect')
    expect(inShort(answer)).toBe('202')
    expect(answer.body).toMatchObject({ company_id: 'acme', status: 'disconnected' })
  })

  it('before a stream of events begins are answered as any other, and leave no stream open', async () => {
    const { agent, server, sessions } = await openExample({ start })
    const acme = await agent('acme')
    vi.spyOn(sessions, 'getStatus').mockRejectedValueOnce(new SessionError('STORE_UNAVAILABLE', 'It is down.'))
    expect(inShort(await acme.get('/api/whatsapp/events'))).toBe('503 storage_unavailable')
    expect(server.live.openStreams).toBe(0)
    expect((await acme.open('HEAD', '/api/whatsapp/events')).status).toBe(200)
    expect(server.live.openStreams).toBe(0)
  })

  it('of clients that go away at once leave no stream open', async () => {
    const { agent, server, failures } = await openExample({ start, streams: { perCompany: 100 } })
    const { url, headers } = await agent('acme')
    await Promise.all(
      Array.from(
        { length: 60 },
        async (_unused, index) =>
          new Promise<void>((resolve) => {
            const outgoing = request(`${url}/api/whatsapp/events`, { headers, agent: false }).on('error', () => undefined)
            outgoing.on('close', resolve)
            outgoing.end()
            setTimeout(() => outgoing.destroy(), index)
          }),
      ),
    )
    await eventually(() => {
      expect(server.live.openStreams).toBe(0)
    })
    // The last of them may be on its way still.
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
    await eventually(() => {
      expect(server.live.openStreams).toBe(0)
    })
    expect(failures).toEqual([])
  })

  it('of the store at the start hold up neither the server nor its end', async () => {
    const store = new MemorySessionStore()
    const sessions = new SessionManager({ store })
    const down = new SessionError('STORE_UNAVAILABLE', 'It is down.')
    vi.spyOn(sessions, 'restoreAll').mockRejectedValue(down)
    const example = await openExample({ start, sessions })
    await eventually(() => {
      expect(example.failures).toContain(down)
    })
    expect(inShort(await (await example.agent('acme')).get('/api/whatsapp/status'))).toBe('200')
    expect(example.server.live.restoration.view(null)).toMatchObject({ finished: false, total: 0 })
    await example.server.close({ timeoutMs: 1000 })
  })
})
