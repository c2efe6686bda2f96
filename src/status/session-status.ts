import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import { ALL_STATUS_REASONS, STATUS_REASONS, type StatusReason, type StatusReasonFacts } from './status-reasons.js'

const OF_A_STATUS: Readonly<Record<Exclude<SessionStatus, StatusReason>, string>> = {
  disconnected: 'Not connected.',
  connecting: 'Connecting...',
  pairing: 'Scan the QR code with the phone, or enter the pairing code on it.',
  connected: 'Connected.',
  reconnecting: 'Connection lost. Reconnecting...',
  failed: 'The connection needs attention.',
}

// `fromEntries` forgets the keys that it was given, which are all reasons.
const OF_A_REASON = Object.fromEntries(ALL_STATUS_REASONS.map((reason) => [reason, STATUS_REASONS[reason].message])) as Readonly<Record<StatusReason, string>>

/** The English sentences. */
export const DEFAULT_STATUS_MESSAGES: Readonly<Record<MessageKey, string>> = Object.freeze({ ...OF_A_STATUS, ...OF_A_REASON })

/**
 * The status of a session.
 *
 * - `disconnected`: it has no socket and is not trying: never paired, stopped, pairing expired, or running elsewhere;
 * - `connecting`: on its way: queued, opening, or open but its credentials are not stored yet;
 * - `pairing`: waiting for somebody to scan the QR code or enter the pairing code on the phone;
 * - `connected`: open, and its credentials are stored;
 * - `reconnecting`: it lost its connection and tries again at `nextRetryAt`;
 * - `logged_out`: the device was unlinked, and a person must pair it again;
 * - `failed`: it does not fix itself, and a person is needed.
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
  /** When WhatsApp said that a restriction ends. */
  restrictedUntil?: Date
  /** The last time it lost its socket. */
  lastDisconnect?: LastDisconnect
  /** When it entered this status. If it does not run here: the time that was stored, or else when this manager first looked. */
  since: Date
  /** The process that runs it, or `null` when none does. */
  owner: string | null
  /** Whether this manager runs it; `false` if another process does. */
  isLocal: boolean
  /** Your application's own data, from the repository or from `connect`. */
  metadata?: Record<string, unknown>
}

/**
 * Which sentence is meant: a reason, or a status where there is no reason to give.
 */
export type MessageKey = StatusReason | SessionStatus

/**
 * Sentences for people, by reason or status; those you leave out keep their English default. They may contain `{version}` (the
 * version of WhatsApp Web that was tried), `{browser}` (the browser name that was tried), `{number}` (the phone number, linked or
 * being linked) and `{until}` (when a restriction ends, or when the next attempt is). Unknown values read as "unknown".
 */
export type StatusMessages = Partial<Record<MessageKey, string>>

/** What a sentence may name. */
interface MessageFacts {
  readonly version?: string | undefined
  readonly browser?: string | undefined
  readonly number?: string | undefined
  readonly until?: Date | undefined
  /** Whether the start has connected: before that nothing was lost. */
  readonly wasConnected?: boolean | undefined
}

/** The sentence for a status and its reason. */
export function describeStatus(status: SessionStatus, reason: StatusReason | null, messages: StatusMessages, facts: MessageFacts = {}): string {
  const key: MessageKey = reason === null || speaksForItself(status, reason) ? status : reason
  const isAtRest = status === 'disconnected' || status === 'failed'
  const { atRest, beforeConnected }: Partial<StatusReasonFacts> = key === reason ? STATUS_REASONS[key] : {}
  const fitting = (isAtRest ? atRest : undefined) ?? (facts.wasConnected === false ? beforeConnected : undefined)
  const sentence = messages[key] ?? fitting ?? DEFAULT_STATUS_MESSAGES[key]
  return sentence.includes('{') ? fillIn(sentence, facts) : sentence
}

/** A reason beside `pairing` or `connected` mostly tells how it came to that. */
function speaksForItself(status: SessionStatus, reason: StatusReason): boolean {
  return status === 'connected' || (status === 'pairing' && STATUS_REASONS[reason].outspeaksPairing !== true)
}

function fillIn(sentence: string, { until, version, browser, number }: MessageFacts): string {
  const texts: Readonly<Record<string, string | undefined>> = { version, browser, number, until: until?.toISOString().replace(/T(.{5}).*/u, ' $1 UTC') }
  return sentence.replace(/\{(version|browser|number|until)\}/gu, (_, name: string) => texts[name] ?? 'unknown')
}
