import type { AuthenticationCreds, proto, UserFacingSocketConfig, WASocket } from '@whiskeysockets/baileys'
import { type BufferJson, fakeBufferJson } from './fake-buffer-json.js'
import { fakeAuthCreds, type FakeDevice, fakePairedCreds } from './fake-creds.js'
import { FakeSocket } from './fake-socket.js'
import type { FakeSocketOptions } from './fake-socket-options.js'
import { TakeQueue } from './take-queue.js'

/** How a {@link FakeBaileys} behaves. */
export interface FakeBaileysOptions {
  /**
   * Controls each new socket. Called after the socket emitted `connecting`, so listeners are already attached.
   * @param index counts the sockets from 0
   */
  onSocket?: (socket: FakeSocket, index: number) => void
  /** How the sockets behave; a function is asked for each. */
  socket?: FakeSocketOptions | ((index: number) => FakeSocketOptions)
}

/** The part of Baileys' protobuf namespace that creds and keys need. */
export interface FakeProto {
  /** The namespace of messages. */
  readonly Message: {
    /** Keys of the application state. */
    readonly AppStateSyncKeyData: {
      /** Makes the message out of its plain fields. */
      fromObject(object: Record<string, unknown>): proto.Message.IAppStateSyncKeyData
    }
  }
}

/**
 * A Baileys module without WhatsApp: pass it to a `SessionManager` as `baileys`, and control the sockets that the manager creates.
 * Nothing happens by itself: no timer, no network.
 */
export class FakeBaileys {
  /** Every socket that was created, oldest first. */
  readonly sockets: FakeSocket[] = []
  /** What each was made with. */
  readonly configs: UserFacingSocketConfig[] = []
  /** Makes a {@link FakeSocket}. */
  readonly makeWASocket: (config: UserFacingSocketConfig) => WASocket
  /** The same, as Baileys' default export. */
  readonly default: (config: UserFacingSocketConfig) => WASocket
  /** Makes a new identity. */
  readonly initAuthCreds: () => AuthenticationCreds = fakeAuthCreds
  /** How bytes are written into JSON. */
  readonly BufferJSON: BufferJson = fakeBufferJson
  /** The protobuf messages that key stores revive. */
  readonly proto: FakeProto = { Message: { AppStateSyncKeyData: { fromObject: (object) => ({ ...object }) } } }
  readonly #options: FakeBaileysOptions
  readonly #failures: Error[] = []
  readonly #made = new TakeQueue<FakeSocket>()

  /** A module that has made no socket yet. */
  constructor(options: FakeBaileysOptions = {}) {
    this.#options = options
    this.makeWASocket = (config) => this.#makeSocket(config).asWASocket()
    this.default = this.makeWASocket
  }

  /** The newest socket. */
  get lastSocket(): FakeSocket | undefined {
    return this.sockets.at(-1)
  }

  /** Makes the next call of `makeWASocket` throw. Several calls line up. */
  failNext(error: Error): void {
    this.#failures.push(error)
  }

  /** The next socket that was not taken yet: at once, or when it is made and has said `connecting`. */
  takeSocket(): Promise<FakeSocket> {
    return this.#made.take()
  }

  #makeSocket(config: UserFacingSocketConfig): FakeSocket {
    const failure = this.#failures.shift()
    if (failure !== undefined) throw failure
    const index = this.sockets.length
    const { socket: behavior } = this.#options
    const socket = new FakeSocket(config, typeof behavior === 'function' ? behavior(index) : behavior)
    this.configs.push(config)
    this.sockets.push(socket)
    process.nextTick(() => this.#announce(socket, index))
    return socket
  }

  #announce(socket: FakeSocket, index: number): void {
    this.#made.put(socket)
    this.#options.onSocket?.(socket, index)
  }
}

/** The text of the creds record of a paired session, to seed a store with. */
export function pairedCreds(device: FakeDevice = {}): string {
  return JSON.stringify(fakePairedCreds(device), fakeBufferJson.replacer)
}
