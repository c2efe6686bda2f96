/** What a look-up needs of a `fetch`: the global one fits, and that of the package `undici`. */
// Taken from a method, so that both fit: each takes an `init` of its own type.
export type VersionFetch = {
  /** Requests a URL. `init` is a `RequestInit` with `headers`, `signal`, and `dispatcher` where there is one. */
  fetch(url: string, init: object): Promise<VersionResponse>
}['fetch']

/** The part of a `Response` that a look-up needs. */
export interface VersionResponse {
  /** Whether the status is 2xx. */
  readonly ok: boolean
  /** The HTTP status. */
  readonly status: number
  /** The body, piece by piece. */
  readonly body: {
    /** Begins to read. */
    getReader(): {
      /** The next piece. */
      read(): Promise<{
        /** Whether that was all. */
        done: boolean
        /** The piece. */
        value?: Uint8Array | undefined
      }>
      /** Ends the request. */
      cancel(): Promise<void>
    }
    /** Ends the request. */
    cancel(): Promise<void>
  } | null
}

/** A request for a text. */
export interface TextRequest {
  readonly fetch: VersionFetch
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher: object | undefined
  readonly signal: AbortSignal
}

/** What is read of an answer; both that are asked for are far smaller. */
const MOST_BYTES = 4 * 1024 * 1024

/** The text at a URL, or the beginning of it when it is very long. Redirects go the same way as the request. */
export async function fetchText({ fetch, url, headers, dispatcher, signal }: TextRequest): Promise<string> {
  const response = await fetch(url, { headers, signal, ...(dispatcher === undefined ? {} : { dispatcher }) })
  if (response.ok) return response.body === null ? '' : readText(response.body, signal)
  // Else the connection would stay open.
  await response.body?.cancel()
  throw new Error(`HTTP ${response.status}`)
}

async function readText(body: NonNullable<VersionResponse['body']>, signal: AbortSignal): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; bytes < MOST_BYTES && !signal.aborted;) {
    const { done, value } = await reader.read()
    if (done || value === undefined) return text + decoder.decode()
    bytes += value.byteLength
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}
