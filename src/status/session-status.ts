import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { SessionStatus, StatusReason } from './status-reasons.js'

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

/** Everything known about a session at one moment. The object is yours, except for `metadata`, which is frozen. */
export interface SessionSnapshot {
  /** The session. */
  sessionId: string
  /** Its status. */
  status: SessionStatus
  /** `status === 'connected'`. */
  isConnected: boolean
  /** Why it is in this status; `null` when there is nothing to explain. */
  reason: StatusReason | null
  /** One sentence for a person. Reword or translate it with the `messages` option. */
  message: string
  /** The text to draw as a QR code, while `pairing`. It is a secret: show it only to the owner of the session. */
  qr?: string
  /** The code to enter on the phone, while `pairing` by code. */
  pairingCode?: string
  /** The number that the pairing code is for, digits only, while `pairing` by code. */
  pairingPhoneNumber?: string
  /** When the QR code or the pairing code shown stops working. */
  pairingExpiresAt?: Date
  /** The linked number, digits only, once paired. */
  phoneNumber?: string
  /** How many attempts in a row have failed, if any. */
  attempt?: number
  /** When the next attempt is made, while `reconnecting`. */
  nextRetryAt?: Date
  /** When WhatsApp said that a restriction ends: of a session that `failed` as `restricted`, or of one that is `connected` and `reachout_locked` or `message_capped`. */
  restrictedUntil?: Date
  /** When anything last came from WhatsApp, if this manager runs or ran the session. */
  lastFrameAt?: Date
  /** When a message last came, or WhatsApp last took one that was sent, if this manager runs or ran the session. */
  lastMessageAt?: Date
  /** How many messages of the last hour could not be decrypted and have not come again; left out when there are none. */
  undecryptedMessages?: number
  /** The last time it lost its socket. */
  lastDisconnect?: LastDisconnect
  /** When it entered this status. If it does not run here: as its owner keeps it, or the time that was stored, or else when this manager first looked. */
  since: Date
  /** The process that runs it, or `null` when none does. */
  owner: string | null
  /** Where that process can be called, if it is a member of a cluster and gave an `address`. Not given for a session of this manager. */
  ownerAddress?: string
  /** Whether this manager runs it; `false` if another process does. */
  isLocal: boolean
  /** Your application's own data, from the repository or from `connect`. */
  metadata?: Record<string, unknown>
}
