import { isSentenceKey } from './language.js'

/** @typedef {import('./api.js').SessionView} SessionView */
/** @typedef {import('./api.js').Status} Status */
/** @typedef {import('./language.js').SentenceKey} SentenceKey */

const PHONE_DRAWING = 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 17.5h2'
const STATUS_DRAWINGS = {
  connected: 'M5 12.5l4.5 4.5L19 7.5',
  connecting: 'M12 4v4M12 16v4M4 12h4M16 12h4M6.3 6.3l2.8 2.8M14.9 14.9l2.8 2.8M6.3 17.7l2.8-2.8M14.9 9.1l2.8-2.8',
  pairing: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2',
  reconnecting: 'M19.5 12a7.5 7.5 0 0 1-13.4 4.6M4.5 12a7.5 7.5 0 0 1 13.4-4.6M18 3.5v4h-4M6 20.5v-4h4',
  disconnected: 'M9 7v10M15 7v10',
  logged_out: 'M9.5 14.5L7 17a3.5 3.5 0 0 1-5 0 3.5 3.5 0 0 1 0-5l2.5-2.5M14.5 9.5L17 7a3.5 3.5 0 0 1 5 0 3.5 3.5 0 0 1 0 5l-2.5 2.5M4 4l16 16',
  failed: 'M12 6v7M12 17v.5',
}

/** Reasons to explain although the status speaks for itself. */
const NOTABLE_REASONS = ['passkey_required', 'not_responding', 'reachout_locked', 'message_capped']

/** Whether a text names a status. @param {string | null | undefined} text @returns {text is Status} */
export function isStatus(text) {
  return isSentenceKey(`status.${text ?? ''}`)
}

/** At rest with a phone: by will, for want of a start, and for want of room. @type {Readonly<Record<string, string>>} */
const RESTING_DRAWINGS = {
  stopped: STATUS_DRAWINGS.disconnected,
  not_running: 'M12 4v8M7.5 7a7 7 0 1 0 9 0',
  waiting_for_capacity: 'M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16zM12 8v4l3 2',
}

/** The icon of a status: its shape says as much as its colour. @param {Pick<SessionView, 'status' | 'reason'>} view */
export function statusDrawing({ status, reason }) {
  return status === 'disconnected' ? (RESTING_DRAWINGS[reason ?? ''] ?? PHONE_DRAWING) : STATUS_DRAWINGS[status]
}

/** Why a session has its status: the key of the sentence, or `null` for a reason that this page does not know. @param {Pick<SessionView, 'status'> & { reason?: string | null }} view @returns {SentenceKey | null} */
export function explanationKey({ status, reason = null }) {
  const speaksForItself = (status === 'connected' || status === 'pairing') && !NOTABLE_REASONS.includes(reason ?? '')
  const key = speaksForItself || reason === null ? `explain.${status}` : `reason.${reason}`
  return isSentenceKey(key) ? key : null
}

/** What a person can do about it, if that is not obvious. @param {SessionView} view @returns {SentenceKey | null} */
export function adviceKey({ status, reason }) {
  const keys = [`advice.${reason ?? ''}`, `advice.${status}`]
  return keys.find(isSentenceKey) ?? null
}

/** The explanation in words. @param {import('./language.js').Translate} translate @param {Pick<SessionView, 'status'> & { reason?: string | null, message?: string | null }} view */
export function explain(translate, view) {
  const key = explanationKey(view)
  return key === null ? (view.message ?? '') : translate(key)
}

/** The message for what the server refused. @param {import('./language.js').Language} language @param {import('./api.js').ApiError} error */
export function explainError(language, { code, retryAfterMs }) {
  const key = `error.${code}`
  return isSentenceKey(key) ? language.translate(key, { time: language.duration(retryAfterMs) }) : language.translate('error.unknown')
}
