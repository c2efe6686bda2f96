import type { WASocket } from '@whiskeysockets/baileys'
import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { SessionError } from '../errors.js'
import { nearestName, requireFunction } from '../option-checks.js'
import type { SessionSnapshot } from '../status/session-status.js'
import type { SessionStatus } from '../status/status-reasons.js'
import type { ClusterMember } from './cluster-options.js'
import type { RestoreResult } from './restore-report.js'

/**
 * A session changed its status, its reason, the time of its next attempt, or the end of a restriction. What changes with every frame or message
 * sends none. Never contains the QR code or the pairing code.
 */
export interface StatusEvent extends Omit<SessionSnapshot, 'qr' | 'pairingCode'> {
  /** The status before; the same as `status` when only something else changed. */
  previous: SessionStatus
}

/** There is a new QR code to show. It is a secret: show it only to the owner of the session. */
export interface QrEvent {
  /** The session. */
  sessionId: string
  /** The text to draw as a QR code. */
  qr: string
  /** When it is replaced by the next one. */
  expiresAt: Date
}

/** There is a pairing code to show. */
export interface PairingCodeEvent {
  /** The session. */
  sessionId: string
  /** The eight characters to enter on the phone. */
  code: string
  /** The number that the code is for, digits only. */
  phoneNumber: string
  /** When it stops working, at the latest. */
  expiresAt: Date
}

/** There is a new socket, which has not emitted anything yet. Handlers that you attach to `socket.ev` here survive reconnects. */
export interface SocketEvent {
  /** The session. */
  sessionId: string
  /** The socket of Baileys. */
  socket: WASocket
  /** The session's object that survives reconnects: the same one that `socketConfig` gets. */
  shared: Record<string, unknown>
}

/** A session is connected and its credentials are stored. */
export interface ConnectedEvent {
  /** The session. */
  sessionId: string
  /** The linked number, digits only. */
  phoneNumber: string | null
  /** `true` when the credentials came from the store, `false` right after a pairing. */
  restored: boolean
}

/** A session lost its socket. */
export interface DisconnectedEvent {
  /** The session. */
  sessionId: string
  /** What the loss meant. */
  cause: DisconnectCause
  /** Baileys' status code, or the HTTP status of a refused upgrade; `null` when there was none. */
  code: number | null
  /** Whether the library dials again automatically. */
  willRetry: boolean
  /** When it dials again; `null` if at once or never. */
  nextRetryAt: Date | null
}

/**
 * The stored credentials of a session were damaged, so it dials with the copy that its store keeps. The library writes them again
 * once the session is connected.
 */
export interface CredsRestoredEvent {
  /** The session. */
  sessionId: string
  /** What was found: `RECORD_CORRUPT`. */
  error: SessionError
}

/** A session was logged out. */
export interface LoggedOutEvent {
  /** The session. */
  sessionId: string
  /** `logged_out`: on the phone; `intentional_logout`: by this application. */
  cause: 'logged_out' | 'intentional_logout'
}

/** A session is gone: `delete` has removed what was stored of it, and the repository's record. A logout keeps the record, and is a `logged-out`. */
export interface DeletedEvent {
  /** The session. Under its id another one may begin. */
  sessionId: string
}

/** A process joined the cluster or left it, drains, or tells another address or capacity. */
export interface MembersEvent {
  /** Always `null`: it concerns no session. */
  sessionId: null
  /** Every member there is now. */
  members: ClusterMember[]
}

/** Something went wrong that no call rejected with. */
export interface ErrorEvent {
  /** The session, or `null` if it concerns the manager as a whole. */
  sessionId: string | null
  /** What went wrong. */
  error: SessionError
}

/** The events of a `SessionManager`: each carries one object, which always contains `sessionId`. */
export interface SessionManagerEvents {
  /** A session changed its status, its reason, the time of its next attempt, or the end of a restriction. */
  status: [event: StatusEvent]
  /** There is a new QR code to show. */
  qr: [event: QrEvent]
  /** There is a pairing code to show. */
  'pairing-code': [event: PairingCodeEvent]
  /** There is a new socket: attach handlers here. */
  socket: [event: SocketEvent]
  /** A session is connected. */
  connected: [event: ConnectedEvent]
  /** A session lost its socket. */
  disconnected: [event: DisconnectedEvent]
  /** A restore ended, successfully or not. */
  restored: [event: RestoreResult]
  /** The store used its own copy of damaged credentials. */
  'creds-restored': [event: CredsRestoredEvent]
  /** A session was logged out. */
  'logged-out': [event: LoggedOutEvent]
  /** A session is gone, by `delete` of this manager. */
  deleted: [event: DeletedEvent]
  /** In a cluster: its members changed. */
  members: [event: MembersEvent]
  /**
   * Something went wrong that no call rejected with. The logger always gets it, too. Without a listener and a logger, the first one
   * becomes a process warning.
   */
  error: [event: ErrorEvent]
}

/** The name of every event; the compiler says when one is missing here. */
const EVENT_NAMES: readonly string[] = Object.keys({
  status: 0,
  qr: 0,
  'pairing-code': 0,
  socket: 0,
  connected: 0,
  disconnected: 0,
  restored: 0,
  'creds-restored': 0,
  'logged-out': 0,
  deleted: 0,
  members: 0,
  error: 0,
} satisfies Record<keyof SessionManagerEvents, 0>)

/** An event of another name never comes. It may be one of a later version, so nothing is refused. */
export function checkListener(event: string, listener: unknown): void {
  requireFunction('listener', listener)
  if (EVENT_NAMES.includes(event)) return
  process.emitWarning(`SessionManager has no event "${event}", so its listener is never called. Did you mean "${nearestName(event, EVENT_NAMES)}"?`, {
    code: 'BAILEYS_SESSIONS_EVENT',
  })
}
