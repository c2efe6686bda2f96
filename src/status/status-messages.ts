import type { SessionStatus, StatusReason } from './session-status.js'

/**
 * Which sentence is meant: a reason, or a status where there is no reason to give.
 */
export type MessageKey = StatusReason | SessionStatus

/** Sentences for people, by reason or status: what is not given keeps its English default. */
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
  pairing_expired: 'Nobody scanned the QR code in time. Connect again for a new one.',
  pairing_incomplete: 'Linking the phone was not finished. Connect again to link it.',
  starting: 'Connecting...',
  restoring: 'Restoring connection from saved session...',
  restart_required: 'Finishing the connection...',
  connection_lost: 'Connection lost. Reconnecting...',
  retries_exhausted: 'Could not connect after several attempts.',
  connection_replaced: 'Another connection took over this session.',
  logged_out: 'The device was unlinked. Link the phone again.',
  restricted: 'WhatsApp restricted this account.',
  rate_limited: 'WhatsApp asked to slow down. Waiting before the next attempt.',
  client_outdated: 'WhatsApp refuses this client version.',
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

/** The sentence for a status and its reason. */
export function describeStatus(status: SessionStatus, reason: StatusReason | null, messages: StatusMessages): string {
  const key: MessageKey = status === 'connected' || status === 'pairing' || reason === null ? status : reason
  const atRest = status === 'disconnected' || status === 'failed' ? MESSAGES_AT_REST[key] : undefined
  return messages[key] ?? atRest ?? DEFAULT_STATUS_MESSAGES[key]
}
