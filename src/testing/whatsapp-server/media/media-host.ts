import type { IncomingMessage, ServerResponse } from 'node:http'
import { sha256 } from '../wire/ciphers.js'

/** What clients show for an upload. */
export const MEDIA_AUTH = 'loop'
/** The largest file, in bytes. */
export const MAX_MEDIA_BYTES = 104_857_600

/** The media host: takes encrypted files over HTTP, and gives them out. */
export class MediaHost {
  /** The files, by path. */
  readonly files: Map<string, Buffer>
  readonly #port: () => number

  constructor(port: () => number, files: Map<string, Buffer> = new Map()) {
    this.#port = port
    this.files = files
  }

  /** What clients are told as its name, such as `127.0.0.1:4242`. */
  get hostname(): string {
    return `127.0.0.1:${this.#port()}`
  }

  /** Puts a file there, and returns its URL. */
  put(folder: string, file: Buffer): string {
    return this.#keep(`${folder}/${nameOf(file)}`, file)
  }

  /** The file that a URL means, whatever its host. */
  find(url: string): Buffer | undefined {
    return this.files.get(new URL(url, 'http://127.0.0.1').pathname)
  }

  /** Answers a request: an upload, a download, or anything else. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (request.method === 'POST') await this.#take(url, request, response)
    else if (request.method === 'GET') this.#give(url.pathname, request.headers.range, response)
    else response.writeHead(405).end()
  }

  async #take(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = await readBody(request)
    if (url.searchParams.get('auth') !== MEDIA_AUTH) refuse(response, 401)
    else if (file === null) refuse(response, 413)
    else if (!url.pathname.endsWith(`/${nameOf(file)}`)) refuse(response, 400)
    // Without `direct_path`, a message carries only this URL. Baileys would make an https URL out of a path.
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ url: this.#keep(url.pathname, file) }))
  }

  #keep(path: string, file: Buffer): string {
    this.files.set(path, file)
    return `http://${this.hostname}${path}`
  }

  #give(path: string, range: string | undefined, response: ServerResponse): void {
    const file = this.files.get(path)
    if (file === undefined) {
      response.writeHead(404).end()
      return
    }
    const [, first = '0', last] = /^bytes=(\d+)-(\d*)$/u.exec(range ?? '') ?? []
    const end = last === undefined || last === '' ? file.length : Math.min(Number(last) + 1, file.length)
    const part = file.subarray(Number(first), end)
    const headers = range === undefined ? {} : { 'Content-Range': `bytes ${first}-${end - 1}/${file.length}` }
    response.writeHead(range === undefined ? 200 : 206, { 'Content-Length': part.length, ...headers }).end(part)
  }
}

/** The last part of a file's path is its hash. */
function nameOf(file: Buffer): string {
  return sha256(file).toString('base64url')
}

/** The body of a request, or `null` when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_MEDIA_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { Connection: 'close' }).end()
}
