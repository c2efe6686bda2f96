import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HistoryEntry, LiveEvent, Me, SessionView } from '../../examples/express/public/api.js'

const PAGE = fileURLToPath(new URL('../../examples/express/public', import.meta.url))
const MEDIA_TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const POLICY = "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none'"

/** What is answered in place of what was asked for. */
export interface Refusal {
  status: number
  code: string
  retryAfterSeconds?: number
}

/** Serves the page, and answers it whatever a test wants to see on it: states that a simulated WhatsApp comes to only with patience. */
export class PretendedServer implements AsyncDisposable {
  /** Who is signed in. */
  me: Me = { company_id: 'acme', role: 'agent', csrf_token: 'token', simulated: false }
  /** Every session. */
  views: SessionView[] = []
  /** What happened to each. */
  history: HistoryEntry[] = []
  /** What is refused, by path. */
  readonly refusals = new Map<string, Refusal>()
  /** What is never answered, by path. */
  readonly unanswered = new Set<string>()
  /** By path: answers are made when they are asked for, and sent when this resolves. */
  readonly delays = new Map<string, Promise<void>>()
  readonly #server: Server
  readonly #streams = new Set<ServerResponse>()

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response))
  }

  /** Starts it on a free port. */
  static async start(): Promise<PretendedServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new PretendedServer(server)
  }

  /** Its address. */
  get url(): string {
    // It listens on a port, not on a socket file.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Sends an event to everybody who reads. */
  send({ name, data }: LiveEvent): void {
    for (const stream of this.#streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    request.resume()
    if (this.unanswered.has(pathname)) return
    const refusal = this.refusals.get(pathname)
    if (refusal !== undefined) refuse(response, refusal)
    else if (pathname === '/api/whatsapp/events') this.#openStream(response, searchParams.get('company_id'))
    else if (pathname.startsWith('/api/')) await this.#answerApi(response, pathname, searchParams.get('company_id'))
    else await serveFile(response, pathname === '/' ? 'index.html' : basename(pathname))
  }

  async #answerApi(response: ServerResponse, path: string, companyId: string | null): Promise<void> {
    const answers: Readonly<Record<string, unknown>> = {
      '/api/me': this.me,
      '/api/demo-tokens': [],
      '/api/sign-in': {},
      '/api/whatsapp/sessions': { sessions: this.views },
      '/api/whatsapp/status': this.views.find(({ company_id: id }) => id === companyId),
      '/api/whatsapp/history': { events: this.history },
    }
    const answer = answers[path]
    await this.delays.get(path)
    if (answer === undefined) refuse(response, { status: 404, code: 'not_found' })
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  }

  #openStream(response: ServerResponse, companyId: string | null): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': begin\n\n')
    this.#streams.add(response)
    response.once('close', () => {
      this.#streams.delete(response)
    })
    for (const data of this.views) {
      if (companyId === null || companyId === data.company_id) response.write(`event: status\ndata: ${JSON.stringify(data)}\n\n`)
    }
  }
}

function refuse(response: ServerResponse, { status, code, retryAfterSeconds }: Refusal): void {
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds)
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code, message: 'The message is for developers.' } }))
}

async function serveFile(response: ServerResponse, name: string): Promise<void> {
  const content = await readFile(join(PAGE, name)).catch(() => null)
  if (content === null) response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': MEDIA_TYPES[extname(name)] ?? 'text/plain', 'content-security-policy': POLICY }).end(content)
}
