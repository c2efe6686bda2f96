/** Why a request is refused: an HTTP status, a stable code, and a sentence for people without secrets. */
export class Problem extends Error {
  override readonly name: string = 'Problem'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }

  /** The JSON that a client gets. */
  get body(): { error: { code: string; message: string } } {
    return { error: { code: this.code, message: this.message } }
  }
}

export const unauthorized = (message: string): Problem => new Problem(401, 'unauthorized', message)
export const forbidden = (message: string): Problem => new Problem(403, 'forbidden', message)
export const badRequest = (message: string): Problem => new Problem(400, 'bad_request', message)
export const notFound = (): Problem => new Problem(404, 'not_found', 'There is nothing at this address.')
export const rateLimited = (message: string): Problem => new Problem(429, 'rate_limited', message)
export const closing = (): Problem => new Problem(503, 'closing', 'The server is closing. Try again in a moment.')
