import type { ServerResponse } from 'node:http'
import { closing } from '../answers/problem.js'

/** Headers that a framework holds back until it answers, which it never does here. */
export type HeadersToSend = Readonly<Record<string, number | string | string[] | undefined>>

/** The options of an event stream. */
export interface StreamOptions {
  /** When the reader needs a new token. */
  expiresAt: Date
  /** How many bytes may wait for a client that does not read. */
  waitingBytes: number
  /** Called once when the stream has ended, whoever ended it. */
  onEnd: () => void
}

/** One client that reads server-sent events. Until it begins, it sends nothing and queues its events. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #options: StreamOptions
  #held: string[] | null = []
  /** The first state grows with the number of sessions, so if some of it is unread, the client may still be reading. */
  #beginningBytes = 0
  #hasEnded = false

  constructor(response: ServerResponse, options: StreamOptions) {
    this.#response = response
    this.#options = options
    response.once('close', () => {
      this.#ended()
    })
    // A client that disconnects in the middle is normal.
    response.on('error', () => {
      this.#ended()
    })
  }

  /** Sends the headers, the current state, and what came in meanwhile. Throws 503 if the server ended the stream before it began. */
  begin(headers: HeadersToSend, events: readonly (readonly [name: string, data: unknown])[]): void {
    // If the client left before this point, no event tells us.
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
    this.#response.once('drain', () => {
      this.#beginningBytes = 0
    })
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

  /** Ends it cleanly; a browser then reconnects. */
  end(): void {
    if (this.#hasEnded) return
    // If it has not begun, the caller that begins it answers.
    if (this.#response.headersSent) this.#response.end()
    this.#ended()
  }

  #write(text: string): void {
    if (this.#hasEnded) return
    this.#response.write(text)
    // It stopped reading. Free what waits for it at once; it can reconnect.
    if (this.#response.writableLength > this.#options.waitingBytes + this.#beginningBytes) this.#response.destroy()
  }

  #ended(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#held = null
    this.#options.onEnd()
  }
}

/** An event in wire format. JSON contains no line breaks, so data cannot become a second field. */
export function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
