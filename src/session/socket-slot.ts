import type { WASocket } from '@whiskeysockets/baileys'
import { AuthState } from '../auth/auth-state.js'
import { type DialPriority, moreUrgent } from '../disconnect/dial-limiter.js'
import { type ConnectionSignal, readDisconnectCause, readRestrictedUntil } from '../disconnect/disconnect-cause.js'
import { SessionError } from '../errors.js'
import type { DialConfig } from '../socket/baileys-module.js'
import { type Dial, Generation } from '../socket/generation.js'
import type { SocketObserver } from '../socket/observe-socket.js'
import type { RecordChange } from '../store/session-store.js'
import { PairingCodes } from './pairing-codes.js'
import type { DialledSocket, SessionContext } from './session-context.js'
import { Hindrances } from './hindrances.js'
import { decryptionFails } from './session-refusals.js'
import type { SessionReport } from './session-report.js'
import type { SessionEvent } from './session-state.js'
import { credsFor, type LoadOutcome, storedTextOf } from './load-outcome.js'

/** What the slot works with. */
export interface SocketSlotOptions {
  sessionId: string
  context: SessionContext
  report: SessionReport
  /** How many attempts in a row have failed. */
  failures: () => number
  send: (event: SessionEvent) => void
  /** Told of the identity that the phone was linked to. */
  onPaired: (identity: string) => void
  /** Told of what a pairing could not store. */
  onUnsavedPairing: (records: readonly RecordChange[]) => void
}

/** The place of the one socket of a session; turns what the socket tells into events of the session. */
export class SocketSlot {
  readonly #options: SocketSlotOptions
  #generation: Generation | null = null
  #dialled: DialledSocket | null = null
  #priority: DialPriority = 'bulk'
  /** One object for all sockets of the session: the application's own. */
  #shared: Record<string, unknown> = {}
  readonly #codes: PairingCodes
  readonly #hindrances: Hindrances

