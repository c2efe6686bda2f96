import type { WASocket } from '@whiskeysockets/baileys'
import { withDeadline } from '../async/deadline.js'
import type { AuthState } from '../auth/auth-state.js'
import type { DialPriority, DialTicket } from '../disconnect/dial-limiter.js'
import { type ConnectionSignal, type ConnectionUpdate, type DisconnectCause, type LossContext, readConnectionNews } from '../disconnect/disconnect-cause.js'
import { SessionError } from '../errors.js'
import type { BaileysModule, DialConfig } from './baileys-module.js'
import { KeyUse } from './key-use.js'
import { Linking } from './linking.js'
import { observeSocket, type SocketObserver } from './observe-socket.js'
import { finishIncoming, tearDownSocket } from './socket-teardown.js'
import { watchSilence } from './watch-silence.js'
import { flushBeforeClose } from './workarounds/flush-before-close.js'
import { amendConfig, amendSocket } from './workarounds/socket-workarounds.js'

/** A dial whose turn has come. */
export interface Dial {
  readonly baileys: BaileysModule
  /** Whether it is to link a phone. */
  readonly isPairing: boolean
  /** Waits for something without keeping others from dialling: for `connectTimeoutMs` at most where it is said what is `late` then. */
  readonly standAside: <Result>(work: Promise<Result>, late?: string) => Promise<Result>
}

/** What one generation of a session is made of. */
export interface GenerationOptions {
  sessionId: string
  baileys: BaileysModule
  /** The credentials and keys it runs on; sealed when it is closed. */
  auth: AuthState
  /** Its place in the queue of dials. */
  ticket: DialTicket
  /** What the application wants of the socket. Called when the dial starts. */
  configure: (dial: Dial) => Promise<DialConfig>
  /** From the start of the dial to a QR code, an open connection, or a close. */
  connectTimeoutMs: number
  /** How long closing waits for writes that are under way. */
  drainTimeoutMs: number
  /** Told of the socket before it can emit anything. */
  onSocket: (socket: WASocket) => void
  /** Told what happens, in order; nothing comes after `closed`, and nothing after `close()` was called. */
  onSignal: (signal: ConnectionSignal) => void
  /** Told of what goes over the socket beside. */
  observer: SocketObserver
  /** Told of failures that are not the server's. */
  onError: (error: SessionError) => void
}

/** One socket of a session, from its dial to the last write that belongs to it. Single use. */
export class Generation {
  readonly #options: GenerationOptions
  readonly #bornPaired: boolean
  readonly #keyUse = new KeyUse()
  #socket: WASocket | null = null
  readonly #ending = new AbortController()
  readonly #socketEnded = new AbortController()
  #over = false
  #told = false
  #watchdog: NodeJS.Timeout | undefined
  #linking: Linking | null = null

  constructor(options: GenerationOptions) {
    this.#options = options
    this.#bornPaired = options.auth.paired
  }

  /** The socket, once it was made. */
  get socket(): WASocket | null {
    return this.#socket
  }

  /** Aborts when the end of this generation begins. */
  get ended(): AbortSignal {
    return this.#ending.signal
  }

  /** The credentials and keys of this generation. */
  get auth(): AuthState {
    return this.#options.auth
  }

