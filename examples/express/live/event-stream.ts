import type { ServerResponse } from 'node:http'
import { closing } from '../answers/problem.js'

/** Headers that a framework keeps until it answers, which it does not do here. */
export type HeadersToSend = Readonly<Record<string, number | string | string[] | undefined>>

/** What a stream of events is opened with. */
export interface StreamOptions {
  /** When whoever reads it must show a new token. */
  expiresAt: Date
  /** How many bytes may wait for a client that does not read. */
  waitingBytes: number
  /** Called once, when the stream has ended, by whomever. */
  onEnd: () => void
}

/** One client that reads server-sent events. Until it is begun it sends nothing, and what is to be sent waits. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #options: StreamOptions
  #held: string[] | null = []
  /** What it began with and has not taken yet is as long as there are sessions: no sign of a client that does not read. */
  #beginningBytes = 0
  #hasEnded = false

  constructor(response: ServerResponse, options: StreamOptions) {
    this.#response = response
    this.#options = options
    response.once('close', () => { this.#ended() })
    // A client that goes away in the middle is no news.
    response.on('error', () => { this.#ended() })
  }

  /** Sends the head, what is known now, and what came in meanwhile. Throws 503 when the server ended the stream before it began. */
  begin(headers: HeadersToSend, events: readonly (readonly [name: string, data: unknown])[]): void {
    // Who went away before this was made is not told of any more.
    if (this.#response.destroyed) {
      this.#ended()
      return
    }
    if (this.#hasEnded) throw closing()
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) this.#response.setHeader(name, value)
    }
    this.#response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    const held = this.#held ?? []
    this.#held = null
    this.#response.write([...events.map(([name, data]) => formatEvent(name, data)), ...held].join(''))
    this.#beginningBytes = this.#response.writableLength
    this.#response.once('drain', () => { this.#beginningBytes = 0 })
  }

  /** Sends an event that {@link formatEvent} has made. */
  send(text: string): void {
    if (this.#held !== null) this.#held.push(text)
    else this.#write(text)
  }

  /** Shows that the stream is alive, and ends it when its token is no longer valid. */
  beat(now: Date): void {
    if (now >= this.#options.expiresAt) this.end()
    else if (this.#held === null) this.#write(': still here\n\n')
  }

  /** Ends it in order; a browser then connects anew. */
  end(): void {
    if (this.#hasEnded) return
    // What has not begun is answered by whoever is about to begin it.
    if (this.#response.headersSent) this.#response.end()
    this.#ended()
  }

  #write(text: string): void {
    if (this.#hasEnded) return
    this.#response.write(text)
    // It stopped reading. What waits for it is given back at once, and it may connect anew.
    if (this.#response.writableLength > this.#options.waitingBytes + this.#beginningBytes) this.#response.destroy()
  }

  #ended(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#held = null
    this.#options.onEnd()
  }
}

/** An event as it travels. JSON holds no line breaks, so that data cannot become a second field. */
export function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
