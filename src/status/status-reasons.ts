import type { SessionErrorCode } from '../errors.js'

/** Why a session is in its status, or why it was not restored. */
export type StatusReason =
  | 'never_paired'
  | 'not_running'
  | 'waiting_for_capacity'
  | 'stopped'
  | 'pairing_expired'
  | 'pairing_refused'
  | 'pairing_incomplete'
  | 'passkey_required'
  | 'registration_closed'
  | 'starting'
  | 'restoring'
  | 'restart_required'
  | 'connection_lost'
  | 'socket_failed'
  | 'retries_exhausted'
  | 'connection_replaced'
  | 'logged_out'
  | 'restricted'
  | 'rate_limited'
  | 'client_outdated'
  | 'multi_device_mismatch'
  | 'credentials_corrupt'
  | 'credentials_missing'
  | 'wrong_key'
  | 'storage_unavailable'
  | 'owned_elsewhere'
  | 'legacy_session'
  | 'not_responding'
  | 'reachout_locked'
  | 'message_capped'
  | 'already_connected'
  | 'aborted'

/** Everything that follows from a reason. */
export interface StatusReasonFacts {
  /** The sentence for people, with the placeholders of `StatusMessages`. */
  readonly message: string
  /** The sentence once nothing is tried any more, where `message` promises another attempt. */
  readonly atRest?: string
  /** The sentence as long as the start has not connected, where `message` speaks of a connection that was lost. */
  readonly beforeConnected?: string
  /** The code of what rejects because the session rests. */
  readonly errorCode: SessionErrorCode
  /** What becomes of a restore that ends at rest: `failed` where a person has to look, `failed_if_tried` only when it was dialled. */
  readonly restore: 'skipped' | 'failed' | 'failed_if_tried'
  /** The stored records cannot be used: `connect` answers with the status and does not reject. */
  readonly unreadable?: true
  /** Remembered across restarts, and overridden by `force`. */
  readonly forceable?: true
  /** What a person should read instead once the retries of a start are used up, while it goes on trying. */
  readonly onceExhausted?: StatusReason
  /** WhatsApp, or a store that is down, is left alone: nobody's wish brings the next attempt forward. */
  readonly unhurried?: true
  /** A pairing can end with it. */
  readonly endsPairing?: true
  /** The status, `pairing` or `connected`, that otherwise speaks for itself: this reason says more. */
  readonly outspeaks?: 'pairing' | 'connected'
}

