import { DISCONNECT_DECISIONS } from '../disconnect/disconnect-decision.js'
import type { LastDisconnect } from '../status/session-status.js'
import { ALL_STATUS_REASONS, type SessionStatus, type StatusReason } from '../status/status-reasons.js'
import { countOrNull, dateOrNull, parseFields, textOrNull, toFields } from './text-fields.js'

/** What the process that runs a session tells the others of it. It holds no secret: no QR code, no pairing code. */
export interface Standing {
  /** Its status. */
  readonly status: SessionStatus
  /** Why it is in this status. */
  readonly reason: StatusReason | null
  /** The linked number, digits only. */
  readonly phoneNumber: string | null
  /** When it entered this status. */
  readonly since: Date
  /** The last time it lost its socket. */
  readonly lastDisconnect: LastDisconnect | null
  /** When the next attempt is made. */
  readonly nextRetryAt: Date | null
  /** When WhatsApp said that a restriction ends. */
  readonly restrictedUntil: Date | null
  /** How many attempts in a row have failed. */
  readonly attempt: number | null
  /** The id of the member to which it is offered. */
  readonly offeredTo: string | null
  /** How often it was handed over lately. */
  readonly moves: number
  /** When it was handed over last. */
  readonly movedAt: Date | null
}

// A record, so that the compiler misses none.
const STATUSES: Readonly<Record<SessionStatus, true>> = Object.freeze({
  disconnected: true,
  connecting: true,
  pairing: true,
  connected: true,
  reconnecting: true,
  logged_out: true,
  failed: true,
})

/** The text to note beside the lock of the session. Only what is named here is told, whatever else the object has. */
export function encodeStanding(standing: Standing): string {
  const { status, reason, phoneNumber, since, lastDisconnect, nextRetryAt, restrictedUntil, attempt, offeredTo, moves, movedAt } = standing
  const loss = lastDisconnect === null ? null : encodeLoss(lastDisconnect)
  return JSON.stringify({ status, reason, phoneNumber, since, lastDisconnect: loss, nextRetryAt, restrictedUntil, attempt, offeredTo, moves, movedAt })
}

function encodeLoss({ code, cause, message, at }: LastDisconnect): LastDisconnect {
  return { code, cause, message, at }
}

/**
 * Reads what was noted; `null` when it is damaged, or names a status that is unknown here, as a later version may. Other fields that are
 * unknown here are ignored, and those that are missing or not understood are empty.
 */
export function parseStanding(text: string): Standing | null {
  const fields = parseFields(text)
  const status = fields?.get('status')
  if (fields === null || !isStatus(status)) return null
  return {
    status,
    reason: ALL_STATUS_REASONS.find((reason) => reason === fields.get('reason')) ?? null,
    phoneNumber: textOrNull(fields.get('phoneNumber')),
    since: dateOrNull(fields.get('since')) ?? new Date(0),
    lastDisconnect: readLoss(fields.get('lastDisconnect')),
    nextRetryAt: dateOrNull(fields.get('nextRetryAt')),
    restrictedUntil: dateOrNull(fields.get('restrictedUntil')),
    attempt: countOrNull(fields.get('attempt')),
    offeredTo: textOrNull(fields.get('offeredTo')),
    moves: countOrNull(fields.get('moves')) ?? 0,
    movedAt: dateOrNull(fields.get('movedAt')),
  }
}

function readLoss(value: unknown): LastDisconnect | null {
  const fields = toFields(value)
  const at = dateOrNull(fields?.get('at'))
  if (fields === null || at === null) return null
  const [code, cause] = [fields.get('code'), fields.get('cause')]
  return {
    code: typeof code === 'number' ? code : null,
    cause: isCause(cause) ? cause : 'unknown',
    message: textOrNull(fields.get('message')) ?? '',
    at,
  }
}

function isStatus(value: unknown): value is SessionStatus {
  return typeof value === 'string' && Object.hasOwn(STATUSES, value)
}

function isCause(value: unknown): value is LastDisconnect['cause'] {
  return typeof value === 'string' && Object.hasOwn(DISCONNECT_DECISIONS, value)
}
