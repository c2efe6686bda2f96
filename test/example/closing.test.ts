import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { FRAMEWORKS, openExample, type ExampleServer } from './example-server.js'

const HANGING = { version: async (): Promise<never> => new Promise(() => undefined) }

/** A connection that requests are written to by hand, and everything that comes back until it ends. */
function dial({ server: { port } }: ExampleServer): { socket: Socket; read: () => Promise<string> } {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  let answer = ''
  socket
    .setEncoding('utf8')
    .on('data', (text: string) => {
      answer += text
    })
    .on('error', () => undefined)
  const closed = once(socket, 'close')
  return { socket, read: async () => closed.then(() => answer) }
}

describe.each(FRAMEWORKS)('closing on %s', (_name, start) => {
  it('answers the requests that are under way, and those that come to an end only then', async () => {
    const example = await openExample({ start, manager: HANGING })
    const acme = await example.agent('acme')
    const connecting = acme.post('/api/whatsapp/connect')
    const late = dial(example)
    late.socket.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n')
    await eventually(async () => {
      expect((await acme.get('/api/whatsapp/status')).body).toMatchObject({ status: 'connecting' })
    })

    let letGo = (): void => undefined
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const close = example.sessions.close.bind(example.sessions)
    vi.spyOn(example.sessions, 'close').mockImplementationOnce(async (options) => held.then(async () => close(options)))
    const closing = example.server.close({ timeoutMs: 5000 })
    late.socket.write('connection: close\r\n\r\n')
    expect(await late.read()).toMatch(/^HTTP\/1\.1 503 [^]*\r\n\r\n\{"status":"closing"\}$/u)
    letGo()
    expect(inShort(await connecting)).toBe('503 closing')
    expect((await closing).notDrained).toEqual([])
  })

  it('waits no longer for a client that does not end what it began', async () => {
    const example = await openExample({ start })
    const token = (await example.agent('acme')).headers['authorization'] ?? ''
    const { socket, read } = dial(example)
    socket.write(
      `POST /api/whatsapp/connect HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    )
    // By then the server has its head.
    await (await example.agent('acme')).get('/api/whatsapp/status')
    const startedAtMs = performance.now()
    await example.server.close({ timeoutMs: 25_000 })
    expect(performance.now() - startedAtMs).toBeLessThan(20_000)
    expect(await read()).toBe('')
  }, 60_000)

  it('is one closing, whoever asks for it and however often', async () => {
    const { server } = await openExample({ start })
    const [first, second] = [server.close(), server.close()]
    expect(await first).toBe(await second)
    expect(await server.close()).toBe(await first)
  })
})