/** The one place that knows the reasons. A new one is an entry here, and whoever decides on it. */
export const STATUS_REASONS: Readonly<Record<StatusReason, StatusReasonFacts>> = Object.freeze({
  never_paired: { message: 'No phone is linked yet.', errorCode: 'NOT_PAIRED', restore: 'skipped' },
  not_running: { message: 'A phone is linked, but the session is not running.', errorCode: 'MANAGER_CLOSED', restore: 'skipped' },
  waiting_for_capacity: {
    message: 'Every process of the cluster is full. The session starts as soon as one has room.',
    errorCode: 'CONNECT_FAILED',
    restore: 'skipped',
  },
  stopped: { message: 'The session was stopped.', errorCode: 'ABORTED', restore: 'skipped' },
  pairing_expired: {
    message:
      'Nobody linked a phone in time. Connect again when somebody is there to scan. If the phone said "Couldn\'t link device", WhatsApp refused the link.',
    errorCode: 'NOT_PAIRED',
    restore: 'skipped',
    endsPairing: true,
  },
  pairing_refused: {
    message:
      'WhatsApp refused to link the phone (tried version {version} as {browser}). Connect again and scan the newest QR code. If WhatsApp refuses again, change the version or the browser name.',
    errorCode: 'NOT_PAIRED',
    restore: 'skipped',
    endsPairing: true,
  },
  pairing_incomplete: {
    message: 'The phone was not fully linked. Connect again to link it.',
    errorCode: 'NOT_PAIRED',
    restore: 'skipped',
    endsPairing: true,
  },
  passkey_required: {
    message:
      "WhatsApp wants you to confirm this link with a passkey, which only a browser on WhatsApp's own site can do. For some people it helped to remove the passkey on the phone (Settings > Account > Passkeys) and link again.",
    errorCode: 'NOT_PAIRED',
    restore: 'skipped',
    endsPairing: true,
    outspeaks: 'pairing',
  },
  registration_closed: {
    message:
      'WhatsApp closed the connection several times before it sent a QR code (tried version {version} as {browser}). A known cause is Browsers.macOS("Desktop") with syncFullHistory. Use another browser, or leave out syncFullHistory, and connect again.',
    errorCode: 'NOT_PAIRED',
    restore: 'skipped',
    endsPairing: true,
  },
  starting: { message: 'Connecting...', errorCode: 'CONNECT_FAILED', restore: 'failed' },
  restoring: { message: 'Restoring connection from saved session...', errorCode: 'CONNECT_FAILED', restore: 'failed' },
  restart_required: { message: 'Finishing the connection...', errorCode: 'CONNECT_FAILED', restore: 'failed' },
  connection_lost: {
    message: 'Connection lost. Reconnecting...',
    beforeConnected: 'Could not connect. Trying again...',
    errorCode: 'CONNECT_FAILED',
    restore: 'failed',
    onceExhausted: 'retries_exhausted',
  },
  socket_failed: {
    message: 'The socket could not be created, because Baileys or "socketConfig" threw. Trying again.',
    atRest: 'The socket could not be created, because Baileys or "socketConfig" threw. The "error" event has the cause; connect again once it is fixed.',
    errorCode: 'CONNECT_FAILED',
    restore: 'failed',
    endsPairing: true,
  },
  retries_exhausted: { message: 'Could not connect after several attempts.', errorCode: 'CONNECT_FAILED', restore: 'failed', endsPairing: true },
  connection_replaced: { message: 'Another connection took over this session.', errorCode: 'CONNECT_FAILED', restore: 'failed', unhurried: true },
  logged_out: { message: 'The device was unlinked. Link the phone again.', errorCode: 'LOGGED_OUT', restore: 'failed_if_tried', forceable: true },
  restricted: { message: 'WhatsApp restricted this account.', errorCode: 'CONNECT_FAILED', restore: 'failed', forceable: true },
  rate_limited: {
    message: 'WhatsApp asked us to slow down. Waiting before the next attempt.',
    atRest: 'WhatsApp asked us to slow down. Wait a few minutes, then connect again.',
    errorCode: 'CONNECT_FAILED',
    restore: 'failed',
    unhurried: true,
    endsPairing: true,
  },
  client_outdated: {
    message: 'WhatsApp says version {version} of WhatsApp Web is too old. Pass a newer one as the "version" option, or update Baileys.',
    errorCode: 'CONNECT_FAILED',
    restore: 'failed',
    endsPairing: true,
  },
  multi_device_mismatch: { message: 'The account does not accept linked devices.', errorCode: 'CONNECT_FAILED', restore: 'failed' },
  credentials_corrupt: { message: 'The saved session cannot be read. Nothing was changed.', errorCode: 'RECORD_CORRUPT', restore: 'failed', unreadable: true },
  credentials_missing: {
    message: 'A phone is linked, but the saved session is gone. Restore it from a backup, or connect again to link the phone.',
    errorCode: 'CREDENTIALS_MISSING',
    restore: 'failed',
    unreadable: true,
  },
  wrong_key: {
    message: 'The saved session is encrypted, and its key is missing or wrong. Nothing was changed.',
    errorCode: 'WRONG_KEY',
    restore: 'failed',
    unreadable: true,
  },
  storage_unavailable: {
    message: 'The session store cannot be reached. Trying again.',
    atRest: 'The session store could not be reached. Connect again once it is back.',
    errorCode: 'STORE_UNAVAILABLE',
    restore: 'failed',
    unhurried: true,
  },
  owned_elsewhere: { message: 'Another process runs this session.', errorCode: 'OWNED_ELSEWHERE', restore: 'skipped' },
  legacy_session: {
    message: 'The saved session was created by whatsapp-web.js and cannot be used.',
    errorCode: 'LEGACY_SESSION',
    restore: 'skipped',
    unreadable: true,
  },
  not_responding: {
    message: 'Connected, but WhatsApp is not answering. Checking the connection...',
    errorCode: 'CONNECT_FAILED',
    restore: 'skipped',
    outspeaks: 'connected',
  },
  reachout_locked: {
    message: 'Connected, but WhatsApp does not let this account start new chats. Chats that exist go on.',
    errorCode: 'CONNECT_FAILED',
    restore: 'skipped',
    outspeaks: 'connected',
  },
  message_capped: {
    message: 'Connected, but this account has sent as many messages to new chats as WhatsApp allows. Chats that exist go on.',
    errorCode: 'CONNECT_FAILED',
    restore: 'skipped',
    outspeaks: 'connected',
  },
  already_connected: { message: 'Already connected.', errorCode: 'CONNECT_FAILED', restore: 'skipped' },
  aborted: { message: 'The operation was cancelled.', errorCode: 'ABORTED', restore: 'skipped' },
})

/** Every reason, in the order of the table. */
// The table is typed by reason, so its keys are all of them.
export const ALL_STATUS_REASONS = Object.keys(STATUS_REASONS) as readonly StatusReason[]

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

/** The reason for which stored records cannot be used, by the code of the error that said so; `null` for any other error. */
export function unreadableReason(code: SessionErrorCode): StatusReason | null {
  return ALL_STATUS_REASONS.find((reason) => STATUS_REASONS[reason].unreadable === true && STATUS_REASONS[reason].errorCode === code) ?? null
}

