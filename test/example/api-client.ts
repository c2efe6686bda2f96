/** What an answer came to. */
export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** Somebody who uses the HTTP interface, with a token or without. */
export class ApiClient {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>

  constructor(url: string, token?: string, headers: Record<string, string> = {}) {
    this.url = url
    this.headers = { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  }

  /** Asks for something. */
  async get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  /** Tells to do something. */
  async post(path: string, body: unknown = {}): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(body), { 'content-type': 'application/json' })
  }

  /** Sends anything. */
  async send(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.open(method, path, body, headers)
    const text = await response.text()
    // What is no JSON fails here, which is as it should be.
    return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) }
  }

  /** The same without reading what comes back. */
  async open(method: string, path: string, body?: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { ...this.headers, ...headers },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
  }
}

/** An answer in one line: its status and, when it is an error, the code. */
export function inShort({ status, body }: Answer): string {
  const error = body['error'] as { code: string; message: string } | undefined
  return error === undefined ? String(status) : `${status} ${error.code}`
}
