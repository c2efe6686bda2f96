import type { ConnectionLoss, DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { LastDisconnect, SessionSnapshot } from '../status/session-status.js'
import { describeStatus, type SessionStatus, type StatusMessages, type StatusReason } from '../status/status-reasons.js'
import { isObject } from '../store/read-answer.js'
import type { SessionAnnouncements } from './session-context.js'
import type { SessionEvent, SessionState } from './session-state.js'
import { Traffic } from './traffic.js'

/** What WhatsApp is told of the client, as people read it. */
export interface ClientFacts {
  readonly version?: string | undefined
  readonly browser?: string | undefined
}

/** What a report works with. */
export interface SessionReportOptions {
  readonly sessionId: string
  readonly announce: SessionAnnouncements
  readonly messages: StatusMessages
  /** What the repository knows as the application's own data. Never rejects. */
  readonly findMetadata: () => Promise<Record<string, unknown> | null>
}

/** What others may know of a session. */
export interface KnownFacts {
  readonly metadata?: Record<string, unknown> | undefined
  readonly phoneNumber?: string | undefined
}

/** One step of the machine, and what is known beside it. */
export interface ReportedStep {
  readonly before: SessionState
  readonly event: SessionEvent
  readonly after: SessionState
  /** Under which name the session runs here; `null` when it does not. */
  readonly owner: string | null
  /** Whether a logout is under way: the server's answer to it looks like a logout at the phone. */
  readonly isUnlinking: boolean
}

/** What people and listeners hear of one session: it is told of each step, knows the facts beside the state, and announces what is news. */
export class SessionReport {
  /** What went over its sockets. */
  readonly traffic: Traffic = new Traffic()
  readonly #options: SessionReportOptions
  #since = new Date()
  #owner: string | null = null
  #qr: { readonly text: string; readonly expiresAt: Date } | undefined
  #pairingCode: { readonly code: string; readonly phoneNumber: string; readonly expiresAt: Date } | undefined
  #client: ClientFacts = {}
  #phoneNumber: string | undefined
  #lastDisconnect: LastDisconnect | undefined
  #lossError: unknown
  #metadata: Record<string, unknown> | undefined
  /** Whether the phone was linked since the session was last connected or started. */
  #isLinkedHere = false
  #announced: SessionSnapshot
  /** Stands for the time from one deletion to the next. */
  #life: object = {}

  constructor(options: SessionReportOptions, state: SessionState) {
    this.#options = options
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

  /** The snapshot of a state. It is the caller's own: dates are copies. Asked so often that it is put together in place. */
  view(state: SessionState): SessionSnapshot {
    const { sessionId, messages } = this.#options
    const { status, reason } = statusOf(state)
    const snapshot: SessionSnapshot = {
      sessionId,
      status,
      isConnected: status === 'connected',
      reason,
      message: describeStatus(status, reason, messages, {
        ...this.#client,
        number: this.#phoneNumber ?? this.#pairingCode?.phoneNumber,
        until: untilOf(state),
        wasConnected: 'run' in state && state.run.start === 'connected',
      }),
      since: new Date(this.#since),
      owner: this.#owner,
      isLocal: state.phase !== 'standby',
    }
    if (this.#phoneNumber !== undefined) snapshot.phoneNumber = this.#phoneNumber
    if (this.#lastDisconnect !== undefined) snapshot.lastDisconnect = { ...this.#lastDisconnect, at: new Date(this.#lastDisconnect.at) }
    if (this.#metadata !== undefined) snapshot.metadata = this.#metadata
    if (state.phase === 'pairing') this.#showPairing(snapshot)
    this.traffic.show(snapshot)
    showProgress(snapshot, state)
    return snapshot
  }

  /** Takes in a step of the session: announces the status where that is news, and what the step means beside it. */
  tell(step: ReportedStep): void {
    const { event, after, owner } = step
    if (event.type === 'start' && after.phase !== step.before.phase) this.#isLinkedHere = false
    if (event.type === 'paired') this.#isLinkedHere = true
    this.#owner = owner
    this.#tellStatus(after)
    this.#tellBeyondStatus(step)
    // Told last: whoever asks for the status then finds the code in it.
    if (event.type === 'qr' && this.#qr !== undefined) this.#options.announce.qr(this.#options.sessionId, this.#qr.text, this.#qr.expiresAt)
  }

  /** Notes the linked number; `undefined`: none is linked. */
  notePhoneNumber(phoneNumber: string | undefined): void {
    this.#phoneNumber = phoneNumber
  }

  /** Takes over what others know of a session that is about to be started. */
  recall({ metadata, phoneNumber }: KnownFacts): void {
    if (metadata !== undefined) this.#metadata = frozenCopy(metadata)
    if (phoneNumber !== undefined) this.#phoneNumber = phoneNumber
  }

  /** Takes in the application's own data and announces it; without any, what the repository knows is recalled once it is found. */
  takeMetadata(metadata: Record<string, unknown> | undefined): void {
    if (metadata !== undefined) {
      this.#metadata = frozenCopy(metadata)
      this.#options.announce.metadata(this.#options.sessionId, metadata)
      return
    }
    // A start does not wait for the repository; what the application has said since goes before.
    const life = this.#life
    void this.#options.findMetadata().then((known) => {
      if (known !== null && life === this.#life) this.#metadata ??= frozenCopy(known)
    })
  }

  /** Notes what the next socket is made with. */
  noteClient(client: ClientFacts): void {
    this.#client = client
  }

  /** Notes a QR code; the step that it makes announces it. */
  noteQr(text: string, expiresAt: Date): void {
    this.#qr = { text, expiresAt }
  }

  /** Notes a pairing code and announces it. */
  showPairingCode(code: string, phoneNumber: string, expiresAt: Date): void {
    this.#pairingCode = { code, phoneNumber, expiresAt }
    this.#options.announce.pairingCode(this.#options.sessionId, code, phoneNumber, expiresAt)
  }

  /** Forgets QR and pairing code: they belonged to a socket that is gone. */
  forgetPairing(): void {
    this.#qr = undefined
    this.#pairingCode = undefined
  }

  /** Notes the loss of a socket. */
  noteLoss(loss: ConnectionLoss, cause: DisconnectCause): void {
    this.#lastDisconnect = { code: loss.code, cause, message: loss.message, at: loss.at }
    this.#lossError = loss.error ?? new Error(loss.message)
  }

  /** Forgets everything, and announces that the session was deleted: whoever begins anew under its id must find nothing of it. */
  tellDeleted(state: SessionState): void {
    this.#life = {}
    this.forgetPairing()
    this.#client = {}
    this.#phoneNumber = undefined
    this.#lastDisconnect = undefined
    this.#lossError = undefined
    this.#metadata = undefined
    this.traffic.forget()
    this.#announced = this.view(state)
    this.#options.announce.deleted(this.#options.sessionId)
  }

  /** Announces a state, when it differs from the last one announced in what people see. */
  #tellStatus(state: SessionState): void {
    const before = this.#announced
    if (statusOf(state).status !== before.status) this.#since = new Date()
    const snapshot = this.view(state)
    if (!isNews(before, snapshot)) return
    this.#announced = snapshot
    // A listener may change what it is given, but not what the next state is compared with.
    this.#options.announce.status(this.view(state), before)
  }

  #tellBeyondStatus(step: ReportedStep): void {
    const { sessionId, announce } = this.#options
    const { before, event, after, isUnlinking } = step
    if (becameConnected(step)) {
      announce.connected(sessionId, this.#phoneNumber ?? null, !this.#isLinkedHere)
      this.#isLinkedHere = false
    }
    const cause = lossOf(step)
    if (cause !== null) {
      announce.disconnected({
        sessionId,
        cause,
        code: this.#lastDisconnect?.code ?? null,
        willRetry: after.phase !== 'idle',
        nextRetryAt: after.phase === 'waiting' ? after.retryAt : null,
      })
    }
    if (isLoggedOut(after) && !isLoggedOut(before)) {
      const byPhone = event.type === 'closed' && event.cause === 'logged_out' && !isUnlinking
      announce.loggedOut(sessionId, byPhone ? 'logged_out' : 'intentional_logout')
    }
  }

  #showPairing(snapshot: SessionSnapshot): void {
    const expiresAt = this.#pairingCode?.expiresAt ?? this.#qr?.expiresAt
    if (this.#qr !== undefined) snapshot.qr = this.#qr.text
    if (this.#pairingCode !== undefined) {
      snapshot.pairingCode = this.#pairingCode.code
      snapshot.pairingPhoneNumber = this.#pairingCode.phoneNumber
    }
    if (expiresAt !== undefined) snapshot.pairingExpiresAt = new Date(expiresAt)
  }
}

/** Status and reason of a state. */
export function statusOf(state: SessionState): { status: SessionStatus; reason: StatusReason | null } {
  switch (state.phase) {
    case 'idle':
      return { status: state.status, reason: state.reason }
    case 'standby':
      return { status: 'disconnected', reason: 'owned_elsewhere' }
    case 'loading':
      return { status: state.reason === 'storage_unavailable' ? 'reconnecting' : 'connecting', reason: state.reason }
    case 'dialing':
    case 'settling':
      return { status: 'connecting', reason: state.reason }
    case 'pairing':
      return { status: 'pairing', reason: state.reason }
    case 'connected':
      return { status: 'connected', reason: state.hindrance?.reason ?? null }
    case 'waiting':
      return { status: 'reconnecting', reason: state.reason }
  }
}

/** Whether the session got connected in this step. */
export function becameConnected({ before, after }: Pick<ReportedStep, 'before' | 'after'>): boolean {
  return after.phase === 'connected' && before.phase === 'settling'
}

/** Why a socket was lost in this step, when one was and nobody here asked for it. */
function lossOf({ before, event, after }: ReportedStep): DisconnectCause | null {
  if (after === before) return null
  if (event.type === 'closed') return event.cause
  const hadSocket = before.phase === 'dialing' || before.phase === 'pairing' || before.phase === 'settling' || before.phase === 'connected'
  return event.type === 'store-failed' && hadSocket ? 'storage_failed' : null
}

/** Logged out in this process; what was only remembered is no news. */
function isLoggedOut(state: SessionState): boolean {
  return state.phase === 'idle' && state.status === 'logged_out' && state.tried
}

function isNews(before: SessionSnapshot, after: SessionSnapshot): boolean {
  return (
    before.status !== after.status ||
    before.reason !== after.reason ||
    before.owner !== after.owner ||
    before.phoneNumber !== after.phoneNumber ||
    before.nextRetryAt?.getTime() !== after.nextRetryAt?.getTime() ||
    before.restrictedUntil?.getTime() !== after.restrictedUntil?.getTime()
  )
}

function untilOf(state: SessionState): Date | undefined {
  return state.phase === 'waiting' ? state.retryAt : (restrictionOf(state) ?? undefined)
}

/** When a restriction ends, as WhatsApp said. */
function restrictionOf(state: SessionState): Date | null {
  if (state.phase === 'idle') return state.until
  return state.phase === 'connected' && state.hindrance !== null ? state.hindrance.until : null
}

function showProgress(snapshot: SessionSnapshot, state: SessionState): void {
  const restrictedUntil = restrictionOf(state)
  if (restrictedUntil !== null) snapshot.restrictedUntil = new Date(restrictedUntil)
  if (state.phase === 'idle') return
  if (state.run.failures > 0) snapshot.attempt = state.run.failures
  if (state.phase === 'waiting') snapshot.nextRetryAt = new Date(state.retryAt)
}

/** A copy that every snapshot can share: metadata is plain JSON, and may be large. */
function frozenCopy(metadata: Record<string, unknown>): Record<string, unknown> {
  return Object.freeze(Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, frozenValue(value)])))
}

function frozenValue(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenValue))
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype ? frozenCopy(value) : value
}