  /** What is known of this generation when its socket is lost. */
  get lossContext(): LossContext {
    const { isTakenWithoutQr = false, isScanRefused = false } = this.#linking ?? {}
    return { paired: this.#options.auth.paired, takenWithoutQr: isTakenWithoutQr, scanRefused: isScanRefused }
  }

  /** Moves the dial ahead when somebody more urgent waits for it. */
  promote(priority: DialPriority): void {
    this.#options.ticket.promote(priority)
  }

  /** Dials when its turn comes. Never rejects. */
  async dial(): Promise<void> {
    try {
      await this.#options.ticket.turn
      if (this.#over) return
      this.#watch()
      const config = await this.#configure()
      if (this.#hasEnded()) return
      const socket = this.#options.baileys.makeWASocket({
        ...amendConfig(config),
        auth: this.#keyUse.watch(this.#options.auth.authenticationState),
      })
      this.#open(socket, config)
    } catch (cause) {
      this.#fail(cause)
    }
  }

  #configure(): Promise<DialConfig> {
    const { baileys, configure, ticket } = this.#options
    return configure({
      baileys,
      isPairing: !this.#bornPaired,
      standAside: async (work, late) => {
        clearTimeout(this.#watchdog)
        if (late !== undefined) this.#watch(late)
        // Back in the queue nobody is late.
        const result = await ticket.standAside(work.finally(() => clearTimeout(this.#watchdog)))
        if (!this.#hasEnded()) this.#watch()
        return result
      },
    })
  }

  /**
   * Ends the socket, lets the writes that belong to it finish, and refuses later ones. Resolves with whether everything was
   * written in time. Never rejects.
   */
  async close(): Promise<boolean> {
    this.#over = true
    this.#ending.abort()
    clearTimeout(this.#watchdog)
    this.#options.ticket.release()
    const socket = this.#socket
    try {
      if (socket !== null) await this.#endSocket(socket)
      return await this.#drain(socket)
    } finally {
      this.#options.auth.seal()
    }
  }

  async #endSocket(socket: WASocket): Promise<void> {
    const { auth, onError, sessionId } = this.#options
    try {
      await finishIncoming(socket, this.#keyUse, auth.failed)
      await tearDownSocket(socket)
    } catch (cause) {
      // What else a websocket may throw must not keep its writes from being drained.
      onError(new SessionError('SOCKET_FAILED', `The socket of session "${sessionId}" could not be closed cleanly.`, { sessionId, cause }))
    } finally {
      this.#socketEnded.abort()
    }
  }

  #hasEnded(): boolean {
    return this.#over || this.#told
  }

  #open(socket: WASocket, { qrTimeout, keepAliveIntervalMs }: DialConfig): void {
    this.#socket = socket
    amendSocket(socket, {
      baileys: this.#options.baileys,
      keyUse: this.#keyUse,
      ending: this.#ending.signal,
      ended: this.#socketEnded.signal,
      onHandlerRejected: (cause) => this.#handlerRejected(cause),
      onRefused: (status) =>
        this.#tellClosed(`WhatsApp, or a proxy, answered the connection with HTTP ${status ?? 'without a status'}.`, status, 'transport_failed'),
      refusal: () => this.#refusal(),
    })
    this.#observe(socket, keepAliveIntervalMs)
    if (!this.#bornPaired) this.#linking = this.#waitForPhone(socket, qrTimeout)
    socket.ev.on('connection.update', (update: ConnectionUpdate) => this.#onUpdate(update))
    socket.ev.on('creds.update', () => this.#saveCreds())
    this.#options.onSocket(socket)
  }

  #observe(socket: WASocket, keepAliveIntervalMs: number | undefined): void {
    const { observer } = this.#options
    const ending = this.#ending.signal
    observeSocket(socket, observer, ending)
    watchSilence(socket, {
      keepAliveIntervalMs,
      ending,
      onDoubt: (isSilent) => observer.onSilence(isSilent),
      onSilent: () => this.#tellClosed('Nothing more was received from WhatsApp.', null, 'connection_lost'),
    })
  }

  #refusal(): SessionError | null {
    const { sessionId, auth } = this.#options
    if (!auth.paired) return null
    return new SessionError('ALREADY_PAIRED', `Session "${sessionId}" is already linked to a phone, so it needs no pairing code.`, { sessionId })
  }

  #waitForPhone(socket: WASocket, qrTimeoutMs: number | undefined): Linking {
    const { sessionId, baileys, auth, onError } = this.#options
    return new Linking({
      sessionId,
      socket,
      baileys,
      auth,
      qrTimeoutMs,
      onSignal: (signal) => this.#tell(signal),
      onError: (error) => {
        if (!this.#hasEnded()) onError(error)
      },
    })
  }

  #onUpdate(update: ConnectionUpdate): void {
    const news = readConnectionNews(update, new Date())
    if (news === null) return
    if (news.type !== 'qr') this.#tell(news)
    else if (this.#linking !== null) this.#tell(this.#linking.showQr(news.qr))
  }

  #handlerRejected(cause: unknown): void {
    // At the end of a connection that is what handlers do.
    if (this.#hasEnded()) return
    const { onError, sessionId } = this.#options
    onError(new SessionError('SOCKET_FAILED', `Baileys could not handle what the server sent to session "${sessionId}".`, { sessionId, cause }))
  }

  #saveCreds(): void {
    const { auth } = this.#options
    // A write that fails is told by the auth state itself.
    auth.saveCreds().catch(() => undefined)
    if (auth.paired && !this.#bornPaired) this.#tellPaired()
  }

  #pairedTold = false

  #tellPaired(): void {
    if (this.#pairedTold) return
    this.#pairedTold = true
    this.#tell({ type: 'paired' })
  }

  #tell(signal: ConnectionSignal): void {
    // Before anything else: what is still buffered is destroyed as soon as this listener returns.
    if (signal.type === 'closed' && this.#socket !== null) flushBeforeClose(this.#socket)
    if (this.#hasEnded()) return
    // Baileys goes on making QR codes after the phone has scanned one: they are of no use, and must not end the watch for the restart.
    if (signal.type === 'qr' && this.#pairedTold) return
    if (signal.type === 'closed') this.#told = true
    // After the pairing the server asks for a restart; should it never come, the watchdog dials again all the same.
    if (signal.type === 'paired') this.#watch()
    else clearTimeout(this.#watchdog)
    this.#options.ticket.release()
    this.#options.onSignal(signal)
  }

  #watch(late = 'WhatsApp did not answer'): void {
    const { connectTimeoutMs } = this.#options
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => {
      const cause: DisconnectCause = this.#pairedTold ? 'restart_required' : 'connect_timeout'
      this.#tellClosed(`${late} within ${connectTimeoutMs} ms.`, null, cause)
    }, connectTimeoutMs)
  }

  #fail(cause: unknown): void {
    if (this.#hasEnded()) return
    const { sessionId, onError } = this.#options
    const message = cause instanceof Error ? cause.message : String(cause)
    onError(new SessionError('SOCKET_FAILED', `The socket of session "${sessionId}" could not be created: ${message}`, { sessionId, cause }))
    this.#tellClosed(message, null, 'socket_failed', cause)
  }

  #tellClosed(message: string, code: number | null, cause: DisconnectCause, error?: unknown): void {
    this.#tell({ type: 'closed', cause, loss: { code, message, attributes: {}, at: new Date(), error } })
  }

  async #drain(socket: WASocket | null): Promise<boolean> {
    const { auth, drainTimeoutMs, sessionId } = this.#options
    const finish = async (): Promise<void> => {
      // Baileys sends inside a transaction under this name: an empty one waits for it (7.0.0-rc14; in 6.7.24 it waits for nothing).
      const me = auth.creds.me?.id
      if (socket !== null && me !== undefined) await socket.authState.keys.transaction(() => Promise.resolve(), me)
      // What it decrypts runs under other names, or under none: that is over when the keys are left alone.
      await this.#keyUse.quiet(() => auth.failed.aborted)
      await auth.flushed()
    }
    try {
      await withDeadline(
        finish(),
        drainTimeoutMs,
        () => new SessionError('STORE_TIMEOUT', `Session "${sessionId}" did not finish its writes within ${drainTimeoutMs} ms.`, { sessionId }),
      )
      return true
    } catch {
      return false
    }
  }
}
