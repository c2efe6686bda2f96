import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { VersionFetch } from '../../src/index.js'

/** Answers one request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** The hosts that a look-up asks. */
export type VersionHost = 'web.whatsapp.com' | 'raw.githubusercontent.com'

/** 200 with a text. */
export const says =
  (text: string): Answer =>
  (response) => {
    response.end(text)
  }

/** Nothing but a status. */
export const refuses =
  (status: number): Answer =>
  (response) => {
    response.writeHead(status).end()
  }

/** No answer at all. */
export const isSilent: Answer = () => undefined

/** A connection that breaks. */
export const breaks: Answer = (response) => {
  response.destroy()
}

/** A service worker as WhatsApp's, with this number. */
export const worker = (revision: number): Answer => says(String.raw`self.data = JSON.parse("{\"client_revision\":${revision},\"tier\":\"\"}")`)

/** The source of Baileys, with this number. */
export const baileysSource = (revision: number): Answer => says(`import x from 'x'\n\nconst version = [2, 3000, ${revision}]\n`)

/** Stands in for the hosts that a version is looked up at, on loopback. Give its `fetch` to the look-up. */
export class VersionServer implements AsyncDisposable {
  /** The host that each request was for, oldest first. */
  readonly asked: string[] = []
  /** The headers of each. */
  readonly headers: IncomingMessage['headers'][] = []
  /** What the hosts answer. */
  readonly answers: Record<VersionHost, Answer> = { 'web.whatsapp.com': worker(1_047_506_285), 'raw.githubusercontent.com': baileysSource(1_035_194_821) }
  readonly #server: Server
  #pending = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      this.#answer(request, response)
    })
  }

  /** Starts one. */
  static async start(): Promise<VersionServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new VersionServer(server)
  }

  /** Where it is. */
  get port(): number {
    const { port } = this.#server.address() as AddressInfo
    return port
  }

  /** How many requests have neither been answered nor given up. */
  get pending(): number {
    return this.#pending
  }

  /** A `fetch` that ends up here, whatever host is asked. */
  readonly fetch: VersionFetch = (url, init) => fetch(this.urlFor(url), init)

  /** Where this server answers for a URL. */
  urlFor(url: string): string {
    const { hostname, pathname } = new URL(url)
    return `http://127.0.0.1:${this.port}/${hostname}${pathname}`
  }

  /** Closes it, and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // Through a proxy a request comes with its own host, else with the host in its path.
    const own = request.headers.host?.split(':')[0] ?? ''
    const host = own === '127.0.0.1' ? ((request.url ?? '').split('/')[1] ?? '') : own
    this.asked.push(host)
    this.headers.push(request.headers)
    this.#pending += 1
    response.on('close', () => {
      this.#pending -= 1
    })
    const answer = Object.entries(this.answers).find(([name]) => name === host)?.[1] ?? refuses(404)
    answer(response, request)
  }
}