  constructor(options: SocketSlotOptions) {
    this.#options = options
    const { sessionId, report, send } = options
    this.#hindrances = new Hindrances((hindrance) => send({ type: 'hindered', hindrance }))
    this.#codes = new PairingCodes({
      sessionId,
      generation: () => this.#generation,
      onCode: (code, phoneNumber, expiresAt) => report.showPairingCode(code, phoneNumber, expiresAt),
    })
  }

  /** The socket, open or not. */
  get socket(): WASocket | undefined {
    return this.#generation?.socket ?? undefined
  }

  /** Whether there is a socket, or one on its way. */
  get isInUse(): boolean {
    return this.#generation !== null
  }

  /** The session was deleted: the next socket finds nothing of the last one. */
  forget(): void {
    this.#shared = {}
    this.#dialled = null
    this.#hindrances.forget()
  }

  /** Moves the next dial, or the one that is queued, ahead when somebody more urgent waits for it. */
  promote(priority: DialPriority): void {
    this.#priority = moreUrgent(this.#priority, priority)
    this.#generation?.promote(priority)
  }

  /** A new start: nobody waits for it yet. */
  beginStart(): void {
    this.#priority = 'bulk'
  }

  /** Dials with what was loaded. What Baileys throws at making an identity counts as a failed dial. */
  dial(ready: Extract<LoadOutcome, { kind: 'ready' }>, isStart: boolean): void {
    const priority = isStart ? this.#priority : moreUrgent(this.#priority, 'reconnect')
    // Whoever started it waits until the start is over: later dials are reconnects, unless somebody asks again.
    if (!isStart) this.#priority = 'bulk'
    const { sessionId, context, report, send } = this.#options
    try {
      this.#open(ready, priority)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      context.announce.error(new SessionError('SOCKET_FAILED', `The socket of session "${sessionId}" could not be created: ${message}`, { sessionId, cause }))
      report.noteLoss({ code: null, message, attributes: {}, at: new Date(), error: cause }, 'socket_failed')
      send({ type: 'closed', cause: 'socket_failed', restrictedUntil: null })
    }
  }

  #open({ decision, loaded }: Extract<LoadOutcome, { kind: 'ready' }>, priority: DialPriority): void {
    const { sessionId, context, report } = this.#options
    const { storeTimeoutMs, connectTimeoutMs } = context.settings
    const auth = new AuthState({
      sessionId,
      baileys: loaded.baileys,
      store: context.store,
      fencingToken: loaded.lease.fencingToken,
      timeoutMs: storeTimeoutMs,
      creds: credsFor(decision, loaded),
      storedText: decision.action === 'dial' ? storedTextOf(loaded) : null,
      onFailure: (error) => this.#onStoreFailure(generation, error),
      onProblem: (error) => context.announce.error(error),
    })
    const generation = new Generation({
      sessionId,
      baileys: loaded.baileys,
      auth,
      connectTimeoutMs,
      drainTimeoutMs: storeTimeoutMs,
      ticket: context.limiter.request(priority, { sessionId, mayHang: report.lastDisconnect?.cause === 'connect_timeout' }),
      configure: (dial) => this.#configure(dial),
      onSocket: (socket) => context.announce.socket(sessionId, socket, this.#shared),
      onSignal: (signal) => {
        if (this.#generation === generation) this.#onSignal(generation, signal)
      },
      observer: this.#observe(),
      onError: (error) => context.announce.error(error),
    })
    this.#generation = generation
    void generation.dial()
  }

  #observe(): SocketObserver {
    const { sessionId, context, report } = this.#options
    const { traffic } = report
    return {
      onFrame: () => traffic.noteFrame(),
      onMessage: () => traffic.noteMessage(),
      onSilence: (isSilent) => this.#hindrances.noteSilence(isSilent),
      onAccountNews: (news) => this.#hindrances.noteNews(news),
      onDecryption: ({ messageId, isDecrypted }) => {
        if (isDecrypted) return traffic.noteDecrypted(messageId)
        const count = traffic.noteUndecrypted(messageId)
        if (count !== null) context.announce.error(decryptionFails(sessionId, count))
      },
    }
  }

  async #configure(dial: Dial): Promise<DialConfig> {
    const { sessionId, context, report, failures } = this.#options
    const config = await context.configureSocket(sessionId, { ...dial, attempt: failures() + 1, shared: this.#shared })
    this.#dialled = { baileys: dial.baileys, config }
    const defaults = dial.baileys.DEFAULT_CONNECTION_CONFIG
    const [system, browser] = config.browser ?? defaults?.browser ?? []
    report.noteClient({
      version: (config.version ?? defaults?.version)?.join('.'),
      browser: system === undefined || browser === undefined ? undefined : `${browser} (${system})`,
    })
    return config
  }

  /** WhatsApp refused the version that the last socket had: asks for another. Never rejects. */
  async refreshVersion(): Promise<void> {
    if (this.#dialled !== null) await this.#options.context.refreshVersion(this.#dialled)
  }

  /** Waits until what the open socket brought is stored. */
  async settle(): Promise<void> {
    const generation = this.#generation
    if (generation === null) return
    try {
      await generation.auth.flushed()
    } catch {
      // The auth state tells of the failure itself.
      return
    }
    if (this.#generation === generation) this.#options.send({ type: 'durable', hindrance: this.#hindrances.open() })
  }

  /** Lets go of the socket at once; resolves when it is closed, with whether its writes were finished. Never rejects. */
  async close(): Promise<boolean> {
    const generation = this.#generation
    this.#generation = null
    this.#codes.forget()
    this.#hindrances.close()
    this.#options.report.forgetPairing()
    if (generation === null) return true
    const drained = await generation.close()
    this.#keepPairing(generation)
    return drained
  }

  /** The lease ran out: nobody else has it, as far as is known, so that this is an outage of the store. */
  endLease(expired: SessionError): void {
    this.#options.context.announce.error(expired)
    this.#failStore(expired)
  }

  /** Asks for a pairing code, once for each number and socket. */
  requestPairingCode(phoneNumber: string): Promise<string> {
    return this.#codes.request(phoneNumber)
  }

  /** What a pairing could not store must be stored before anything is read. */
  #keepPairing({ auth: { unsavedPairing } }: Generation): void {
    if (unsavedPairing !== null) this.#options.onUnsavedPairing(unsavedPairing)
  }

  #onSignal({ auth, lossContext }: Generation, signal: ConnectionSignal): void {
    const { report, send, onPaired } = this.#options
    switch (signal.type) {
      case 'qr':
        if (auth.paired) return
        report.noteQr(signal.qr, signal.expiresAt)
        send({ type: 'qr' })
        return
      case 'passkey-required':
        send({ type: 'passkey-required' })
        return
      case 'paired':
        onPaired(auth.identity)
        // What was known is of the account that was linked before.
        this.#hindrances.forget()
        report.notePhoneNumber(auth.phoneNumber)
        send({ type: 'paired' })
        return
      case 'opened':
        if (auth.phoneNumber !== undefined) report.notePhoneNumber(auth.phoneNumber)
        send({ type: 'opened' })
        return
      case 'closed': {
        const cause = signal.cause ?? readDisconnectCause(signal.loss, lossContext)
        report.noteLoss(signal.loss, cause)
        send({ type: 'closed', cause, restrictedUntil: cause === 'restricted' ? readRestrictedUntil(signal.loss) : null })
      }
    }
  }

  #onStoreFailure(generation: Generation, error: SessionError): void {
    const { context, send } = this.#options
    context.announce.error(error)
    // One that is being closed tells the rest by not being drained.
    if (this.#generation !== generation) return
    this.#keepPairing(generation)
    if (error.code === 'STALE_WRITER') {
      send({ type: 'lease-lost' })
      return
    }
    this.#failStore(error)
  }

  #failStore(error: SessionError): void {
    const { report, send } = this.#options
    // Without a socket nothing more is lost than before.
    if (this.#generation !== null) report.noteLoss({ code: null, message: error.message, attributes: {}, at: new Date(), error }, 'storage_failed')
    send({ type: 'store-failed' })
  }
}
