import type { WASocket } from '@whiskeysockets/baileys'
import { AuthState } from '../auth/auth-state.js'
import type { DialPriority } from '../dial/dial-limiter.js'
import { readDisconnectCause, readRestrictedUntil, type DisconnectCause } from '../disconnect/disconnect-cause.js'
import { SessionError } from '../errors.js'
import type { ConnectionSignal } from '../socket/connection-signal.js'
import type { DialConfig } from '../socket/baileys-module.js'
import { Generation, type Dial } from '../socket/generation.js'
import type { RecordChange } from '../store/session-store.js'
import { PairingCodes } from './pairing-codes.js'
import type { DialledSocket, SessionContext } from './session-context.js'
import type { SessionLedger } from './session-ledger.js'
import { credsFor, storedTextOf, type LoadOutcome } from './session-loader.js'
import type { Circumstances, Run, SessionEvent } from './session-state.js'

/** What a socket keeper works with. */
export interface SocketKeeperOptions {
  sessionId: string
  context: SessionContext
  ledger: SessionLedger
  /** One object for all sockets of the session. */
  shared: Record<string, unknown>
  /** The run under way, if there is one. */
  run: () => Run | null
  /** What the machine has to be told about a loss. */
  circumstances: (cause: DisconnectCause) => Circumstances
  send: (event: SessionEvent) => void
  /** Told of the identity that the phone was linked to. */
  onPaired: (identity: string) => void
}

/** Holds the one socket of a session, and turns what it tells into events of the session. */
export class SocketKeeper {
  readonly #options: SocketKeeperOptions
  #generation: Generation | null = null
  #unsavedPairing: readonly RecordChange[] | null = null
  #pairedHere = false
  #dialled: DialledSocket | null = null
  readonly #codes: PairingCodes

