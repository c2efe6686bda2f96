import type { ServerResponse } from 'node:http'
import { closing, rateLimited } from '../answers/problem.js'
import { EventStream, formatEvent } from './event-stream.js'

/** The limits of the streams. */
export interface StreamLimits {
  /** How many may be open for one company at once; those of admins for all companies count as one company. */
  perCompany: number
  /** How many bytes may wait for a client that does not read. */
  waitingBytes: number
  /** The time between two heartbeats, in milliseconds. */
  heartbeatMs: number
}

/** The default limits. */
export const DEFAULT_STREAMS: Readonly<StreamLimits> = { perCompany: 20, waitingBytes: 256 * 1024, heartbeatMs: 15_000 }

/** Every client that reads events, by what it may see: one company, or all of them (`null`). */
export class EventStreams {
  readonly #limits: StreamLimits
  readonly #streams = new Map<string | null, Set<EventStream>>()
  #heartbeat: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  /** How many are open. */
  get size(): number {
    return [...this.#streams.values()].reduce((sum, streams) => sum + streams.size, 0)
  }

  /** Adds a client. Throws 429 if the company already has its maximum. Nothing is sent before the stream begins. */
  open(response: ServerResponse, companyId: string | null, expiresAt: Date): EventStream {
    if (this.#isClosed) throw closing()
    const streams = this.#streams.get(companyId) ?? new Set()
    if (streams.size >= this.#limits.perCompany)
      throw rateLimited(`One company can have at most ${this.#limits.perCompany} open event streams. Close one first.`)
    const stream = new EventStream(response, {
      expiresAt,
      waitingBytes: this.#limits.waitingBytes,
      onEnd: () => {
        this.#remove(companyId, stream)
      },
    })
    this.#streams.set(companyId, streams.add(stream))
    this.#heartbeat ??= setInterval(() => {
      this.#beat()
    }, this.#limits.heartbeatMs)
    return stream
  }

  /** Sends an event to whoever reads a company (`null`: all companies). */
  send(companyId: string | null, name: string, data: unknown): void {
    const streams = this.#streams.get(companyId)
    if (streams === undefined) return
    // Format it once for all of them: a drawn QR code has about 20 kB.
    const text = formatEvent(name, data)
    for (const stream of [...streams]) stream.send(text)
  }

  /** Sends to every reader what it may see. */
  sendEach(name: string, dataFor: (companyId: string | null) => unknown): void {
    for (const companyId of [...this.#streams.keys()]) this.send(companyId, name, dataFor(companyId))
  }

  /** Ends those of a company. Their clients open new ones. */
  end(companyId: string): void {
    for (const stream of [...(this.#streams.get(companyId) ?? [])]) stream.end()
  }

  /** Ends all of them, and accepts no more. */
  close(): void {
    this.#isClosed = true
    for (const streams of [...this.#streams.values()]) {
      for (const stream of [...streams]) stream.end()
    }
  }

  #beat(): void {
    const now = new Date()
    for (const streams of [...this.#streams.values()]) {
      for (const stream of [...streams]) stream.beat(now)
    }
  }

  #remove(companyId: string | null, stream: EventStream): void {
    const streams = this.#streams.get(companyId)
    streams?.delete(stream)
    if (streams?.size === 0) this.#streams.delete(companyId)
    if (this.#streams.size > 0 || this.#heartbeat === null) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = null
  }
}
