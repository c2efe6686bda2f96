import { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'

/**
 * How a fake socket ends.
 *
 * - `prompt`: the peer answers the close at once;
 * - `half-open`: the peer is gone and nothing says so, so that `end()` waits until the raw socket is terminated;
 * - `never`: not even terminating it helps.
 */
export type FakeEnding = 'prompt' | 'half-open' | 'never'

const CONNECTING = 0
const OPEN = 1
const CLOSING = 2
const CLOSED = 3

/** The raw socket below a {@link FakeWebSocket}; it emits `error` and `close`. */
export class FakeRawSocket extends EventEmitter {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readyState: number = CONNECTING
  /** How it ends. */
  ending: FakeEnding = 'prompt'

  /** Begins the closing handshake, and finishes it when the peer takes part in it. */
  close(): void {
    if (this.readyState >= CLOSING) return
    if (this.ending === 'prompt') this.#finish()
    else this.readyState = CLOSING
  }

  /** Destroys the connection without a handshake. */
  terminate(): void {
    if (this.readyState !== CLOSED && this.ending !== 'never') this.#finish()
  }

  #finish(): void {
    const early = this.readyState === CONNECTING
    this.readyState = CLOSING
    process.nextTick(() => {
      if (this.readyState === CLOSED) return
      this.readyState = CLOSED
      if (early) this.emit('error', new Error('WebSocket was closed before the connection was established'))
      this.emit('close')
    })
  }
}

/** The `ws` of a {@link FakeSocket}: states and events as Baileys' websocket client has them, without a network. */
export class FakeWebSocket extends EventEmitter {
  /** The raw socket; `null` once it was closed by `close()`. */
  socket: FakeRawSocket | null

  /** A client that is connecting. */
  constructor() {
    super()
    this.setMaxListeners(0)
    const socket = new FakeRawSocket()
    socket.on('close', () => this.emit('close'))
    socket.on('error', (error: Error) => this.emit('error', error))
    this.socket = socket
  }

  /** Whether frames can be sent. */
  get isOpen(): boolean {
    return this.socket?.readyState === OPEN
  }

  /** Whether it is closed for good. */
  get isClosed(): boolean {
    return this.socket === null || this.socket.readyState === CLOSED
  }

  /** Whether it is on its way to be closed, or closed by `close()`. */
  get isClosing(): boolean {
    return this.socket === null || this.socket.readyState === CLOSING
  }

  /** Whether the upgrade has not been answered yet. */
  get isConnecting(): boolean {
    return this.socket?.readyState === CONNECTING
  }

  /** Driven by the test: the server answers the upgrade. */
  accept(): void {
    if (this.socket?.readyState !== CONNECTING) return
    this.socket.readyState = OPEN
    this.emit('open')
  }

  /** Driven by the test: the server sends a stanza. Returns whether anybody listened. */
  receiveNode(node: BinaryNode): boolean {
    const child = Array.isArray(node.content) ? (node.content[0]?.tag ?? '') : ''
    const names = [
      'frame',
      `TAG:${node.attrs['id'] ?? ''}`,
      ...Object.entries(node.attrs).flatMap(([name, value]) => [
        `CB:${node.tag},${name}:${value},${child}`,
        `CB:${node.tag},${name}:${value}`,
        `CB:${node.tag},${name}`,
      ]),
      `CB:${node.tag},,${child}`,
      `CB:${node.tag}`,
    ]
    return names.map((name) => this.emit(name, node)).some((isHeard) => isHeard)
  }

  /** Closes, and resolves once the peer answered; see {@link FakeEnding}. */
  async close(): Promise<void> {
    const socket = this.socket
    if (socket === null) return
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.close()
    await closed
    this.socket = null
  }
}