  constructor(options: SocketKeeperOptions) {
    this.#options = options
    const { sessionId, ledger } = options
    this.#codes = new PairingCodes({
      sessionId,
      generation: () => this.#generation,
      onCode: (code, phoneNumber, expiresAt) => { ledger.notePairingCode(code, phoneNumber, expiresAt) },
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

  /** What a pairing could not store; it has to be stored before anything is read. */
  get unsavedPairing(): readonly RecordChange[] | null {
    return this.#unsavedPairing
  }

  /** Whether the phone was linked since the session was last connected or started. */
  get pairedHere(): boolean {
    return this.#pairedHere
  }

  /** What happened so far was told. */
  reset(): void {
    this.#pairedHere = false
  }

  /** The pairing was stored after all. */
  pairingSaved(): void {
    this.#unsavedPairing = null
  }

  /** Another process took over before a pairing could be stored: it must not overwrite what that one has stored since. */
  giveUpPairing(): void {
    if (this.#unsavedPairing === null) return
    this.#unsavedPairing = null
    const { sessionId, context } = this.#options
    context.announce.error(new SessionError('PAIRING_FAILED',
      `A phone was linked to session "${sessionId}", but another process took over before that could be stored. Unlink the device at the phone, and link it again.`, { sessionId }))
  }

  /** Moves the dial ahead when somebody more urgent waits for it. */
  promote(priority: DialPriority): void {
    this.#generation?.promote(priority)
  }

  /** Dials with what was loaded. What Baileys throws at making an identity counts as a failed dial. */
  dial(ready: Extract<LoadOutcome, { kind: 'ready' }>, priority: DialPriority): void {
    const { sessionId, context, ledger, send, circumstances } = this.#options
    try {
      this.#open(ready, priority)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      context.announce.error(new SessionError('SOCKET_FAILED', `The socket of session "${sessionId}" could not be made: ${message}`, { sessionId, cause }))
      ledger.noteLoss({ code: null, message, attributes: {}, at: new Date(), error: cause }, 'socket_failed')
      send({ type: 'closed', cause: 'socket_failed', restrictedUntil: null, circumstances: circumstances('socket_failed') })
    }
  }

  #open({ verdict, loaded }: Extract<LoadOutcome, { kind: 'ready' }>, priority: DialPriority): void {
    const { sessionId, context } = this.#options
    const { storeTimeoutMs, connectTimeoutMs } = context.settings
    const auth = new AuthState({
      sessionId, baileys: loaded.baileys, store: context.store, fencingToken: loaded.lease.fencingToken, timeoutMs: storeTimeoutMs,
      creds: credsFor(verdict, loaded), storedText: verdict.action === 'dial' ? storedTextOf(loaded) : null,
      onFailure: (error) => { this.#onStoreFailure(generation, error) },
      onProblem: (error) => { context.announce.error(error) },
    })
    const generation = new Generation({
      sessionId, baileys: loaded.baileys, auth, connectTimeoutMs, drainTimeoutMs: storeTimeoutMs,
      ticket: context.limiter.request(priority, { mayHang: this.#options.ledger.lastDisconnect?.cause === 'connect_timeout' }),
      configure: dial => this.#configure(dial),
      onSocket: (socket) => { context.announce.socket(sessionId, socket, this.#options.shared) },
      onSignal: (signal) => { if (this.#generation === generation) this.#onSignal(generation, signal) },
      onError: (error) => { context.announce.error(error) },
    })
    this.#generation = generation
    void generation.dial()
  }

  async #configure(dial: Dial): Promise<DialConfig> {
    const { sessionId, context, ledger, shared, run } = this.#options
    const config = await context.configureSocket(sessionId, { ...dial, attempt: (run()?.failures ?? 0) + 1, shared })
    this.#dialled = { baileys: dial.baileys, config }
    const defaults = dial.baileys.DEFAULT_CONNECTION_CONFIG
    const [system, browser] = config.browser ?? defaults?.browser ?? []
    ledger.noteClient({
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
    if (this.#generation === generation) this.#options.send({ type: 'durable' })
  }

  /** Lets go of the socket at once; resolves when it is closed, with whether its writes were finished. Never rejects. */
  async close(): Promise<boolean> {
    const generation = this.#generation
    this.#generation = null
    this.#codes.forget()
    this.#options.ledger.forgetPairing()
    if (generation === null) return true
    const drained = await generation.close()
    this.#unsavedPairing = generation.auth.unsavedPairing ?? this.#unsavedPairing
    return drained
  }

  /** Asks for a pairing code, once for each number and socket. */
  requestPairingCode(phoneNumber: string): Promise<string> {
    return this.#codes.request(phoneNumber)
  }

  #onSignal(generation: Generation, signal: ConnectionSignal): void {
    const { ledger, send } = this.#options
    switch (signal.type) {
      case 'qr':
        if (generation.auth.paired) return
        ledger.noteQr(signal.qr, signal.expiresAt)
        send({ type: 'qr' })
        // Told last: whoever asks for the status then finds the code in it.
        ledger.announceQr()
        return
      case 'passkey-required':
        send({ type: 'passkey-required' })
        return
      case 'paired':
        this.#pairedHere = true
        this.#options.onPaired(generation.auth.identity)
        ledger.notePhoneNumber(generation.auth.phoneNumber)
        send({ type: 'paired' })
        return
      case 'opened':
        ledger.notePhoneNumber(generation.auth.phoneNumber ?? ledger.phoneNumber)
        send({ type: 'opened' })
        return
      case 'closed':
        this.#onClosed(generation, signal)
    }
  }

  #onClosed(generation: Generation, { loss, cause: named }: Extract<ConnectionSignal, { type: 'closed' }>): void {
    const { ledger, send, circumstances } = this.#options
    const cause = named ?? readDisconnectCause(loss, generation.lossContext)
    const restrictedUntil = cause === 'restricted' ? readRestrictedUntil(loss) : null
    ledger.noteLoss(loss, cause)
    send({ type: 'closed', cause, restrictedUntil, circumstances: circumstances(cause) })
  }

  #onStoreFailure(generation: Generation, error: SessionError): void {
    const { context, ledger, send, circumstances } = this.#options
    context.announce.error(error)
    // One that is being closed tells the rest by not being drained.
    if (this.#generation !== generation) return
    this.#unsavedPairing = generation.auth.unsavedPairing ?? this.#unsavedPairing
    if (error.code === 'STALE_WRITER') {
      send({ type: 'lease-lost' })
      return
    }
    ledger.noteLoss({ code: null, message: error.message, attributes: {}, at: new Date(), error }, 'storage_failed')
    send({ type: 'store-failed', circumstances: circumstances('storage_failed') })
  }
}
