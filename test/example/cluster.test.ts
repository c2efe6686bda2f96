import { describe, expect, it } from 'vitest'
import { FileSystemSessionStore } from '../../src/index.js'
import { freePort } from '../support/free-port.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { openExample, pair, type ExampleServer } from './example-server.js'
import { StreamReader } from './stream-reader.js'

/** Two servers that share their sessions. */
async function openTwo({ maxSessions }: { maxSessions?: number } = {}): Promise<[ExampleServer, ExampleServer]> {
  const directory = temporaryFolder()
  const open = async (limit: number | undefined): Promise<ExampleServer> => {
    const port = await freePort()
    const address = `http://127.0.0.1:${port}`
    return openExample({ port, cluster: { address }, manager: { store: new FileSystemSessionStore({ directory }), cluster: { address, maxSessions: limit } } })
  }
  const servers: [ExampleServer, ExampleServer] = [await open(maxSessions), await open(undefined)]
  await eventually(async () => {
    for (const { sessions } of servers) expect(await sessions.members()).toHaveLength(2)
  })
  return servers
}

describe('two servers that share their sessions', () => {
  it('answer for each other', async () => {
    const [here, there] = await openTwo()
    await pair(there, 'acme', '5511912345678')
    const acme = await here.agent('acme')
    expect((await acme.get('/api/whatsapp/status')).body).toMatchObject({ status: 'connected', is_local: true })
    // Others are told by a note, which may come a moment later.
    await eventually(async () => {
      expect((await acme.get('/api/whatsapp/sessions')).body).toMatchObject({ sessions: [{ status: 'connected', is_local: false }] })
    })
    const { events } = (await acme.get('/api/whatsapp/history')).body
    expect(events).toContainEqual(expect.objectContaining({ kind: 'connected' }))

    expect(inShort(await acme.post('/api/whatsapp/disconnect'))).toBe('200')
    expect(there.baileys.lastSocket?.ws.isClosed).toBe(true)
    expect(here.baileys.sockets).toEqual([])
  })

  it('show a QR code at either, and send streams on when the session starts elsewhere', { tags: 'full' }, async () => {
    const [here, there] = await openTwo()
    const [acme, admin] = [await here.agent('acme'), await here.admin()]
    const before = await StreamReader.open(acme, 'acme')
    const all = await StreamReader.open(admin, null)
    await (await there.agent('acme')).post('/api/whatsapp/connect')
    await eventually(() => {
      expect(before.hasEnded).toBe(true)
    })
    const after = await StreamReader.open(acme, 'acme')
    await eventually(() => {
      expect(after.events('status').map(({ data }) => data['pairing'])).toEqual([expect.objectContaining({ qr: expect.any(String) })])
    })
    there.baileys.lastSocket?.qr('2@next')
    await eventually(() => {
      expect(after.events('pairing').at(-1)?.data).toMatchObject({ qr: '2@next' })
    })
    there.baileys.lastSocket?.pairSuccess({ phone: '5511912345678' })
    await there.baileys.lastSocket?.close(515)
    await eventually(() => {
      for (const reader of [after, all]) expect(reader.events('status').at(-1)?.data).toMatchObject({ company_id: 'acme', status: 'connected' })
    })
    expect(all.text).not.toContain('"qr"')
  })

  it('link a phone where there is room', async () => {
    const [full, open] = await openTwo({ maxSessions: 0 })
    const { body } = await (await full.agent('acme')).post('/api/whatsapp/connect')
    expect(body).toMatchObject({ status: 'pairing', pairing: { qr: expect.any(String) } })
    expect([full.baileys.sockets.length, open.baileys.sockets.length]).toEqual([0, 1])
  })

  it('hand the sessions over when one is closed, which goes on to answer until it has none', async () => {
    const [here, there] = await openTwo()
    await pair(there, 'acme', '5511912345678')
    await pair(there, 'globex', '5511912345679')
    const [acme, globex] = [await here.agent('acme'), await here.agent('globex')]
    const readers = [await StreamReader.open(acme, 'acme'), await StreamReader.open(globex, 'globex')]
    const firstMoved = new Promise<string>((resolve) => {
      here.sessions.on('connected', ({ sessionId }) => {
        resolve(sessionId)
      })
    })
    const closing = there.server.close()
    expect(inShort(await (await there.agent(await firstMoved)).get('/api/whatsapp/status'))).toBe('200')
    expect((await fetch(`${there.server.url}/healthz`)).status).toBe(503)
    expect(await closing).toMatchObject({ notDrained: [] })
    for (const reader of readers) expect(reader.hasEnded).toBe(true)
    await eventually(async () => {
      for (const client of [acme, globex]) expect((await client.get('/api/whatsapp/status')).body).toMatchObject({ status: 'connected', is_local: true })
    })
    expect(here.baileys.sockets).toHaveLength(2)
  })
})
