import { get, type IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'
import type { ApiClient } from './api-client.js'

/** An event of a stream. */
export interface StreamedEvent {
  name: string
  data: Record<string, unknown>
}

/** Somebody who reads a stream of events, and may stop doing so. */
export class StreamReader {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Everything that was read, as it came. */
  text = ''
  #hasEnded = false
  readonly #response: IncomingMessage

  private constructor(response: IncomingMessage) {
    this.#response = response
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    response.setEncoding('utf8')
    response.once('close', () => {
      this.#hasEnded = true
    })
    response.on('error', () => undefined)
  }

  /** Opens a stream, which is closed when the test ends. With `reads: false` nothing is ever taken from it. */
  static async open({ url, headers }: ApiClient, companyId: string | null, { reads = true }: { reads?: boolean } = {}): Promise<StreamReader> {
    const query = companyId === null ? '' : `?company_id=${encodeURIComponent(companyId)}`
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/api/whatsapp/events${query}`, { headers, agent: false }, resolve).once('error', reject)
    })
    const reader = new StreamReader(response)
    onTestFinished(() => {
      reader.close()
    })
    if (reads)
      response.on('data', (text: string) => {
        reader.text += text
      })
    return reader
  }

  /** Whether it is over, by whomever. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The events read so far, or those of one name. */
  events(name?: string): StreamedEvent[] {
    return [...this.text.matchAll(/^event: (.+)\ndata: (.+)\n\n/gmu)]
      .map(([, event = '', data = '']) => ({ name: event, data: JSON.parse(data) as StreamedEvent['data'] }))
      .filter((event) => name === undefined || event.name === name)
  }

  /** Goes away. */
  close(): void {
    this.#response.destroy()
  }
}
