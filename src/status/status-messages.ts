import type { SessionStatus } from './session-status.js'
import { ALL_STATUS_REASONS, STATUS_REASONS, type StatusReason } from './status-reasons.js'

/**
 * Which sentence is meant: a reason, or a status where there is no reason to give.
 */
export type MessageKey = StatusReason | SessionStatus

/**
 * Sentences for people, by reason or status: what is not given keeps its English default. They may hold `{version}` (the version of
 * WhatsApp Web that was tried), `{browser}` (the name it was tried under), `{number}` (the phone number, linked or to be linked) and
 * `{until}` (when a restriction ends, or the next attempt is made); what is not known reads as "unknown".
 */
export type StatusMessages = Partial<Record<MessageKey, string>>

const OF_A_STATUS: Readonly<Record<Exclude<SessionStatus, StatusReason>, string>> = {
  disconnected: 'Not connected.',
  connecting: 'Connecting...',
  pairing: 'Scan the QR code with the phone, or enter the pairing code there.',
  connected: 'Connected.',
  reconnecting: 'Connection lost. Reconnecting...',
  failed: 'The connection needs attention.',
}

// `fromEntries` forgets the keys that it was given, which are all reasons.
const OF_A_REASON = Object.fromEntries(ALL_STATUS_REASONS.map(reason => [reason, STATUS_REASONS[reason].message])) as Readonly<Record<StatusReason, string>>

/** The English sentences. */
export const DEFAULT_STATUS_MESSAGES: Readonly<Record<MessageKey, string>> = Object.freeze({ ...OF_A_STATUS, ...OF_A_REASON })

/** What a sentence may name. */
export interface MessageFacts {
  readonly version?: string | undefined
  readonly browser?: string | undefined
  readonly number?: string | undefined
  readonly until?: Date | undefined
}

/** The sentence for a status and its reason. */
export function describeStatus(status: SessionStatus, reason: StatusReason | null, messages: StatusMessages, facts: MessageFacts = {}): string {
  const key: MessageKey = reason === null || speaksForItself(status, reason) ? status : reason
  const isAtRest = status === 'disconnected' || status === 'failed'
  const atRest = isAtRest && key === reason ? STATUS_REASONS[key].atRest : undefined
  const sentence = messages[key] ?? atRest ?? DEFAULT_STATUS_MESSAGES[key]
  return sentence.includes('{') ? fillIn(sentence, facts) : sentence
}

/** A reason beside `pairing` or `connected` mostly tells how it came to that. */
function speaksForItself(status: SessionStatus, reason: StatusReason): boolean {
  return status === 'connected' || (status === 'pairing' && STATUS_REASONS[reason].outspeaksPairing !== true)
}

function fillIn(sentence: string, { until, ...facts }: MessageFacts): string {
  const texts: Readonly<Record<string, string | undefined>> = { ...facts, until: until?.toISOString().replace(/T(.{5}).*/u, ' $1 UTC') }
  return sentence.replace(/\{(version|browser|number|until)\}/gu, (_, name: string) => texts[name] ?? 'unknown')
}
