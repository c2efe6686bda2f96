import type { WASocket } from '@whiskeysockets/baileys'
import type { DialLimiter } from '../disconnect/dial-limiter.js'
import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { RetryPolicy } from '../disconnect/disconnect-decision.js'
import type { SessionError } from '../errors.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'
import type { BaileysModule, DialConfig } from '../socket/baileys-module.js'
import type { Dial } from '../socket/generation.js'
import type { SessionSnapshot } from '../status/session-status.js'
import type { StatusMessages } from '../status/status-reasons.js'
import type { SessionStore } from '../store/session-store.js'
import type { Circumstances } from './session-state.js'

/** The numbers and policies a session goes by. */
export interface SessionSettings {
  readonly retry: RetryPolicy
  readonly reconnect: RetryPolicy
  readonly stableAfterMs: number
  readonly connectTimeoutMs: number
  readonly storeTimeoutMs: number
  readonly standbyPollMs: number
  readonly replacedDelayMs: number
  readonly rateLimitCoolDownMs: number
  readonly messages: StatusMessages
}

/** What a session tells the world. */
export interface SessionAnnouncements {
  /** Status, reason, next attempt, owner or phone number changed. */
  status(snapshot: SessionSnapshot, previous: SessionSnapshot): void
  metadata(sessionId: string, metadata: Record<string, unknown>): void
  qr(sessionId: string, qr: string, expiresAt: Date): void
  pairingCode(sessionId: string, code: string, phoneNumber: string, expiresAt: Date): void
  socket(sessionId: string, socket: WASocket, shared: Record<string, unknown>): void
  connected(sessionId: string, phoneNumber: string | null, restored: boolean): void
  disconnected(loss: { sessionId: string; cause: DisconnectCause; code: number | null; nextRetryAt: Date | null; willRetry: boolean }): void
  credsRestored(sessionId: string, error: SessionError): void
  loggedOut(sessionId: string, cause: 'logged_out' | 'intentional_logout'): void
  deleted(sessionId: string): void
  error(error: SessionError): void
}

/** A dial of a session. */
export interface SessionDial extends Dial {
  /** Which in a row it is: 1 for the first. */
  readonly attempt: number
  /** One object for all sockets of the session. */
  readonly shared: Record<string, unknown>
}

/** What the last socket was made with. */
export interface DialledSocket {
  readonly baileys: BaileysModule
  readonly config: DialConfig
}

/** All that a session sees of the manager. */
export interface SessionContext {
  readonly store: SessionStore
  readonly settings: SessionSettings
  readonly limiter: DialLimiter
  readonly announce: SessionAnnouncements
  /** Loads Baileys, once. */
  loadBaileys(): Promise<BaileysModule>
  /** What the application wants of the next socket of this session. */
  configureSocket(sessionId: string, dial: SessionDial): Promise<DialConfig>
  /** What the repository knows; `null` when it knows nothing, or cannot be asked. Never rejects. */
  findRecord(sessionId: string): Promise<ConnectionRecord | null>
  /**
   * Whether a cluster decides which process runs what: then no session watches by itself for the end of a process that runs it elsewhere, and
   * the lease of one that failed is kept, so that nobody else starts it.
   */
  readonly isClustered: boolean
  /** Told when a verb that ends a session has done its work: what was looked up before may be wrong. */
  onEnded(sessionId: string): void
  /** Told when a session was found to be at rest in the store: what was looked up before may be wrong. */
  onRest(sessionId: string): void
  /** WhatsApp refused the version of the socket that this dial made: forgets it, and asks for another. Never rejects. */
  refreshVersion(refused: DialledSocket): Promise<void>
}

/** What the machine is handed in with an event: the time, chance, and what the application wants. */
export function circumstancesOf(sessionId: string, { retry, reconnect, replacedDelayMs, rateLimitCoolDownMs }: SessionSettings): Circumstances {
  return { sessionId, now: new Date(), random: Math.random(), retry, reconnect, replacedDelayMs, rateLimitCoolDownMs }
}
