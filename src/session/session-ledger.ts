import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { ConnectionLoss } from '../disconnect/connection-loss.js'
import type { LastDisconnect, SessionSnapshot } from '../status/session-status.js'
import type { SessionContext } from './session-context.js'
import type { SessionState } from './session-state.js'
import { isObject } from '../store/stored-object.js'
import { statusOf, viewSession, type ClientFacts } from './session-view.js'

/** What is known of a session beside its state, and what of it was announced. */
export class SessionLedger {
  readonly #sessionId: string
  readonly #context: SessionContext
  #since = new Date()
  #owner: string | null = null
  #qr: string | undefined
  #qrExpiresAt: Date | undefined
  #pairingCode: string | undefined
  #pairingPhoneNumber: string | undefined
  #client: ClientFacts = {}
  #pairingExpiresAt: Date | undefined
  #phoneNumber: string | undefined
  #lastDisconnect: LastDisconnect | undefined
  #lossError: unknown
  #metadata: Record<string, unknown> | undefined
  #announced: SessionSnapshot

  constructor(sessionId: string, context: SessionContext, state: SessionState) {
    this.#sessionId = sessionId
    this.#context = context
    this.#announced = this.view(state)
  }

  /** The last time the socket was lost. */
  get lastDisconnect(): LastDisconnect | undefined {
    return this.#lastDisconnect
  }

  /** What the socket was lost with last: the cause of what rejects for want of a connection. */
  get lossError(): unknown {
    return this.#lossError
  }

  /** The linked number. */
  get phoneNumber(): string | undefined {
    return this.#phoneNumber
  }

  /** Whether there is a QR code or a pairing code to show. */
  get hasSomethingToScan(): boolean {
    return this.#qr !== undefined || this.#pairingCode !== undefined
  }

  /** The snapshot of a state. */
  view(state: SessionState): SessionSnapshot {
    return viewSession(state, {
      sessionId: this.#sessionId, since: this.#since, owner: this.#owner, qr: this.#qr, pairingCode: this.#pairingCode,
      pairingPhoneNumber: this.#pairingPhoneNumber, pairingExpiresAt: this.#pairingExpiresAt, phoneNumber: this.#phoneNumber,
      lastDisconnect: this.#lastDisconnect, metadata: this.#metadata, client: this.#client,
    }, this.#context.settings.messages)
  }

  /** Notes which process runs the session. */
  noteOwner(owner: string | null): void {
    this.#owner = owner
  }

  /** Notes the linked number; `undefined`: none is linked. */
  notePhoneNumber(phoneNumber: string | undefined): void {
    this.#phoneNumber = phoneNumber
  }

  /** Notes the application's own data. */
  noteMetadata(metadata: Record<string, unknown>): void {
    this.#metadata = frozenCopy(metadata)
  }

  /** Notes what the repository knew of it, unless the application has said something since. */
  recallMetadata(metadata: Record<string, unknown>): void {
    this.#metadata ??= frozenCopy(metadata)
  }

  /** Notes a QR code. */
  noteQr(qr: string, expiresAt: Date): void {
    this.#qr = qr
    this.#qrExpiresAt = expiresAt
    if (this.#pairingCode === undefined) this.#pairingExpiresAt = expiresAt
  }

  /** Announces the QR code noted last, unless it is forgotten by now. */
  announceQr(): void {
    if (this.#qr !== undefined && this.#qrExpiresAt !== undefined) this.#context.announce.qr(this.#sessionId, this.#qr, this.#qrExpiresAt)
  }

  /** Notes what the next socket is made with. */
  noteClient(client: ClientFacts): void {
    this.#client = client
  }

  /** Notes a pairing code and announces it. */
  notePairingCode(code: string, phoneNumber: string, expiresAt: Date): void {
    this.#pairingCode = code
    this.#pairingPhoneNumber = phoneNumber
    this.#pairingExpiresAt = expiresAt
    this.#context.announce.pairingCode(this.#sessionId, code, phoneNumber, expiresAt)
  }

  /** Forgets QR and pairing code: they belonged to a socket that is gone. */
  forgetPairing(): void {
    this.#qr = undefined
    this.#pairingCode = undefined
    this.#pairingPhoneNumber = undefined
    this.#pairingExpiresAt = undefined
  }

  /** Notes the loss of a socket. */
  noteLoss(loss: ConnectionLoss, cause: DisconnectCause): void {
    this.#lastDisconnect = { code: loss.code, cause, message: loss.message, at: loss.at }
    this.#lossError = loss.error ?? new Error(loss.message)
  }

  /** Announces a state, when it differs from the last one announced in what people see. */
  announce(state: SessionState): void {
    const { status } = statusOf(state)
    const before = this.#announced
    if (status !== before.status) this.#since = new Date()
    const snapshot = this.view(state)
    if (!isNews(before, snapshot)) return
    this.#announced = snapshot
    // A listener may change what it is given, but not what the next state is compared with.
    this.#context.announce.status(this.view(state), before)
  }
}

function isNews(before: SessionSnapshot, after: SessionSnapshot): boolean {
  return before.status !== after.status || before.reason !== after.reason || before.owner !== after.owner
    || before.phoneNumber !== after.phoneNumber || before.nextRetryAt?.getTime() !== after.nextRetryAt?.getTime()
}

/** A copy that every snapshot can share: metadata is plain JSON, and may be large. */
function frozenCopy(metadata: Record<string, unknown>): Record<string, unknown> {
  return Object.freeze(Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, frozenValue(value)])))
}

function frozenValue(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenValue))
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype ? frozenCopy(value) : value
}
