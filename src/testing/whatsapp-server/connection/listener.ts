import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { FaultPlan } from '../faults/fault-plan.js'
import type { Refusal } from '../faults/refusal.js'
import { Timers } from '../timers.js'
import type { Journal } from '../watching/journal.js'
import type { Attempt } from '../watching/log-entry.js'

const HOST = '127.0.0.1'
const MAX_WAITING = 4096

/** What the listener is made with. */
export interface ListenerParts {
  readonly port: number
  readonly webSockets: WebSocketServer
  readonly journal: Journal
  readonly faults: FaultPlan
  /** Answers a request that is no websocket. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Takes a websocket that is open. */
  readonly onWebSocket: (webSocket: WebSocket, socket: Socket, attempt: Attempt) => void
}

/** The port: takes connections, upgrades them to websockets, or refuses them. */
export class Listener {
  readonly #parts: ListenerParts
  readonly #sockets = new Set<Socket>()
  readonly #attempts = new WeakMap<Duplex, Attempt>()
  readonly #timers = new Timers()
  #http: Server | null = null
  #refusal: Refusal | null = null
  /** The own connection that keeps the port while nobody listens on it. */
  #holder: Socket | null = null
  #port: number
  #closed = false

  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.#port = parts.port
  }

  /** The port it listens on; stays the same while `listen` is refused. */
  get port(): number {
    return this.#port
  }

  /** Begins to listen, unless it does already. */
  async open(): Promise<void> {
    if (this.#http !== null || this.#closed) return
    const http = createServer((request, response) => this.#request(request, response))
    this.#http = http
    http.on('connection', (socket) => this.#accept(socket))
    http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject)
      http.listen({ port: this.#port, host: HOST, backlog: MAX_WAITING }, () => {
        http.off('error', reject)
        this.#port = portOf(http)
        resolve()
      })
    })
    this.#letGo()
  }

  /** Refuses new connections for some time; those that are open stay. */
  async refuse(durationMs: number, refusal: Refusal): Promise<void> {
    await this.accept()
    this.#refusal = refusal
    if (refusal.how === 'listen') {
      await this.#holdPort()
      await this.#stopListening()
    }
    if (durationMs === Infinity) return
    this.#timers.later(Math.max(1, durationMs), () => {
      this.accept().catch((error: unknown) => this.#parts.journal.fail('listening again', null, error))
    })
  }

  /** Ends a refusal. */
  async accept(): Promise<void> {
    this.#timers.clear()
    this.#refusal = null
    await this.open()
  }

  /** Closes the port and every connection. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timers.clear()
    for (const socket of this.#sockets) socket.destroy()
    await this.#stopListening()
    this.#letGo()
    this.#parts.webSockets.close()
  }

  // The callback of close() would wait for the connections that stay open, so only the end of listening is awaited.
  async #stopListening(): Promise<void> {
    const http = this.#http
    this.#http = null
    if (http === null) return
    http.close()
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }

  // A port that no socket has goes to the next one who asks the system for any, and that would be dialled instead.
  async #holdPort(): Promise<void> {
    const http = this.#http
    if (http === null) return
    const holder = connect(this.#port, HOST)
      .unref()
      .on('error', () => undefined)
    this.#holder = holder
    await new Promise<void>((resolve) => {
      // Also when the server is closed meanwhile.
      holder.once('close', resolve)
      http.on('connection', (socket) => {
        if (this.#isHeld(socket)) resolve()
      })
    })
  }

  /** Whether a socket is the other end of the connection that keeps the port. */
  #isHeld({ remotePort }: Socket): boolean {
    return remotePort !== undefined && remotePort === this.#holder?.localPort
  }

  #letGo(): void {
    this.#holder?.resetAndDestroy()
    this.#holder = null
  }

  #accept(socket: Socket): void {
    if (this.#isHeld(socket)) {
      socket.unref().on('error', () => undefined)
      return
    }
    const attempt = this.#parts.journal.begin()
    this.#attempts.set(socket, attempt)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (attempt.outcome === 'pending' || attempt.outcome === 'registering') attempt.outcome = 'gone'
    })
    if (this.#refusal?.how === 'reset') {
      this.#noteRefusal(attempt, 'reset')
      socket.resetAndDestroy()
      return
    }
    socket.setNoDelay(true)
    this.#sockets.add(socket)
  }

  /** A transfer of media: no attempt to log in or to register, so none is kept of it. */
  #request(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.startsWith('/ws/') === true) {
      response.writeHead(426).end()
      return
    }
    const attempt = this.#attempts.get(request.socket)
    if (attempt !== undefined) this.#parts.journal.forget(attempt)
    this.#parts.onRequest(request, response).catch((error: unknown) => {
      // A client that leaves in the middle is no problem of the server's.
      if (!request.destroyed) this.#parts.journal.fail('media', null, error)
      response.destroy()
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const attempt = this.#attempts.get(socket) ?? this.#parts.journal.begin()
    attempt.label = new URL(request.url ?? '/', 'http://loopback').searchParams.get('client')
    if (this.#refusal?.how === 'http') {
      const { status } = this.#refusal
      this.#noteRefusal(attempt, `HTTP ${status}`)
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    if (this.#parts.faults.connection.muteUpgrade) {
      Object.assign(attempt, { outcome: 'muted', reason: 'upgrade' })
      this.#parts.journal.write('muted-upgrade', toSubject(attempt))
      socket.on('data', () => undefined)
      return
    }
    this.#parts.webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#parts.onWebSocket(webSocket, request.socket, attempt))
  }

  #noteRefusal(attempt: Attempt, reason: string): void {
    Object.assign(attempt, { outcome: 'refused', reason })
    this.#parts.journal.write('refused', toSubject(attempt), { reason })
  }
}

function toSubject(attempt: Attempt): { id: number; label: string | null; deviceKey: null } {
  return { id: attempt.connection, label: attempt.label, deviceKey: null }
}

function portOf(http: Server): number {
  const address: AddressInfo | string | null = http.address()
  if (address === null || typeof address === 'string') throw new Error('The WhatsApp server is not listening on a TCP port.')
  return address.port
}