/**
 * The status of a session.
 *
 * - `disconnected`: it has no socket and is not trying: never paired, stopped, pairing expired, running elsewhere, or without room in the cluster;
 * - `connecting`: on its way: queued, opening, or open but its credentials are not stored yet;
 * - `pairing`: waiting for somebody to scan the QR code or enter the pairing code on the phone;
 * - `connected`: open, and its credentials are stored;
 * - `reconnecting`: it lost its connection and tries again at `nextRetryAt`;
 * - `logged_out`: the device was unlinked, and a person must pair it again;
 * - `failed`: it does not fix itself, and a person is needed.
 */
export type SessionStatus = 'disconnected' | 'connecting' | 'pairing' | 'connected' | 'reconnecting' | 'logged_out' | 'failed'

/**
 * Which sentence is meant: a reason, or a status where there is no reason to give.
 */
export type MessageKey = StatusReason | SessionStatus

/** A sentence, and what to say instead where it would promise too much. */
export interface StatusSentences {
  /** The sentence. */
  readonly message: string
  /** The sentence once nothing is tried any more. Default: `message`. */
  readonly atRest?: string
  /** The sentence as long as the start has not connected. Default: `message`. */
  readonly beforeConnected?: string
}

/** In whose form moments are written. */
export interface MessageLocale {
  /**
   * The language in whose form `{until}` is written, such as `pt-BR`.
   *
   * @defaultValue `2027-01-15 08:00 UTC`, which is read everywhere
   */
  readonly locale?: string
}

/**
 * Sentences for people, by reason or status; those you leave out keep their English default. They may contain `{version}` (the
 * version of WhatsApp Web that was tried), `{browser}` (the browser name that was tried), `{number}` (the phone number, linked or
 * being linked) and `{until}` (when a restriction ends, or when the next attempt is, in UTC). A value that is not known reads as "unknown", or as "?" with a `locale`.
 *
 * `baileys-sessions/messages/pt-br` and `baileys-sessions/messages/es` have all of them in Portuguese and Spanish.
 */
export type StatusMessages = Partial<Readonly<Record<MessageKey, string | StatusSentences>>> & MessageLocale

/** Sentences in another language: one for each status and reason. */
export type StatusTranslation = Readonly<Record<MessageKey, string | StatusSentences>> & Required<MessageLocale>

/** What a sentence may name. */
interface MessageFacts {
  readonly version?: string | undefined
  readonly browser?: string | undefined
  readonly number?: string | undefined
  readonly until?: Date | undefined
  /** Whether the start has connected: before that nothing was lost. */
  readonly wasConnected?: boolean | undefined
}

/** The sentence for a status and its reason, which a later version may have stored: one that is unknown here leaves the word to the status. */
export function describeStatus(status: SessionStatus, reason: StatusReason | null, messages: StatusMessages, facts: MessageFacts = {}): string {
  const key: MessageKey = reason === null || !Object.hasOwn(STATUS_REASONS, reason) || speaksForItself(status, reason) ? status : reason
  if (!Object.hasOwn(DEFAULT_STATUS_MESSAGES, key)) return `This version of the library does not know the status "${key}".`
  const isAtRest = status === 'disconnected' || status === 'failed'
  const { message, atRest, beforeConnected } = sentencesOf(messages[key] ?? defaultOf(key))
  const sentence = (isAtRest ? atRest : undefined) ?? (facts.wasConnected === false ? beforeConnected : undefined) ?? message
  return sentence.includes('{') ? fillIn(sentence, facts, messages.locale) : sentence
}

function defaultOf(key: MessageKey): StatusSentences {
  const facts: Readonly<Record<string, StatusReasonFacts | undefined>> = STATUS_REASONS
  return facts[key] ?? { message: DEFAULT_STATUS_MESSAGES[key] }
}

function sentencesOf(sentences: string | StatusSentences): StatusSentences {
  return typeof sentences === 'string' ? { message: sentences } : sentences
}

/** A reason beside `pairing` or `connected` mostly tells how it came to that. */
function speaksForItself(status: SessionStatus, reason: StatusReason): boolean {
  return (status === 'connected' || status === 'pairing') && STATUS_REASONS[reason].outspeaks !== status
}

function fillIn(sentence: string, { until, version, browser, number }: MessageFacts, locale: string | undefined): string {
  const texts: Readonly<Record<string, string | undefined>> = { version, browser, number, until: until && momentOf(until, locale) }
  return sentence.replace(/\{(version|browser|number|until)\}/gu, (_, name: string) => texts[name] ?? (locale === undefined ? 'unknown' : '?'))
}

function momentOf(at: Date, locale: string | undefined): string {
  if (locale === undefined) return at.toISOString().replace(/T(.{5}).*/u, ' $1 UTC')
  const twoDigits = { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  return at.toLocaleString(locale, { ...twoDigits, year: 'numeric', timeZone: 'UTC', timeZoneName: 'short' })
}
