import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import type { DeviceIdentity, DeviceKey } from '../accounts/account.js'
import type { BaileysParts } from '../baileys-parts.js'
import { Refreshes } from '../pairing/refreshes.js'
import type { RegisteringClient } from '../pairing/registering-client.js'
import { Timers } from '../timers.js'
import type { Attempt } from '../watching/log-entry.js'
import type { BinaryNode } from '../wire/binary-node.js'
import { FrameReader, toFrame } from '../wire/frames.js'
import { NoiseResponder } from '../wire/noise.js'

const ANSWER_TIMEOUT_MS = 15_000

/** What a connection tells its server. */
export interface ConnectionOwner {
  readonly baileys: BaileysParts
  /** A frame of the handshake came: the first or the second. */
  onHandshake(connection: Connection, frame: Buffer): void
  /** A stanza came that nobody was waiting for. */
  onNode(connection: Connection, node: BinaryNode): Promise<void>
  onClosed(connection: Connection, code: number): void
  onProblem(where: string, connection: Connection, error: unknown): void
}

/** A client that has registered and shows QR codes, or waits for its pairing code to be entered. */
export interface Registration {
  readonly identity: DeviceIdentity
  readonly references: readonly string[]
  /** Whether a phone is at it. */
  isBeingLinked: boolean
}

/** One client's websocket, from the upgrade to its end. */
export class Connection {
  readonly id: number
  readonly label: string | null
  readonly attempt: Attempt
  readonly timers: Timers = new Timers()
  phase: 'pending' | 'registering' | 'online' | 'closed' = 'pending'
  stage: 'hello' | 'finish' | 'transport' = 'hello'
  noisePublicKey: Buffer = Buffer.alloc(0)
  deviceKey: DeviceKey | null = null
  registration: Registration | null = null
  /** What a registering client says of itself. */
  client: RegisteringClient | null = null
  readonly refreshes: Refreshes = new Refreshes()
  /** The id of the request for a passkey that the client got. */
  passkeyRequest: string | null = null
  /** Whether the device has asked for its queue. */
  active = false
  /** Whether everything it asks stays unanswered. */
  muted = false
  /** How long each answer is held back. */
  slowMs = 0
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #webSocket: WebSocket
  readonly #frames = new FrameReader()
  readonly #answers = new Map<string, (answer: BinaryNode | Error) => void>()
  #noise: NoiseResponder | null = null
  #swallowing = false
  #work: Promise<void> = Promise.resolve()

  constructor(owner: ConnectionOwner, webSocket: WebSocket, socket: Socket, attempt: Attempt) {
    this.id = attempt.connection
    this.label = attempt.label
    this.attempt = attempt
    this.#owner = owner
    this.#webSocket = webSocket
    this.#socket = socket
    webSocket.on('message', (data: RawData) => this.#receive(data))
    webSocket.on('error', () => undefined)
    webSocket.on('close', (code) => this.#closed(code))
  }

  /** The edge routing data that the client sent back. */
  get routingInfo(): Buffer | null {
    return this.#frames.routingInfo
  }

  /** Whether neither side has begun to close it. */
  get isOpen(): boolean {
    return this.phase !== 'closed' && this.#webSocket.readyState === this.#webSocket.OPEN
  }

  /** The handshake and transport; there from the first frame on. */
  get noise(): NoiseResponder {
    if (this.#noise === null) throw new Error('the client has not started its handshake')
    return this.#noise
  }

  /** Resolves once everything that came so far has been dealt with. */
  async settled(): Promise<void> {
    await this.#work
  }

  /** Sends bytes as one frame, unless nothing may be sent any more. */
  sendFrame(data: Uint8Array): void {
    if (this.#canSend()) this.#webSocket.send(toFrame(data))
  }

  /** Sends a stanza. `false` when it could not be sent. */
  send(node: BinaryNode): boolean {
    if (this.muted || this.stage !== 'transport' || !this.#canSend()) return false
    this.timers.later(this.slowMs, () => {
      if (this.#canSend()) this.sendFrame(this.noise.encrypt(this.#owner.baileys.encodeNode(node)))
    })
    return true
  }

  /** Sends an iq of the server's own and waits for the client's answer. */
  async ask(node: BinaryNode): Promise<BinaryNode> {
    const id = node.attrs['id'] ?? ''
    const answer = await new Promise<BinaryNode | Error>((resolve) => {
      const stopTimer = this.timers.later(ANSWER_TIMEOUT_MS, () => take(new Error(`The client did not answer within ${ANSWER_TIMEOUT_MS} ms.`)))
      const take = (result: BinaryNode | Error): void => {
        stopTimer()
        resolve(result)
      }
      this.#answers.set(id, take)
      if (!this.send(node)) take(new Error('The connection of the client is closed.'))
    })
    this.#answers.delete(id)
    if (answer instanceof Error) throw answer
    return answer
  }

  /** Sends a last stanza, then closes the websocket properly; `null` leaves it open. */
  dismiss(node: BinaryNode, closeAfterMs: number | null = 0): void {
    this.send(node)
    if (closeAfterMs !== null) this.timers.later(closeAfterMs + this.slowMs, () => this.close(1000))
  }

  /** Closes the websocket properly, unless it must stay silent. */
  close(code: number): void {
    if (!this.#swallowing) this.#webSocket.close(code)
  }

  /** Ends TCP without a word: with FIN, or with RST. */
  drop(reset: boolean): void {
    if (reset) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  /** From now on takes every byte and answers none, not even the close of the websocket. */
  swallow(): void {
    this.#swallowing = true
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', () => undefined)
    this.#socket.resume()
  }

  /** Ends it at once, from this side. */
  terminate(): void {
    this.#webSocket.terminate()
    this.#closed(1006)
  }

  #canSend(): boolean {
    return this.isOpen && !this.#swallowing
  }

  #receive(data: RawData): void {
    if (this.#swallowing || !Buffer.isBuffer(data)) return
    try {
      for (const frame of this.#frames.push(data)) this.#take(frame)
    } catch (error) {
      this.#owner.onProblem('frame', this, error)
      this.terminate()
    }
  }

  #take(frame: Buffer): void {
    if (this.#frames.header !== null) this.#noise ??= new NoiseResponder(this.#owner.baileys.curve, this.#frames.header)
    if (this.phase === 'closed') return
    if (this.stage !== 'transport') {
      this.#owner.onHandshake(this, frame)
      return
    }
    const plain = this.noise.decrypt(frame)
    this.#work = this.#work.then(async () => this.#deliver(plain)).catch((error: unknown) => this.#owner.onProblem('stanza', this, error))
  }

  async #deliver(plain: Buffer): Promise<void> {
    const node = await this.#owner.baileys.decodeNode(plain)
    if (this.phase === 'closed' || this.#swallowing) return
    const isAnswer = node.tag === 'iq' && (node.attrs['type'] === 'result' || node.attrs['type'] === 'error')
    if (isAnswer) this.#answers.get(node.attrs['id'] ?? '')?.(node)
    else await this.#owner.onNode(this, node)
  }

  #closed(code: number): void {
    if (this.phase === 'closed') return
    this.phase = 'closed'
    this.timers.clear()
    for (const answer of this.#answers.values()) answer(new Error('The client closed its connection before it answered.'))
    this.#owner.onClosed(this, code)
  }
}
