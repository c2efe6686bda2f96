import type { DeviceKey } from '../accounts/account.js'

/** What can happen on the server, in the order in which a connection usually sees it. */
export type LogKind =
  | 'refused'
  | 'muted-upgrade'
  | 'connect'
  | 'hello'
  | 'muted-handshake'
  | 'register'
  | 'registration-refused'
  | 'refresh'
  | 'refresh-acknowledged'
  | 'refresh-ignored'
  | 'pairing-code'
  | 'pairing-code-refused'
  | 'link-refused'
  | 'passkey-requested'
  | 'passkey-acknowledged'
  | 'pair-success'
  | 'paired'
  | 'login'
  | 'muted-login'
  | 'login-failed'
  | 'success'
  | 'muted-success'
  | 'replaced'
  | 'pre-keys'
  | 'message'
  | 'message-refused'
  | 'phone-message'
  | 'receipt'
  | 'delivered'
  | 'queued'
  | 'acknowledged'
  | 'queue-sent'
  | 'logout'
  | 'muted-logout'
  | 'kick'
  | 'drop'
  | 'close-clean'
  | 'black-hole'
  | 'device-removed'
  | 'disconnect'
  | 'server-error'

/** One line of the server's log. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  at: number
  /** What happened. */
  kind: LogKind
  /** The number of the connection, or `null` when there was none. */
  connection: number | null
  /** The device, once it is known. */
  deviceKey: DeviceKey | null
  /** `client` of the URL's query, if it had one. */
  label: string | null
  /** More of it; never key material. */
  detail: Record<string, unknown>
}

/** How an attempt ended, or where it stands. */
export type AttemptOutcome = 'pending' | 'refused' | 'muted' | 'failed' | 'success' | 'registering' | 'paired' | 'gone'

/** One TCP connection that a client made, and what came of it. */
export interface Attempt {
  /** Its number, in order of arrival. */
  connection: number
  /** `client` of the URL's query, if it had one and the upgrade came. */
  label: string | null
  /** When TCP was accepted, in milliseconds since the epoch. */
  acceptedAt: number
  /** When the login or registration came, or `null`. */
  payloadAt: number | null
  /** What the client wanted, as far as it came to say so. */
  purpose: 'unknown' | 'registration' | 'login'
  /** Who logged in or was paired. */
  deviceKey: DeviceKey | null
  /** `success` and `paired` stay after the connection is gone; `gone` is one that left before an answer. */
  outcome: AttemptOutcome
  /** Why, for `refused`, `muted` and `failed`. */
  reason: string | null
  /** The version of WhatsApp Web that the client named, such as `2.3000.1035194821`; `null` before it logged in or registered. */
  version: string | null
  /** What a registering client calls itself, such as `CHROME (Mac OS)`. */
  browser: string | null
  /** How often the client was told that its registration is refreshed, by hand and malformed ones included. */
  refreshesSent: number
  /** How often it acknowledged that. */
  refreshesAcknowledged: number
  /** Whether the client was asked for a passkey, and acknowledged that. */
  passkey: 'requested' | 'acknowledged' | null
}

/** Something the server itself could not do: a defect of the server, or a client that breaks the protocol. */
export interface ServerProblem {
  /** Milliseconds since the epoch. */
  at: number
  /** The step it happened in. */
  where: string
  /** The number of the connection, or `null`. */
  connection: number | null
  /** The device, or `null`. */
  deviceKey: DeviceKey | null
  /** What was thrown. */
  error: Error
}
