import type { SessionStatus, StatusReason } from './session-status.js'

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

/** The English sentences. */
export const DEFAULT_STATUS_MESSAGES: Readonly<Record<MessageKey, string>> = Object.freeze({
  disconnected: 'Not connected.',
  connecting: 'Connecting...',
  pairing: 'Scan the QR code with the phone, or enter the pairing code there.',
  connected: 'Connected.',
  reconnecting: 'Connection lost. Reconnecting...',
  failed: 'The connection needs attention.',
  never_paired: 'No phone is linked yet.',
  not_running: 'A phone is linked, but the session is not running.',
  stopped: 'The session was stopped.',
  pairing_expired: 'Nobody linked a phone in time. Connect again when somebody is there to scan. If the phone said "couldn\'t link device", WhatsApp refused the link.',
  pairing_refused: 'WhatsApp refused to link the phone (tried version {version} as {browser}). Connect again and scan the newest QR code; if it is refused again, change the version or the browser name.',
  pairing_incomplete: 'Linking the phone was not finished. Connect again to link it.',
  starting: 'Connecting...',
  restoring: 'Restoring connection from saved session...',
  passkey_required: 'WhatsApp wants this link confirmed with a passkey, which only a browser on its own site can do. Removing the passkey on the phone (Settings > Account > Passkeys) helped some people: then link again.',
  registration_closed: 'WhatsApp closed the connection before it sent a QR code, again and again (tried version {version} as {browser}). Known cause: Browsers.macOS("Desktop") with syncFullHistory. Use another browser, or leave syncFullHistory out, and connect again.',
  restart_required: 'Finishing the connection...',
  connection_lost: 'Connection lost. Reconnecting...',
  retries_exhausted: 'Could not connect after several attempts.',
  connection_replaced: 'Another connection took over this session.',
  logged_out: 'The device was unlinked. Link the phone again.',
  restricted: 'WhatsApp restricted this account.',
  rate_limited: 'WhatsApp asked to slow down. Waiting before the next attempt.',
  client_outdated: 'WhatsApp refuses version {version} of WhatsApp Web as too old. Give a newer one with the "version" option, or update Baileys.',
  multi_device_mismatch: 'The account does not accept linked devices.',
  credentials_corrupt: 'The saved session cannot be read. Nothing was changed.',
  wrong_key: 'The saved session is encrypted with a key that was not given. Nothing was changed.',
  storage_unavailable: 'The storage of saved sessions cannot be reached. Trying again.',
  owned_elsewhere: 'Another process runs this session.',
  legacy_session: 'The saved session was made by whatsapp-web.js and cannot be used.',
  already_connected: 'Already connected.',
  aborted: 'The work was called off.',
})

/** Reasons whose sentence speaks of the next attempt, where none is to come. */
const MESSAGES_AT_REST: StatusMessages = Object.freeze({
  rate_limited: 'WhatsApp asked to slow down. Wait a few minutes, then connect again.',
  storage_unavailable: 'The storage of saved sessions could not be reached. Connect again once it can.',
})

/** Reasons that say more than `pairing` or `connected`; any other beside them only tells how it came to that. */
const SAY_MORE: ReadonlySet<StatusReason> = new Set<StatusReason>(['passkey_required'])

/** What a sentence may name. */
export interface MessageFacts {
  readonly version?: string | undefined
  readonly browser?: string | undefined
  readonly number?: string | undefined
  readonly until?: Date | undefined
}

/** The sentence for a status and its reason. */
export function describeStatus(status: SessionStatus, reason: StatusReason | null, messages: StatusMessages, facts: MessageFacts = {}): string {
  const tellsStatus = reason === null || ((status === 'connected' || status === 'pairing') && !SAY_MORE.has(reason))
  const key: MessageKey = tellsStatus ? status : reason
  const atRest = status === 'disconnected' || status === 'failed' ? MESSAGES_AT_REST[key] : undefined
  const sentence = messages[key] ?? atRest ?? DEFAULT_STATUS_MESSAGES[key]
  return sentence.includes('{') ? fillIn(sentence, facts) : sentence
}

function fillIn(sentence: string, { until, ...facts }: MessageFacts): string {
  const texts: Readonly<Record<string, string | undefined>> = { ...facts, until: until?.toISOString().replace(/T(.{5}).*/u, ' $1 UTC') }
  return sentence.replace(/\{(version|browser|number|until)\}/gu, (_, name: string) => texts[name] ?? 'unknown')
}
