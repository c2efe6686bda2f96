import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { StatusReason } from './status-reasons.js'

/**
 * Where a session stands.
 *
 * - `disconnected`: it has no socket and is not trying: never paired, stopped, pairing expired, or run elsewhere;
 * - `connecting`: it is on its way: queued, opening, or open with credentials that are not stored yet;
 * - `pairing`: it waits for the phone to scan the QR code or for the pairing code to be entered;
 * - `connected`: it is open and its credentials are stored;
 * - `reconnecting`: it lost its connection and tries again by itself at `nextRetryAt`;
 * - `logged_out`: the device was unlinked; a person must pair it again;
 * - `failed`: time does not heal it; a person must look.
 */
export type SessionStatus = 'disconnected' | 'connecting' | 'pairing' | 'connected' | 'reconnecting' | 'logged_out' | 'failed'

/** The last time a session lost its socket. */
export interface LastDisconnect {
  /** Baileys' status code, or `null` when there was none. */
  code: number | null
  /** What it meant. */
  cause: DisconnectCause
  /** The message that came with it. */
  message: string
  /** When it happened. */
  at: Date
}

/** Everything there is to know about a session at one moment. */
export interface SessionSnapshot {
  /** The session. */
  sessionId: string
  /** Where it stands. */
  status: SessionStatus
  /** `status === 'connected'`. */
  isConnected: boolean
  /** Why it is in this status; `null` when there is nothing to explain. */
  reason: StatusReason | null
  /** One sentence for a person. Reword or translate it with the `messages` option. */
  message: string
  /** The text to draw as a QR code, while `pairing`. It holds a secret: show it to the owner of the session only. */
  qr?: string
  /** The code to enter at the phone, while `pairing` by code. */
  pairingCode?: string
  /** The number that the pairing code is for, digits only, while `pairing` by code. */
  pairingPhoneNumber?: string
  /** When the QR code or the pairing code shown stops working. */
  pairingExpiresAt?: Date
  /** The linked number, digits only, once paired. */
  phoneNumber?: string
  /** How many attempts in a row have failed, while there are any. */
  attempt?: number
  /** When the next attempt is made, while `reconnecting`. */
  nextRetryAt?: Date
  /** When WhatsApp said that a restriction ends. */
  restrictedUntil?: Date
  /** The last time it lost its socket. */
  lastDisconnect?: LastDisconnect
  /** Since when it has been in this status. */
  since: Date
  /** The process that runs it, or `null` when none does. */
  owner: string | null
  /** Whether this manager is in charge of it; `false` for one that another process runs. */
  isLocal: boolean
  /** The application's own data, from the repository or from `connect`. */
  metadata?: Record<string, unknown>
}
